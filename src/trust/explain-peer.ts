import type {Refusal} from '../errors';
import {Budget} from './budget';
import {CHECKS} from './checks';
import type {PathCheckName} from './checks';
import type {Decision, PeerEvidence} from './decision';
import type {CandidatePath, CheckContext} from './path';
import {searchPaths} from './path-search';
import {processPolicies} from './policies';
import {checkRevocation} from './revocation-check';
import type {RevocationStatus} from './revocation';
import type {TrustMaterial} from './snapshot';
import {verifyPeer} from './verify-peer';

/** Every check of a path by name. */
export type CheckName = PathCheckName | 'policies' | 'revocation';

/** One check held against one path. */
export type CheckReport =
  | {readonly check: CheckName; readonly verdict: 'pass'}
  | {readonly check: CheckName; readonly verdict: 'fail'; readonly why: Refusal};

/** What the revocation data at hand says about one certificate of a path. */
export interface RevocationReport {
  readonly where: string;
  readonly status: RevocationStatus;
}

/** One path from the leaf to an anchor with everything that was checked about it. */
export interface PathReport {
  readonly path: CandidatePath;
  /** In the order in which `verifyPeer` asks; the first that fails decides about the path. */
  readonly checks: readonly CheckReport[];
  readonly revocation: readonly RevocationReport[];
}

/** A decision with the way there. */
export interface PeerExplanation {
  readonly decision: Decision;
  /** The path that came furthest first: the accepted one, or the one that the refusal is about. */
  readonly paths: readonly PathReport[];
  /** Where the search for paths could not go on. */
  readonly deadEnds: readonly Refusal[];
}

/**
 * The decision of `verifyPeer`, with every path it looks at and every check of each. Unlike `verifyPeer` this goes on
 * behind a failing check, so that all that is wrong with a certificate is seen at once: it is for a person to read,
 * never for a server to decide by.
 */
export function explainPeer(evidence: PeerEvidence, trust: TrustMaterial, now: Date): PeerExplanation {
  const found = [...searchPaths(evidence, trust, new Budget(trust.policy.workBudget))];
  const paths = found.flatMap(one => (one.found === 'path' ? [explainPath(one.path, trust, now)] : []));
  return {
    decision: verifyPeer(evidence, trust, now),
    paths: paths.sort((one, other) => passedUntilFailure(other) - passedUntilFailure(one)),
    deadEnds: found.flatMap(one => (one.found === 'dead end' ? [one.why] : [])),
  };
}

function explainPath(path: CandidatePath, trust: TrustMaterial, now: Date): PathReport {
  const context: CheckContext = {trust, now, budget: new Budget(trust.policy.workBudget), signatures: new Map()};
  const policy = processPolicies(path, trust.policy);
  const revocation = checkRevocation(path, context);
  return {
    path,
    checks: [
      ...CHECKS.map(({name, check}) => report(name, check(path, context))),
      report('policies', policy.outcome === 'refused' ? policy.why : undefined),
      report('revocation', revocation.outcome === 'refused' ? revocation.why : undefined),
    ],
    revocation: path.links.map(({certificate, issuer, where}) => ({
      where,
      status: trust.revocation.statusOf(certificate, issuer, path.anchor, now),
    })),
  };
}

function report(check: CheckName, why: Refusal | undefined): CheckReport {
  return why === undefined ? {check, verdict: 'pass'} : {check, verdict: 'fail', why};
}

function passedUntilFailure({checks}: PathReport): number {
  const failed = checks.findIndex(({verdict}) => verdict === 'fail');
  return failed === -1 ? checks.length : failed;
}
