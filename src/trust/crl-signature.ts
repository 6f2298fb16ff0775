import type {Refusal} from '../errors';
import type {CertificateFacts} from '../x509/certificate';
import type {CrlFacts} from '../x509/crl';
import {indexEntries} from '../x509/crl-index';
import type {CrlIndex} from '../x509/crl-index';
import type {Fingerprint} from '../x509/fingerprint';
import {runStepsSlowly} from '../x509/steps';
import {verifyLongSignature} from './long-signature';
import type {Pause} from './long-signature';

/** A CRL whose signature verifies and whose entries were all read. Who signed it must still lead to the right anchor. */
export interface VerifiedCrl {
  readonly facts: CrlFacts;
  readonly index: CrlIndex;
  /** SHA-256 of the SubjectPublicKeyInfo that verifies the signature. */
  readonly keyFingerprint: Fingerprint;
  /** Certificates of the issuer for that key, among the candidates. */
  readonly signers: readonly CertificateFacts[];
  /** Equal for CRLs of the same scope: hex of the issuing distribution point, empty without one. */
  readonly scope: string;
  /** Where it came from, for events and refusals. */
  readonly source: string;
}

/** Keys tried for one CRL: each costs a pass over the whole of it. */
const MAX_KEYS = 4;
const ISSUING_DISTRIBUTION_POINT = '2.5.29.28';

/**
 * Verifies the signature of a CRL with the key of a candidate (RFC 5280 section 6.3.3 (f) and (g)) and then reads its
 * entries, leaving the event loop free every few milliseconds.
 *
 * @param candidates certificates that may have signed it: those of another name or key identifier are passed over
 * @returns the CRL, or why it says nothing about anybody
 * @throws MtlsError when an entry does not parse
 */
export async function verifyCrl(
  facts: CrlFacts,
  candidates: readonly CertificateFacts[],
  source: string,
  pause: Pause,
): Promise<VerifiedCrl | Refusal> {
  const refuse = (required: string, found: string): Refusal => ({
    code: 'ERR_MTLS_REVOCATION_SOURCE',
    required,
    found,
    where: source,
  });
  const {extensions} = facts;
  // RFC 5280 section 5.2: a CRL with a critical extension that is not understood must not be used.
  if (extensions.unknownCritical.length > 0) {
    return refuse('critical extensions that are understood', extensions.unknownCritical.join(', '));
  }
  const named = candidates.filter(candidate => mayHaveSigned(candidate, facts));
  const keys = new Map(named.map(candidate => [candidate.spkiFingerprint, candidate.publicKey]));
  if (keys.size === 0)
    return refuse('a CRL of a configured CA', 'one of an issuer with another name or key identifier');
  for (const [keyFingerprint, publicKey] of [...keys].slice(0, MAX_KEYS)) {
    if (!(await verifyLongSignature(facts, publicKey, pause))) continue;
    const index = await runStepsSlowly(indexEntries(facts.entries, facts.issuer), pause);
    if (index.unknownCritical.length > 0) {
      return refuse('critical entry extensions that are understood', index.unknownCritical.join(', '));
    }
    // RFC 5280 section 5.3.3: only an indirect CRL may name certificate issuers.
    if (index.namesCertificateIssuers && extensions.issuingDistributionPoint?.indirectCrl !== true) {
      return refuse('entries without certificate issuers', 'some with, in a CRL that is not indirect');
    }
    const signers = named.filter(candidate => candidate.spkiFingerprint === keyFingerprint);
    return {facts, index, keyFingerprint, signers, scope: scopeOf(facts), source};
  }
  return refuse('a signature by its issuer', 'one that does not verify');
}

/** Name and, where both sides have one, key identifier. */
function mayHaveSigned(candidate: CertificateFacts, {issuer, extensions}: CrlFacts): boolean {
  if (candidate.subject.comparable !== issuer.comparable) return false;
  const wanted = extensions.authorityKeyIdentifier?.keyIdentifier;
  const offered = candidate.extensions.subjectKeyIdentifier;
  return wanted === undefined || offered === undefined || wanted.equals(offered);
}

function scopeOf({extensions}: CrlFacts): string {
  return extensions.all.find(({oid}) => oid === ISSUING_DISTRIBUTION_POINT)?.value.toString('hex') ?? '';
}
