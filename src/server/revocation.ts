import type {Weakening} from '../danger';
import type {ConfigFault} from '../errors';
import {MtlsError} from '../errors';
import {originOf} from '../tls/source';
import type {Source} from '../tls/source';
import type {TrustAnchor} from '../trust/anchor';
import type {VerifiedCrl} from '../trust/crl-signature';
import type {DenyEntry} from '../trust/deny-list';
import {endWithGrace} from '../trust/grace';
import type {CertificateFacts} from '../x509/certificate';
import type {Fingerprint} from '../x509/fingerprint';
import {formatDistinguishedName} from '../x509/rfc4514';
import {olderThanHeld} from './crl-fetcher';
import {loadCrls} from './crl-sources';
import type {ReadSource} from './crl-sources';
import {parseDenyFile} from './deny-list-file';
import type {DenyListStore} from './deny-list-store';
import type {ClientOptions} from './options';
import type {FetchPolicy} from './revocation-fetch';
import type {RevocationPolicyOptions} from './revocation-options';
import type {SharedDenyList} from './shared-deny-list';
import {DEFAULT_NETWORK, resolveRevocationPolicy} from './revocation-policy';
import type {ResolvedPolicy} from './revocation-policy';
import type {Stapler} from './stapling';

/** What revocation is decided from at start. */
export interface RevocationInputs {
  readonly clients: Pick<ClientOptions, 'crl' | 'revocation'>;
  readonly anchors: readonly TrustAnchor[];
  readonly intermediates: readonly CertificateFacts[];
  /** `AnchorOptions.revocation` by the SHA-256 of the anchor's certificate. */
  readonly policies: ReadonlyMap<Fingerprint, RevocationPolicyOptions>;
  /** The weakening of `dangerouslyAllowUnknownRevocation`, when there is one. */
  readonly allowUnknown?: Weakening<'unknown-revocation'>;
  readonly read: ReadSource;
  readonly memory: RevocationMemory;
}

/** What is there already when revocation is loaded. */
export interface RevocationMemory {
  /** What staples for the server certificate; undefined at start. */
  readonly stapler: Stapler | undefined;
  /** Every CRL that is in force; none at start. */
  readonly crls: readonly VerifiedCrl[];
  /** Those of them that came from files. */
  readonly crlsInForce: readonly VerifiedCrl[];
  /** Fetches the CRLs at configured URLs and returns those in force, new or held. */
  fetchCrls(
    urls: readonly string[],
    authorities: readonly CertificateFacts[],
    network: FetchPolicy,
  ): Promise<readonly VerifiedCrl[]>;
  /** The shared deny-list over a store, read already where it is the one in force. */
  sharedDenyList(store: DenyListStore, timeoutMs: number): SharedDenyList;
}

/** Revocation as it was configured and read: immutable, one per start or reload. */
export interface RevocationPlan {
  readonly crls: readonly VerifiedCrl[];
  readonly anchors: readonly TrustAnchor[];
  readonly intermediates: readonly CertificateFacts[];
  readonly policyOf: (anchor: TrustAnchor) => ResolvedPolicy;
  readonly hasCrlSource: boolean;
  readonly allowUnknown?: Weakening<'unknown-revocation'>;
  readonly denied: readonly DenyEntry[];
  readonly sharedDenyList?: SharedDenyList;
  readonly network: FetchPolicy;
}

/**
 * Reads and verifies the configured CRLs and deny-list and resolves the policy of every anchor. Every CA that can issue
 * a client must be covered, unless its policy does without.
 *
 * @returns the plan, of no use when a fault was reported
 */
export async function loadRevocation(
  inputs: RevocationInputs,
  now: Date,
  report: (fault: ConfigFault) => void,
): Promise<RevocationPlan> {
  const {clients, anchors, intermediates, read} = inputs;
  const {revocation: options = {}} = clients;
  const authorities = [...anchors.map(({certificate}) => certificate), ...intermediates];
  const common = resolveRevocationPolicy(options, 'clients.revocation', now, report);
  const policies = new Map(
    [...inputs.policies].map(([anchor, own]) => [
      anchor,
      resolveRevocationPolicy({...options, ...own}, 'clients.ca.revocation', now, report),
    ]),
  );
  const sources = clients.crl === undefined ? [] : [clients.crl].flat();
  const {crlUrls = []} = options;
  const network: FetchPolicy = {
    allowedHosts: [...(options.network?.allowedHosts ?? []), ...hostsOf(crlUrls)],
    timeoutMs: options.network?.timeoutMs ?? DEFAULT_NETWORK.timeoutMs,
    maxBytes: options.network?.maxCrlBytes ?? DEFAULT_NETWORK.maxCrlBytes,
  };
  const before = inputs.memory.crls;
  const configured = await loadCrls(sources, authorities, read, report);
  const older = olderThanHeld(configured, inputs.memory.crlsInForce);
  if (older) report({...older, where: 'clients.crl', remedy: 'put the newest CRL back, or start anew with this one'});
  const fetched = await inputs.memory.fetchCrls(crlUrls, authorities, network);
  const shared = options.denyListStore && inputs.memory.sharedDenyList(options.denyListStore, network.timeoutMs);
  if (shared) await reportUnreadable(shared, report);
  const plan: RevocationPlan = {
    crls: configured,
    anchors,
    intermediates,
    policyOf: ({certificate}) => policies.get(certificate.fingerprint) ?? common,
    hasCrlSource: sources.length + crlUrls.length > 0,
    ...(inputs.allowUnknown && {allowUnknown: inputs.allowUnknown}),
    denied: await loadDenyList(options.denyList, read, now, report),
    ...(shared && {sharedDenyList: shared}),
    network,
  };
  reportUncovered(plan, [...configured, ...fetched], before, now, report);
  return plan;
}

/** Hosts the operator wrote down are his own choice, private or not. */
function hostsOf(urls: readonly string[]): readonly string[] {
  return urls.flatMap(url => (URL.canParse(url) ? [new URL(url).host] : []));
}

async function loadDenyList(
  source: Source | undefined,
  read: ReadSource,
  now: Date,
  report: (fault: ConfigFault) => void,
): Promise<readonly DenyEntry[]> {
  if (source === undefined) return [];
  const where = 'clients.revocation.denyList';
  const bytes = await read(source, where);
  if (bytes === undefined) return [];
  try {
    return parseDenyFile(bytes, now);
  } catch (error) {
    if (!(error instanceof MtlsError)) throw error;
    const {refusal} = error;
    const remedy = 'correct the entry; the file is a JSON array';
    report({...refusal, where, found: `${refusal.found} in ${originOf(source)}`, remedy});
    return [];
  }
}

/** Without the entries of the store nobody may be let in. What was read once is judged by its age, like a CRL. */
async function reportUnreadable(shared: SharedDenyList, report: (fault: ConfigFault) => void): Promise<void> {
  const why = shared.isRead ? undefined : await shared.read();
  if (why === undefined) return;
  const remedy = 'make the store answer, correct what it holds, or start without clients.revocation.denyListStore';
  report({...why, where: 'clients.revocation.denyListStore', remedy});
}

/** Faults for CAs whose clients would all be refused, found now and not with the first client. */
function reportUncovered(
  {anchors, intermediates, policyOf, hasCrlSource, allowUnknown}: RevocationPlan,
  crls: readonly VerifiedCrl[],
  before: readonly VerifiedCrl[],
  now: Date,
  report: (fault: ConfigFault) => void,
): void {
  const needy = anchors.filter(anchor => needsCrl(policyOf(anchor)));
  if (needy.length === 0 || allowUnknown !== undefined) return;
  if (!hasCrlSource) {
    report({
      code: 'ERR_MTLS_CONFIG',
      where: 'clients.revocation',
      required: 'a way to know which client certificates are revoked',
      found: 'none',
      remedy:
        'set clients.crl or clients.revocation.crlUrls, ocsp or distributionPoints; or shortLivedHours for certificates ' +
        "that expire by themselves; or unknown: 'deny-list-only'; or the weakening dangerouslyAllowUnknownRevocation",
    });
    return;
  }
  // An intermediate below several anchors may serve any of them, so it needs its CRL as soon as one asks for it.
  const grace = needy.map(anchor => policyOf(anchor).grace).find(one => one !== undefined);
  for (const ca of [...needy.map(({certificate}) => certificate), ...intermediates]) {
    const isOwn = ({facts}: VerifiedCrl): boolean => facts.issuer.comparable === ca.subject.comparable;
    const [own, held] = [crls.filter(isOwn), before.filter(isOwn)];
    const isCurrent = ({facts: {nextUpdate}}: VerifiedCrl): boolean =>
      nextUpdate !== undefined && endWithGrace(nextUpdate.getTime(), grace) > now.getTime();
    // A CRL that ended under a running server already shuts its clients out. It must not keep everything else that a
    // reload brings out as well, such as an entry of the deny-list.
    const isNoWorse = own.length > 0 && held.length > 0 && !held.some(isCurrent);
    if (own.some(isCurrent) || isNoWorse) continue;
    report({
      code: 'ERR_MTLS_REVOCATION_SOURCE',
      where: 'clients.crl',
      required: `a current CRL of ${formatDistinguishedName(ca.subject)}`,
      found: own.length === 0 ? 'none' : 'one past its nextUpdate',
      remedy: 'fetch the current CRL from the CA, or choose another way in clients.revocation',
    });
  }
}

/** Whether a CRL in the configuration is the only way to learn about certificates below an anchor. */
function needsCrl({unknown, shortLivedHours, ocsp, distributionPoints}: ResolvedPolicy): boolean {
  if (unknown === 'deny-list-only' || shortLivedHours !== undefined) return false;
  return ocsp === 'off' && distributionPoints === 'ignore';
}
