import {createHash} from 'node:crypto';
import {parseCertificate} from '../x509/certificate';
import type {CertificateFacts} from '../x509/certificate';
import type {CrlReason} from '../x509/crl-entry';
import {MtlsError} from '../errors';
import type {BasicOcspResponse, ResponderId, SingleResponse} from '../x509/ocsp';
import {CERT_ID_HASHES, certIdOf} from '../x509/ocsp-request';
import type {TrustAnchor} from './anchor';
import {endWithGrace} from './grace';
import type {Grace} from './grace';
import {isSignedBy, verifySignature} from './signature';
import type {RevocationView} from './revocation';

/** What an OCSP answer must satisfy beyond RFC 6960. */
export interface OcspPolicy {
  /** Accepted clock difference towards a responder, in seconds. */
  readonly clockSkewSeconds: number;
  /** How long an answer without nextUpdate counts after its thisUpdate, in seconds. */
  readonly defaultLifetimeSeconds: number;
  /** Whether the answer must repeat the nonce. Many responders answer from a store and cannot; a different one is always refused. */
  readonly nonce: 'required' | 'optional';
  readonly grace?: Grace;
}

export const DEFAULT_OCSP_POLICY: OcspPolicy = Object.freeze({
  clockSkewSeconds: 60,
  defaultLifetimeSeconds: 3600,
  nonce: 'optional',
});

/** What was asked, and of whom it is asked whether a delegated responder is itself revoked. */
export interface OcspQuestion {
  readonly subject: CertificateFacts;
  readonly issuer: CertificateFacts;
  readonly anchor: TrustAnchor;
  /** What the request carried. */
  readonly nonce?: Buffer;
  readonly crls: RevocationView;
}

/** A verified statement about one certificate. */
export interface OcspStatement {
  readonly status:
    | {readonly kind: 'good'}
    | {readonly kind: 'revoked'; readonly since: Date; readonly reason: CrlReason}
    | {readonly kind: 'unknown'};
  readonly thisUpdate: Date;
  /** nextUpdate, or the default lifetime, never beyond the responder's own certificate. */
  readonly nextUpdate: Date;
  /** thisUpdate less the accepted clock difference. */
  readonly usableFrom: Date;
  /** nextUpdate with grace. */
  readonly usableUntil: Date;
}

export type OcspVerdict =
  | {readonly verdict: 'accept'; readonly statement: OcspStatement}
  | {readonly verdict: 'refuse'; readonly required: string; readonly found: string};

type Refused = Extract<OcspVerdict, {verdict: 'refuse'}>;

/** Decides whether an OCSP answer may be believed (RFC 6960 section 3.2). */
export function verifyOcspResponse(
  response: BasicOcspResponse,
  question: OcspQuestion,
  policy: OcspPolicy,
  now: Date,
): OcspVerdict {
  const strange = response.unknownCritical[0];
  if (strange !== undefined) return refuse('critical extensions that are understood', strange);
  const replayed = checkNonce(response, question, policy);
  if (replayed) return replayed;
  const single = singleFor(response, question);
  if ('verdict' in single) return single;
  const responder = responderOf(response, question, now);
  if ('verdict' in responder) return responder;
  const {signatureAlgorithm, tbs, signature} = response;
  if (!verifySignature(signatureAlgorithm, tbs, signature, responder.publicKey)) {
    return refuse('a signature by the responder', 'one that does not verify');
  }
  return checkTimes(response, single, responder, policy, now);
}

function checkNonce(response: BasicOcspResponse, {nonce}: OcspQuestion, policy: OcspPolicy): Refused | undefined {
  if (response.nonce === undefined) {
    return policy.nonce === 'required' ? refuse('the nonce of the request', 'none') : undefined;
  }
  if (nonce === undefined || nonce.equals(response.nonce)) return undefined;
  return refuse('the nonce of the request', 'another one: the answer is an old one, or meant for somebody else');
}

/** RFC 6960 section 3.2 (1): exactly one answer must be about the certificate, by our own hashes. */
function singleFor(response: BasicOcspResponse, {subject, issuer}: OcspQuestion): SingleResponse | Refused {
  const matching = response.responses.filter(({certId}) => {
    const hash = certId.hashAlgorithm === CERT_ID_HASHES.sha1 ? 'sha1' : 'sha256';
    const own = certIdOf(subject, issuer, hash);
    return (
      own.hashAlgorithm === certId.hashAlgorithm &&
      own.serialNumber === certId.serialNumber &&
      own.issuerNameHash.equals(certId.issuerNameHash) &&
      own.issuerKeyHash.equals(certId.issuerKeyHash)
    );
  });
  const [single] = matching;
  if (single === undefined || matching.length > 1) {
    return refuse('one answer about the certificate', `${matching.length} among ${response.responses.length}`);
  }
  const strange = single.unknownCritical[0];
  return strange === undefined ? single : refuse('critical extensions that are understood', strange);
}

const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9';
const OCSP_NO_CHECK = '1.3.6.1.5.5.7.48.1.5';

/** RFC 6960 section 4.2.2.2: the CA itself, or a responder it issued for this purpose, valid now and not revoked. */
function responderOf(response: BasicOcspResponse, question: OcspQuestion, now: Date): CertificateFacts | Refused {
  const {issuer, anchor, crls} = question;
  if (isNamed(issuer, response.responderId)) return issuer;
  const found = response.certificates.map(parseOrNothing).find(one => one && isNamed(one, response.responderId));
  if (!found) return refuse('a responder whose certificate is there', 'none of that name or key');
  if (found.issuer.comparable !== issuer.subject.comparable || !isSignedBy(found, issuer)) {
    return refuse('a responder issued by the CA of the certificate', 'another issuer');
  }
  if (now < found.notBefore || now > found.notAfter)
    return refuse('a responder certificate that is valid now', 'another');
  const {extendedKeyUsage, keyUsage, unknownCritical, all} = found.extensions;
  if (extendedKeyUsage?.includes(OCSP_SIGNING) !== true)
    return refuse('a responder with id-kp-OCSPSigning', 'one without');
  if (keyUsage?.includes('digitalSignature') === false) return refuse('a responder that may sign', 'another key usage');
  if (unknownCritical.length > 0)
    return refuse('a responder without unknown critical extensions', unknownCritical.join());
  if (all.some(({oid}) => oid === OCSP_NO_CHECK)) return found;
  const own = crls.statusOf(found, issuer, anchor, now);
  return own.status === 'good'
    ? found
    : refuse('a responder with id-pkix-ocsp-nocheck or a CRL that says it is good', `status ${own.status}`);
}

function isNamed(certificate: CertificateFacts, id: ResponderId): boolean {
  if (id.kind === 'name') return certificate.subject.comparable === id.name.comparable;
  return createHash('sha1').update(certificate.publicKey.keyBits).digest().equals(id.hash);
}

function parseOrNothing(der: Buffer): CertificateFacts | undefined {
  try {
    return parseCertificate(der);
  } catch (error) {
    if (error instanceof MtlsError) return undefined;
    throw error;
  }
}

/** RFC 6960 section 4.2.2.1. */
function checkTimes(
  {producedAt}: BasicOcspResponse,
  {status, thisUpdate, nextUpdate}: SingleResponse,
  responder: CertificateFacts,
  policy: OcspPolicy,
  now: Date,
): OcspVerdict {
  const latest = now.getTime() + policy.clockSkewSeconds * 1000;
  for (const [name, time] of [
    ['thisUpdate', thisUpdate],
    ['producedAt', producedAt],
  ] as const) {
    if (time.getTime() > latest) return refuse(`${name} in the past`, time.toISOString());
  }
  if (nextUpdate !== undefined && nextUpdate < thisUpdate)
    return refuse('nextUpdate after thisUpdate', nextUpdate.toISOString());
  const stated = nextUpdate?.getTime() ?? thisUpdate.getTime() + policy.defaultLifetimeSeconds * 1000;
  const endMs = Math.min(stated, responder.notAfter.getTime());
  const usableUntilMs = endWithGrace(endMs, policy.grace);
  if (usableUntilMs < now.getTime())
    return refuse('an answer that is still current', `one that ended ${new Date(endMs).toISOString()}`);
  const statement = {
    status,
    thisUpdate,
    nextUpdate: new Date(endMs),
    usableFrom: new Date(thisUpdate.getTime() - policy.clockSkewSeconds * 1000),
    usableUntil: new Date(usableUntilMs),
  };
  return {verdict: 'accept', statement};
}

function refuse(required: string, found: string): Refused {
  return {verdict: 'refuse', required, found};
}
