import {DerReader, Tag, childrenOf, contextTag, encodingOf, parseDer, readOctetString, readOid} from '../x509/der';
import type {DerNode} from '../x509/der';
import type {OcspCertId} from '../x509/ocsp';
import {readSerialNumber} from '../x509/serial-number';

/** One certificate that a client asks about (RFC 6960 section 4.1.1). */
export interface RequestedCertificate extends OcspCertId {
  /** DER of the CertID, to be repeated in the answer. */
  readonly der: Buffer;
}

/** What a client asks an OCSP responder. */
export interface OcspRequest {
  readonly certificates: readonly RequestedCertificate[];
  readonly nonce?: Buffer;
}

const NONCE = '1.3.6.1.5.5.7.48.1.2';

/** RFC 9654 section 2.1: a responder takes nonces of up to 128 octets. */
const MAX_NONCE_OCTETS = 128;

/**
 * Reads an OCSP request. A signature on it is ignored, as RFC 6960 section 4.1.2 allows.
 *
 * @throws MtlsError `ERR_MTLS_DER` when it is not one
 */
export function parseOcspRequest(bytes: Buffer): OcspRequest {
  const tbs = new DerReader(new DerReader(parseDer(bytes, Tag.SEQUENCE)).read(Tag.SEQUENCE));
  tbs.optional(contextTag(0, 'constructed'));
  tbs.optional(contextTag(1, 'constructed'));
  const certificates = childrenOf(tbs.read(Tag.SEQUENCE), Tag.SEQUENCE).map(parseRequest);
  const extensions = tbs.optional(contextTag(2, 'constructed'));
  tbs.finish();
  const nonce = extensions && nonceOf(extensions);
  return {certificates, ...(nonce ? {nonce} : {})};
}

function parseRequest(node: DerNode): RequestedCertificate {
  const certificateId = new DerReader(node).read(Tag.SEQUENCE);
  const reader = new DerReader(certificateId);
  const request = {
    der: encodingOf(certificateId),
    hashAlgorithm: readOid(new DerReader(reader.read(Tag.SEQUENCE)).read(Tag.OID)),
    issuerNameHash: readOctetString(reader.read()),
    issuerKeyHash: readOctetString(reader.read()),
    serialNumber: readSerialNumber(reader.read()),
  };
  reader.finish();
  return request;
}

function nonceOf(extensions: DerNode): Buffer | undefined {
  for (const extension of childrenOf(new DerReader(extensions).read(Tag.SEQUENCE), Tag.SEQUENCE)) {
    const reader = new DerReader(extension);
    const type = readOid(reader.read(Tag.OID));
    reader.optional(Tag.BOOLEAN);
    const value = readOctetString(reader.read());
    if (type === NONCE) return readNonce(value);
  }
  return undefined;
}

/** A nonce that is too long is answered as if it were not there; the client then sees that its nonce is missing. */
function readNonce(value: Buffer): Buffer | undefined {
  const nonce = readOctetString(parseDer(value));
  return nonce.length <= MAX_NONCE_OCTETS ? nonce : undefined;
}
