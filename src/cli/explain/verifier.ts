import {ConfigError} from '../../errors';
import type {ConfigFault} from '../../errors';
import {explainMapping, identify} from '../../identity/map';
import type {RuleReport} from '../../identity/map';
import type {IdentityDecision, IdentityMapping} from '../../identity/rules';
import {readOptions} from '../../server/config';
import type {ResolvedOptions} from '../../server/config';
import {deniedPrincipal} from '../../server/judge';
import {LiveRevocation} from '../../server/live-revocation';
import {loadClientMaterial} from '../../server/material';
import type {ClientMaterial} from '../../server/material';
import type {PeerEvidence, VerifiedPeer} from '../../trust/decision';
import {explainPeer} from '../../trust/explain-peer';
import type {PeerExplanation} from '../../trust/explain-peer';
import type {TrustMaterial} from '../../trust/snapshot';

/** Who the peer would be, and the rules that were tried. A resolver has no rules to show. */
export interface IdentityExplanation {
  readonly decision: IdentityDecision;
  readonly rules: readonly RuleReport[];
}

/** Decides about clients as a server of this configuration would, and says why. */
export interface Verifier {
  readonly options: ResolvedOptions;
  /** Fetches OCSP answers and CRLs where the server would. */
  explainPeer(evidence: PeerEvidence, at: Date): Promise<PeerExplanation>;
  explainIdentity(peer: VerifiedPeer): Promise<IdentityExplanation>;
}

/**
 * Reads a configuration as a server would at its start, without its key, and lets `work` use what it makes.
 *
 * @param options what the application gave the component; an empty object where a file or the environment has it all
 * @throws ConfigError with every fault
 */
export async function withVerifier<T>(
  options: unknown,
  variables: Readonly<Record<string, string | undefined>>,
  now: Date,
  work: (verifier: Verifier) => Promise<T>,
): Promise<T> {
  const live = new LiveRevocation();
  const verifier = new LiveVerifier(await load(options, variables, now, live), live);
  try {
    await verifier.start();
    return await work(verifier);
  } finally {
    await live.stop();
  }
}

interface Loaded {
  readonly options: ResolvedOptions;
  readonly material: ClientMaterial;
}

async function load(
  given: unknown,
  variables: Readonly<Record<string, string | undefined>>,
  now: Date,
  live: LiveRevocation,
): Promise<Loaded> {
  const faults: ConfigFault[] = [];
  const report = (fault: ConfigFault): void => void faults.push(fault);
  const options = await readOptions(given, variables, now, report);
  const material = options && (await loadClientMaterial(options, live, now, report));
  const [first, ...others] = faults;
  if (first !== undefined) throw new ConfigError([first, ...others]);
  if (options === undefined || material === undefined) throw new Error('nothing was loaded and no fault reported');
  return {options, material};
}

class LiveVerifier implements Verifier {
  readonly options: ResolvedOptions;
  readonly #mapping: IdentityMapping;
  readonly #live: LiveRevocation;
  #trust: TrustMaterial;

  constructor({options, material}: Loaded, live: LiveRevocation) {
    this.options = options;
    this.#mapping = material.rules;
    this.#live = live;
    this.#trust = {...material.trust, revocation: live.adopt(material.revocation)};
  }

  /** What a shared deny-list holds is in force when the promise resolves. */
  start(): Promise<void> {
    return this.#live.start(revocation => {
      this.#trust = {...this.#trust, revocation};
    });
  }

  async explainPeer(evidence: PeerEvidence, at: Date): Promise<PeerExplanation> {
    const explained = explainPeer(evidence, this.#trust, at);
    const {decision} = explained;
    if (decision.verdict === 'accept' || decision.why.code !== 'ERR_MTLS_REVOCATION_UNKNOWN') return explained;
    await this.#live.acquire(evidence, this.#trust);
    return explainPeer(evidence, this.#trust, at);
  }

  async explainIdentity(peer: VerifiedPeer): Promise<IdentityExplanation> {
    const explained = await explainIdentity(peer, this.#mapping);
    if (explained.decision.verdict === 'reject') return explained;
    // Last of all a server looks for the principal in its deny-list.
    const denied = this.#trust.revocation.aboutPrincipal?.(explained.decision.principal.id);
    return denied ? {...explained, decision: {verdict: 'reject', why: deniedPrincipal(denied)}} : explained;
  }
}

async function explainIdentity(peer: VerifiedPeer, mapping: IdentityMapping): Promise<IdentityExplanation> {
  if (mapping.kind === 'rules') return explainMapping(peer, mapping.rules);
  return {decision: await identify(peer, mapping, AbortSignal.timeout(mapping.timeoutMs)), rules: []};
}
