import {MtlsError} from '../errors';
import {parseSignatureAlgorithm} from './algorithm';
import type {SignatureAlgorithm} from './algorithm';
import {reasonOf} from './crl-entry';
import type {CrlReason} from './crl-entry';
import {
  childrenOf,
  contentOf,
  contextTag,
  DerReader,
  encodingOf,
  parseDer,
  readBitString,
  readOctetString,
  readOid,
  readSmallInteger,
  readTime,
  Tag,
} from './der';
import type {DerNode} from './der';
import {onlyChild} from './general-name';
import {parseRawExtensions} from './extensions';
import type {RawExtension} from './extensions';
import {parseDistinguishedName} from './names';
import type {DistinguishedName} from './names';
import {readSerialNumber} from './serial-number';

/** RFC 6960 section 4.1.1: which certificate is meant. */
export interface OcspCertId {
  readonly hashAlgorithm: string;
  readonly issuerNameHash: Buffer;
  readonly issuerKeyHash: Buffer;
  /** As in `CertificateFacts`. */
  readonly serialNumber: string;
}

/** What the responder says about one certificate (RFC 6960 section 4.2.1). */
export interface SingleResponse {
  readonly certId: OcspCertId;
  readonly status:
    | {readonly kind: 'good'}
    | {readonly kind: 'revoked'; readonly since: Date; readonly reason: CrlReason}
    | {readonly kind: 'unknown'};
  readonly thisUpdate: Date;
  readonly nextUpdate?: Date;
  /** OIDs of critical single extensions: none is understood, a verifier refuses them. */
  readonly unknownCritical: readonly string[];
}

/** Who signed: by name, or by the SHA-1 of the public key's bits. */
export type ResponderId =
  {readonly kind: 'name'; readonly name: DistinguishedName} | {readonly kind: 'key'; readonly hash: Buffer};

/** A signed answer. Nothing has been checked: not the signature, not the responder, not the dates. */
export interface BasicOcspResponse {
  readonly responderId: ResponderId;
  readonly producedAt: Date;
  readonly responses: readonly SingleResponse[];
  /** RFC 9654 section 2.1: what the requester sent, when the responder repeats it. */
  readonly nonce?: Buffer;
  readonly unknownCritical: readonly string[];
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly signature: Buffer;
  /** The signed bytes (ResponseData). */
  readonly tbs: Buffer;
  /** DER of the certificates sent along, not yet parsed. */
  readonly certificates: readonly Buffer[];
}

/** RFC 6960 section 4.2.1: an answer, or the responder's error. */
export type OcspResponse =
  | {readonly status: 'successful'; readonly basic: BasicOcspResponse}
  | {readonly status: 'malformedRequest' | 'internalError' | 'tryLater' | 'sigRequired' | 'unauthorized'};

const ERRORS = {1: 'malformedRequest', 2: 'internalError', 3: 'tryLater', 5: 'sigRequired', 6: 'unauthorized'} as const;
const BASIC_RESPONSE = '1.3.6.1.5.5.7.48.1.1';
const NONCE = '1.3.6.1.5.5.7.48.1.2';

/** Certificates looked at in one answer: the responder's own and some CAs above it. */
const MAX_CERTIFICATES = 8;

/**
 * Reads an OCSP response (RFC 6960 section 4.2.1).
 *
 * @throws MtlsError `ERR_MTLS_DER`, `ERR_MTLS_OCSP_MALFORMED`, `ERR_MTLS_CRL_MALFORMED` (a reason code),
 * `ERR_MTLS_EXTENSION_DUPLICATE`
 */
export function parseOcspResponse(der: Buffer): OcspResponse {
  const outer = new DerReader(parseDer(der, Tag.SEQUENCE));
  const status = readSmallInteger(outer.read(), Tag.ENUMERATED);
  const bytesNode = outer.optional(contextTag(0, 'constructed'));
  outer.finish();
  if (status !== 0) {
    const error = errorOf(status);
    if (error === undefined || bytesNode !== undefined) throw malformed('a response status without bytes', `${status}`);
    return {status: error};
  }
  if (bytesNode === undefined) throw malformed('response bytes', 'none');
  const bytes = new DerReader(onlyChild(bytesNode, Tag.SEQUENCE));
  const type = readOid(bytes.read());
  if (type !== BASIC_RESPONSE) throw malformed('a basic OCSP response', type);
  const basic = parseBasicResponse(readOctetString(bytes.read()));
  bytes.finish();
  return {status: 'successful', basic};
}

function errorOf(status: number): (typeof ERRORS)[keyof typeof ERRORS] | undefined {
  return status === 1 || status === 2 || status === 3 || status === 5 || status === 6 ? ERRORS[status] : undefined;
}

function parseBasicResponse(der: Buffer): BasicOcspResponse {
  const outer = new DerReader(parseDer(der, Tag.SEQUENCE));
  const tbsNode = outer.read(Tag.SEQUENCE);
  const signatureAlgorithm = parseSignatureAlgorithm(outer.read(Tag.SEQUENCE));
  const {octets: signature, unusedBits} = readBitString(outer.read());
  if (unusedBits !== 0) throw malformed('a signature of whole octets', `${unusedBits} unused bits`);
  const certificatesNode = outer.optional(contextTag(0, 'constructed'));
  outer.finish();
  const certificates = certificatesNode ? childrenOf(onlyChild(certificatesNode, Tag.SEQUENCE), Tag.SEQUENCE) : [];
  if (certificates.length > MAX_CERTIFICATES) {
    throw malformed(`at most ${MAX_CERTIFICATES} certificates`, `${certificates.length}`);
  }
  return {
    ...parseResponseData(tbsNode),
    signatureAlgorithm,
    signature,
    tbs: encodingOf(tbsNode),
    certificates: certificates.map(encodingOf),
  };
}

type ResponseData = Pick<BasicOcspResponse, 'responderId' | 'producedAt' | 'responses' | 'nonce' | 'unknownCritical'>;

function parseResponseData(node: DerNode): ResponseData {
  const reader = new DerReader(node);
  // Version 1 is the default and so never encoded (X.690 section 11.5); there is no other.
  const responderId = parseResponderId(reader.read());
  const producedAt = readTime(expectGeneralizedTime(reader.read()));
  const responses = childrenOf(reader.read(Tag.SEQUENCE), Tag.SEQUENCE).map(parseSingleResponse);
  const extensions = parseExplicitExtensions(reader.optional(contextTag(1, 'constructed')));
  reader.finish();
  const nonce = extensions.find(({oid}) => oid === NONCE);
  return {
    responderId,
    producedAt,
    responses,
    ...(nonce && {nonce: readOctetString(parseDer(nonce.value))}),
    unknownCritical: extensions.filter(({oid, critical}) => critical && oid !== NONCE).map(({oid}) => oid),
  };
}

function parseResponderId(node: DerNode): ResponderId {
  if (node.tag === contextTag(1, 'constructed')) {
    return {kind: 'name', name: parseDistinguishedName(onlyChild(node, Tag.SEQUENCE))};
  }
  if (node.tag !== contextTag(2, 'constructed')) throw malformed('a responder by name or by key', 'neither');
  const hash = readOctetString(onlyChild(node, Tag.OCTET_STRING));
  if (hash.length !== 20) throw malformed('a key hash of 20 octets', `${hash.length}`);
  return {kind: 'key', hash};
}

function parseSingleResponse(node: DerNode): SingleResponse {
  const reader = new DerReader(node);
  const certId = parseCertId(reader.read(Tag.SEQUENCE));
  const status = parseCertStatus(reader.read());
  const thisUpdate = readTime(expectGeneralizedTime(reader.read()));
  const nextUpdateNode = reader.optional(contextTag(0, 'constructed'));
  const extensions = parseExplicitExtensions(reader.optional(contextTag(1, 'constructed')));
  reader.finish();
  return {
    certId,
    status,
    thisUpdate,
    ...(nextUpdateNode && {nextUpdate: readTime(onlyChild(nextUpdateNode, Tag.GENERALIZED_TIME))}),
    unknownCritical: extensions.filter(({critical}) => critical).map(({oid}) => oid),
  };
}

function parseCertId(node: DerNode): OcspCertId {
  const reader = new DerReader(node);
  const hashAlgorithm = readOid(new DerReader(reader.read(Tag.SEQUENCE)).read());
  const issuerNameHash = readOctetString(reader.read());
  const issuerKeyHash = readOctetString(reader.read());
  const serialNumber = readSerialNumber(reader.read());
  reader.finish();
  return {hashAlgorithm, issuerNameHash, issuerKeyHash, serialNumber};
}

function parseCertStatus(node: DerNode): SingleResponse['status'] {
  switch (node.tag) {
    case contextTag(0, 'primitive'):
    case contextTag(2, 'primitive'):
      if (contentOf(node).length > 0) throw malformed('a NULL status', 'one with content');
      return {kind: node.tag === contextTag(0, 'primitive') ? 'good' : 'unknown'};
    case contextTag(1, 'constructed'): {
      const reader = new DerReader(node);
      const since = readTime(expectGeneralizedTime(reader.read()));
      const reasonNode = reader.optional(contextTag(0, 'constructed'));
      reader.finish();
      const number = reasonNode ? readSmallInteger(onlyChild(reasonNode, Tag.ENUMERATED), Tag.ENUMERATED) : 0;
      return {kind: 'revoked', since, reason: reasonOf(number)};
    }
    default:
      throw malformed('good, revoked or unknown', 'another status');
  }
}

function parseExplicitExtensions(node: DerNode | undefined): readonly RawExtension[] {
  return node === undefined ? [] : parseRawExtensions(onlyChild(node, Tag.SEQUENCE));
}

/** RFC 6960 section 4.2.1 knows GeneralizedTime only. */
function expectGeneralizedTime(node: DerNode): DerNode {
  if (node.tag !== Tag.GENERALIZED_TIME) throw malformed('GeneralizedTime', 'another type');
  return node;
}

function malformed(required: string, found: string): MtlsError {
  return new MtlsError({code: 'ERR_MTLS_OCSP_MALFORMED', required, found});
}
