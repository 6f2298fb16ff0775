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
  readonly mapping: IdentityMapping;
  readonly trust: TrustMaterial;
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
  const faults: ConfigFault[] = [];
  const report = (fault: ConfigFault): void => void faults.push(fault);
  const live = new LiveRevocation();
  const resolved = await readOptions(options, variables, now, report);
  const material = resolved && (await loadClientMaterial(resolved, live, now, report));
  const [first, ...others] = faults;
  if (first !== undefined) throw new ConfigError([first, ...others]);
  if (resolved === undefined || material === undefined) throw new Error('a configuration without faults and content');
  let trust: TrustMaterial = {...material.trust, revocation: live.adopt(material.revocation)};
  const verifier: Verifier = {
    options: resolved,
    mapping: material.rules,
    get trust() {
      return trust;
    },
    async explainPeer(evidence, at) {
      const first = explainPeer(evidence, trust, at);
      const {decision} = first;
      if (decision.verdict === 'accept' || decision.why.code !== 'ERR_MTLS_REVOCATION_UNKNOWN') return first;
      await live.acquire(evidence, trust);
      return explainPeer(evidence, trust, at);
    },
    explainIdentity: async peer => withDenyList(await explainIdentity(peer, material.rules), trust),
  };
  try {
    await live.start(revocation => {
      trust = {...trust, revocation};
    });
    return await work(verifier);
  } finally {
    await live.stop();
  }
}

async function explainIdentity(peer: VerifiedPeer, mapping: IdentityMapping): Promise<IdentityExplanation> {
  if (mapping.kind === 'rules') return explainMapping(peer, mapping.rules);
  return {decision: await identify(peer, mapping, AbortSignal.timeout(mapping.timeoutMs)), rules: []};
}

/** Last of all a server looks for the principal in its deny-list. */
function withDenyList(explanation: IdentityExplanation, {revocation}: TrustMaterial): IdentityExplanation {
  const {decision} = explanation;
  const denied = decision.verdict === 'accept' ? revocation.aboutPrincipal?.(decision.principal.id) : undefined;
  return denied ? {...explanation, decision: {verdict: 'reject', why: deniedPrincipal(denied)}} : explanation;
}
