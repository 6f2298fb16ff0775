import {createHash} from 'node:crypto';
import type {CertificateFacts} from './certificate';
import {serialOctets} from './crl-index';
import {Tag} from './der';
import type {OcspCertId} from './ocsp';

/**
 * OCSP requests (RFC 6960 section 4.1): the one structure this folder writes, and small enough to write by hand.
 */

/** Hashes a CertID may use. Responders after RFC 5019 only know SHA-1, which here names a certificate and proves nothing. */
export const CERT_ID_HASHES = Object.freeze({
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
});
export type CertIdHash = keyof typeof CERT_ID_HASHES;

/** The CertID of a certificate (RFC 6960 section 4.1.1). */
export function certIdOf(subject: CertificateFacts, issuer: CertificateFacts, hash: CertIdHash): OcspCertId {
  return {
    hashAlgorithm: CERT_ID_HASHES[hash],
    issuerNameHash: createHash(hash).update(issuer.subject.der).digest(),
    issuerKeyHash: createHash(hash).update(issuer.publicKey.keyBits).digest(),
    serialNumber: subject.serialNumber,
  };
}

const ALGORITHMS: Readonly<Record<CertIdHash, Buffer>> = {
  // OID and NULL parameters, as every responder expects them for SHA-1 and SHA-256.
  sha1: Buffer.from('300906052b0e03021a0500', 'hex'),
  sha256: Buffer.from('300d06096086480165030402010500', 'hex'),
};
const NONCE_OID = Buffer.from('06092b0601050507300102', 'hex');

/**
 * DER of an OCSPRequest about one certificate, unsigned.
 *
 * @param nonce 1 to 128 octets; RFC 9654 section 2.1 asks for 32
 */
export function encodeOcspRequest(
  subject: CertificateFacts,
  issuer: CertificateFacts,
  hash: CertIdHash,
  nonce: Buffer | undefined,
): Buffer {
  const id = certIdOf(subject, issuer, hash);
  const certId = sequence(
    ALGORITHMS[hash],
    tlv(Tag.OCTET_STRING, id.issuerNameHash),
    tlv(Tag.OCTET_STRING, id.issuerKeyHash),
    tlv(Tag.INTEGER, serialOctets(id.serialNumber)),
  );
  const requestList = sequence(sequence(certId));
  if (nonce === undefined) return sequence(sequence(requestList));
  const extension = sequence(NONCE_OID, tlv(Tag.OCTET_STRING, tlv(Tag.OCTET_STRING, nonce)));
  return sequence(sequence(requestList, tlv(0xa2, sequence(extension))));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tlv(Tag.SEQUENCE, ...parts);
}

function tlv(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const length =
    content.length < 0x80
      ? [content.length]
      : content.length < 0x100
        ? [0x81, content.length]
        : [0x82, content.length >> 8, content.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}
