import type {Refusal} from '../errors';
import {Budget} from './budget';
import {CHECKS} from './checks';
import type {Decision, PeerEvidence, verified, VerifiedPath, VerifiedPeer} from './decision';
import type {CandidatePath, CheckContext} from './path';
import {searchPaths} from './path-search';
import {processPolicies} from './policies';
import {checkRevocation} from './revocation-check';
import type {TrustMaterial} from './snapshot';

/**
 * Decides whether a peer is one that the operator trusts: RFC 5280 section 6.1 over every path that leads from the
 * leaf to an anchor, and beyond it what `trust` asks for. Reads nothing but its arguments.
 *
 * The first path that passes every check is accepted. When none does, the refusal is that of the path that came
 * furthest. Throws only for bugs; whatever a peer can send is a decision.
 *
 * @param evidence what the peer showed, parsed but not checked
 * @param now the moment to decide for
 */
export function verifyPeer(evidence: PeerEvidence, trust: TrustMaterial, now: Date): Decision {
  const budget = new Budget(trust.policy.workBudget);
  const context: CheckContext = {trust, now, budget, signatures: new Map()};
  let best = NO_PATH;
  for (const found of searchPaths(evidence, trust, budget)) {
    const outcome = found.found === 'path' ? judge(found.path, context) : rejection(found.why, 0);
    if (outcome.verdict === 'accept') return {verdict: 'accept', peer: new Verified(outcome.path)};
    if (outcome.why.code === 'ERR_MTLS_CHAIN_BUDGET') return {verdict: 'reject', why: outcome.why};
    if (outcome.progress > best.progress) best = outcome;
  }
  return {verdict: 'reject', why: best.why};
}

/** Whether the value came from an accepting `verifyPeer`. A copy or look-alike did not. */
export function isVerifiedPeer(value: unknown): value is VerifiedPeer {
  return Verified.has(value);
}

/** How a path failed, and how many checks it had passed until then. */
interface Rejection {
  readonly verdict: 'reject';
  readonly why: Refusal;
  readonly progress: number;
}

/** What stands until the search comes upon something. */
const NO_PATH: Rejection = rejection(
  {code: 'ERR_MTLS_CHAIN_UNTRUSTED', required: 'a path to a configured anchor', found: 'none', where: 'leaf'},
  -1,
);

function judge(
  path: CandidatePath,
  context: CheckContext,
): {readonly verdict: 'accept'; readonly path: VerifiedPath} | Rejection {
  for (const [index, {check}] of CHECKS.entries()) {
    const why = check(path, context);
    if (why !== undefined) return rejection(why, index + 1);
  }
  const policy = processPolicies(path, context.trust.policy);
  if (policy.outcome === 'refused') return rejection(policy.why, CHECKS.length + 1);
  const revocation = checkRevocation(path, context);
  if (revocation.outcome === 'refused') return rejection(revocation.why, CHECKS.length + 2);
  const ends = path.steps.map(({certificate}) => certificate.notAfter.getTime());
  return {
    verdict: 'accept',
    path: Object.freeze({
      leaf: path.leaf,
      intermediates: Object.freeze([...path.intermediates]),
      anchor: path.anchor,
      policies: Object.freeze([...policy.policies]),
      validUntil: new Date(Math.min(revocation.freshUntilMs, ...ends)),
      ...(revocation.grace && {grace: revocation.grace}),
    }),
  };
}

function rejection(why: Refusal, progress: number): Rejection {
  return {verdict: 'reject', why, progress};
}

/** Not exported: an instance is the proof that `verifyPeer` accepted. */
class Verified implements VerifiedPeer {
  declare readonly [verified]: true;
  readonly #path: VerifiedPath;

  constructor(path: VerifiedPath) {
    this.#path = path;
  }

  get path(): VerifiedPath {
    return this.#path;
  }

  get facts(): VerifiedPath['leaf'] {
    return this.#path.leaf;
  }

  static has(value: unknown): value is Verified {
    return typeof value === 'object' && value !== null && #path in value;
  }
}
