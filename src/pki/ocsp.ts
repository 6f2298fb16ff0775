import {createHash} from 'node:crypto';
import {CRL_REASONS} from '../x509/crl-entry';
import type {CrlReason} from '../x509/crl-entry';
import type {OcspCertId} from '../x509/ocsp';
import {CERT_ID_HASHES} from '../x509/ocsp-request';
import type {CertIdHash} from '../x509/ocsp-request';
import {NULL, context, enumerated, generalizedTime, implicit, integer, octetString, oid, sequence} from './der';
import type {Credential} from './credential';
import {encodeExtension} from './extensions';
import {keyBitsOf, keyIdentifierOf, spkiOf} from './keys';
import {encodeName} from './names';
import type {NameSpec} from './names';
import {serialValue} from './serial-number';
import type {SerialNumber} from './serial-number';
import {signed} from './signed';
import type {Signer, SigningSpec} from './signed';
import {endOf} from './validity';

const BASIC_RESPONSE = '1.3.6.1.5.5.7.48.1.1';
const NONCE = '1.3.6.1.5.5.7.48.1.2';

/** RFC 6960 section 4.2.1, except `successful`: answers that say nothing and are signed by nobody. */
const ERROR_STATUS = {malformedRequest: 1, internalError: 2, tryLater: 3, sigRequired: 5, unauthorized: 6} as const;

export type OcspError = keyof typeof ERROR_STATUS;

/** What a responder says about one certificate. */
export type OcspStatus =
  | {readonly kind: 'good'}
  | {readonly kind: 'revoked'; readonly since: Date; readonly reason?: CrlReason}
  | {readonly kind: 'unknown'};

/** One answer inside a response. */
export interface OcspAnswerSpec {
  /** A serial number of the issuer, or the DER of a CertID as a request had it. */
  readonly certificate: SerialNumber | Buffer;
  readonly status: OcspStatus;
  /** Default now. */
  readonly thisUpdate?: Date;
  /** Default one hour after `thisUpdate`. */
  readonly nextUpdate?: Date | 'none';
}

/** What a signed response shall say. */
export interface OcspSpec extends SigningSpec {
  readonly answers: readonly OcspAnswerSpec[];
  /** Default now. */
  readonly producedAt?: Date;
  /** Copied from the request (RFC 9654). */
  readonly nonce?: Buffer;
  /** Who signs when it is not the issuer itself: its certificate goes along (RFC 6960 section 4.2.2.2). */
  readonly responder?: Credential;
  /** DER of certificates to send along instead. */
  readonly certificates?: readonly Buffer[];
  /** How the responder names itself. Default by its key. */
  readonly responderName?: NameSpec;
  /** Hash of the CertID where `certificate` is a serial number. Default `sha1`, as every client understands it. */
  readonly hash?: CertIdHash;
}

/** DER of a successful response (RFC 6960 section 4.2) about certificates of `issuer`. */
export function encodeOcspResponse(spec: OcspSpec, issuer: Signer, now: Date): Buffer {
  const {responder, certificates = responder ? [responder.certificate] : []} = spec;
  const signer = responder ? {...issuer, key: responder.key} : issuer;
  const behind = certificates.length === 0 ? [] : [context(0, sequence(...certificates))];
  const basic = signed(signer, spec, () => responseData(spec, signer, issuer, now), ...behind);
  return sequence(enumerated(0), context(0, sequence(oid(BASIC_RESPONSE), octetString(basic))));
}

/** DER of a response that only reports an error. */
export function encodeOcspError(error: OcspError): Buffer {
  return sequence(enumerated(ERROR_STATUS[error]));
}

function responseData(spec: OcspSpec, signer: Signer, issuer: Signer, now: Date): Buffer {
  const {nonce, responderName, producedAt = now} = spec;
  return sequence(
    responderName === undefined
      ? context(2, octetString(keyIdentifierOf(signer.key)))
      : context(1, encodeName(responderName)),
    generalizedTime(producedAt),
    sequence(...spec.answers.map(answer => encodeAnswer(answer, spec, issuer, now))),
    // The extension value is the OCTET STRING of the nonce itself (RFC 9654 section 2.1).
    ...(nonce ? [context(1, sequence(encodeExtension({oid: NONCE, critical: false, value: octetString(nonce)})))] : []),
  );
}

function encodeAnswer(answer: OcspAnswerSpec, {hash = 'sha1'}: OcspSpec, issuer: Signer, now: Date): Buffer {
  const {certificate, status, thisUpdate = now} = answer;
  const {nextUpdate = endOf({minutes: 60}, thisUpdate)} = answer;
  return sequence(
    Buffer.isBuffer(certificate) ? certificate : encodeCertificateId(issuer, certificate, hash),
    encodeStatus(status),
    generalizedTime(thisUpdate),
    ...(nextUpdate === 'none' ? [] : [context(0, generalizedTime(nextUpdate))]),
  );
}

function encodeStatus(status: OcspStatus): Buffer {
  switch (status.kind) {
    case 'good':
      return implicit(0, Buffer.alloc(0));
    case 'revoked': {
      const reason = status.reason === undefined ? [] : [context(0, enumerated(CRL_REASONS.indexOf(status.reason)))];
      return context(1, generalizedTime(status.since), ...reason);
    }
    case 'unknown':
      return implicit(2, Buffer.alloc(0));
  }
}

/** DER of a CertID (RFC 6960 section 4.1.1): hashes of the issuer's name and key, and the serial number. */
function encodeCertificateId(issuer: Signer, serialNumber: SerialNumber, hash: CertIdHash): Buffer {
  const {nameHash, keyHash} = issuerHashes(issuer, hash);
  return sequence(
    sequence(oid(CERT_ID_HASHES[hash]), NULL),
    octetString(nameHash),
    octetString(keyHash),
    integer(serialValue(serialNumber)),
  );
}

function issuerHashes(issuer: Signer, hash: CertIdHash): {readonly nameHash: Buffer; readonly keyHash: Buffer} {
  return {
    nameHash: createHash(hash).update(issuer.name).digest(),
    keyHash: createHash(hash)
      .update(keyBitsOf(spkiOf(issuer.key)))
      .digest(),
  };
}

/** Whether a client asks about a certificate of this issuer. A hash function this CA does not know is a no. */
export function isIssuerOf(issuer: Signer, id: OcspCertId): boolean {
  const hash = HASHES.find(name => CERT_ID_HASHES[name] === id.hashAlgorithm);
  if (hash === undefined) return false;
  const {nameHash, keyHash} = issuerHashes(issuer, hash);
  return nameHash.equals(id.issuerNameHash) && keyHash.equals(id.issuerKeyHash);
}

const HASHES: readonly CertIdHash[] = ['sha1', 'sha256'];
