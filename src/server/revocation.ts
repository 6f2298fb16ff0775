import {setImmediate as nextTurn} from 'node:timers/promises';
import type {Weakening} from '../danger';
import type {ConfigFault, Refusal} from '../errors';
import {MtlsError} from '../errors';
import type {TrustAnchor} from '../trust/anchor';
import {verifyCrl} from '../trust/crl-signature';
import type {VerifiedCrl} from '../trust/crl-signature';
import {CrlView, DEFAULT_CRL_POLICY} from '../trust/crl-view';
import {DenyList} from '../trust/deny-list';
import type {RevocationView} from '../trust/revocation';
import {PolicyView} from '../trust/revocation-policy';
import type {RevocationRules} from '../trust/revocation-policy';
import type {CertificateFacts} from '../x509/certificate';
import {parseCrl} from '../x509/crl';
import type {Fingerprint} from '../x509/fingerprint';
import {decodePemOrDer} from '../x509/pem';
import {formatDistinguishedName} from '../x509/rfc4514';
import type {ClientOptions, Source} from './options';
import {resolveRevocationPolicy} from './revocation-policy';
import type {ResolvedPolicy} from './revocation-policy';

/** What revocation is decided from at start. */
export interface RevocationInputs {
  readonly clients: Pick<ClientOptions, 'crl' | 'revocation'>;
  readonly anchors: readonly TrustAnchor[];
  readonly intermediates: readonly CertificateFacts[];
  /** `AnchorOptions.revocation` by the SHA-256 of the anchor's certificate. */
  readonly policies: ReadonlyMap<Fingerprint, NonNullable<ClientOptions['revocation']>>;
  /** The weakening of `dangerouslyAllowUnknownRevocation`, when there is one. */
  readonly allowUnknown?: Weakening<'unknown-revocation'>;
  /** Reads a source; what is wrong with it is reported by the reader, which then gives nothing. */
  readonly read: (source: Source, where: string) => Promise<Buffer | undefined>;
}

/**
 * Reads and verifies the configured CRLs and puts the policy of every anchor together. Every CA that can issue a
 * client must be covered, unless its policy does without.
 *
 * @returns the view, of no use when a fault was reported
 */
export async function loadRevocation(
  inputs: RevocationInputs,
  now: Date,
  report: (fault: ConfigFault) => void,
): Promise<RevocationView> {
  const {clients, anchors, intermediates} = inputs;
  const cas = [...anchors.map(({certificate}) => certificate), ...intermediates];
  const crls = await loadCrls(inputs, cas, report);
  const common = resolveRevocationPolicy(clients.revocation ?? {}, 'clients.revocation', now, report);
  const policies = new Map(
    [...inputs.policies].map(([anchor, options]) => [
      anchor,
      resolveRevocationPolicy({...clients.revocation, ...options}, 'clients.ca.revocation', now, report),
    ]),
  );
  const policyOf = (anchor: TrustAnchor): ResolvedPolicy => policies.get(anchor.certificate.fingerprint) ?? common;
  reportUncovered(inputs, crls, policyOf, now, report);

  const rules = new Map(
    anchors.map(anchor => [anchor.certificate.fingerprint, rulesOf(policyOf(anchor), crls, inputs.allowUnknown)]),
  );
  const nothing: RevocationRules = {sources: [], agreement: 'any', unknown: 'deny'};
  return new PolicyView(
    DenyList.EMPTY,
    intermediates,
    ({certificate}) => rules.get(certificate.fingerprint) ?? nothing,
  );
}

async function loadCrls(
  {clients, read}: RevocationInputs,
  cas: readonly CertificateFacts[],
  report: (fault: ConfigFault) => void,
): Promise<readonly VerifiedCrl[]> {
  const sources = clients.crl === undefined ? [] : [clients.crl].flat();
  const crls: VerifiedCrl[] = [];
  for (const [index, source] of sources.entries()) {
    const where = sources.length === 1 ? 'clients.crl' : `clients.crl[${index}]`;
    const bytes = await read(source, where);
    if (bytes === undefined) continue;
    for (const [number, crl] of (await verifyAll(bytes, cas, where)).entries()) {
      if ('facts' in crl) crls.push(crl);
      else
        report({
          ...crl,
          where: `${where} #${number + 1}`,
          remedy: 'give the current CRL of a configured CA, unaltered',
        });
    }
  }
  return crls;
}

/** A file holds one DER CRL or any number of PEM ones. */
async function verifyAll(
  bytes: Buffer,
  cas: readonly CertificateFacts[],
  source: string,
): Promise<readonly (VerifiedCrl | Refusal)[]> {
  try {
    const ders = decodePemOrDer(bytes, 'X509 CRL');
    const crls: (VerifiedCrl | Refusal)[] = [];
    for (const der of ders) crls.push(await verifyCrl(parseCrl(der), cas, source, nextTurn));
    return crls;
  } catch (error) {
    if (error instanceof MtlsError) return [error.refusal];
    throw error;
  }
}

function rulesOf(
  policy: ResolvedPolicy,
  crls: readonly VerifiedCrl[],
  allowUnknown: Weakening<'unknown-revocation'> | undefined,
): RevocationRules {
  const {agreement, shortLivedHours, indirectCrl, grace} = policy;
  const view = new CrlView(crls, {...DEFAULT_CRL_POLICY, indirectCrl, ...(grace && {grace})}, () => undefined);
  const weakened = allowUnknown && {until: allowUnknown.until, source: 'weakening unknown-revocation'};
  return {
    sources: policy.unknown === 'deny-list-only' ? [] : [view],
    agreement,
    ...(shortLivedHours !== undefined && {shortLivedHours}),
    unknown:
      policy.unknown === 'deny-list-only' ? {until: END_OF_TIME, source: 'deny-list only'} : (weakened ?? 'deny'),
  };
}

/** Later than any certificate: the largest time of RFC 5280 section 4.1.2.5. */
const END_OF_TIME = new Date(Date.UTC(9999, 11, 31, 23, 59, 59));

/** Faults for CAs whose clients would all be refused, found now and not with the first client. */
function reportUncovered(
  {clients, anchors, intermediates, allowUnknown}: RevocationInputs,
  crls: readonly VerifiedCrl[],
  policyOf: (anchor: TrustAnchor) => ResolvedPolicy,
  now: Date,
  report: (fault: ConfigFault) => void,
): void {
  const needy = anchors.filter(anchor => needsCrl(policyOf(anchor)));
  if (needy.length === 0 || allowUnknown !== undefined) return;
  if (clients.crl === undefined) {
    report({
      code: 'ERR_MTLS_CONFIG',
      where: 'clients.revocation',
      required: 'a way to know which client certificates are revoked',
      found: 'none',
      remedy:
        'set clients.crl, clients.revocation.ocsp, clients.revocation.shortLivedHours for certificates that expire by ' +
        "themselves, clients.revocation.unknown: 'deny-list-only', or the weakening dangerouslyAllowUnknownRevocation",
    });
    return;
  }
  // An intermediate below several anchors may serve any of them, so it needs its CRL as soon as one asks for it.
  for (const ca of [...needy.map(({certificate}) => certificate), ...intermediates]) {
    const own = crls.filter(({facts}) => facts.issuer.comparable === ca.subject.comparable);
    const current = own.some(({facts}) => facts.nextUpdate !== undefined && facts.nextUpdate > now);
    if (current) continue;
    report({
      code: 'ERR_MTLS_REVOCATION_SOURCE',
      where: 'clients.crl',
      required: `a current CRL of ${formatDistinguishedName(ca.subject)}`,
      found: own.length === 0 ? 'none' : 'one past its nextUpdate',
      remedy: 'fetch the current CRL from the CA, or choose another way in clients.revocation',
    });
  }
}

function needsCrl(policy: ResolvedPolicy): boolean {
  return policy.unknown !== 'deny-list-only' && policy.shortLivedHours === undefined;
}
