import {parseSignatureAlgorithm} from './algorithm';
import type {SignatureAlgorithm} from './algorithm';
import {
  childrenOf,
  contextTag,
  DerReader,
  encodingOf,
  parseDer,
  readBitString,
  readOid,
  readSmallInteger,
  Tag,
} from './der';
import type {DerNode} from './der';
import {NO_EXTENSIONS, parseExtensions} from './extensions';
import type {Extensions} from './extensions';
import {onlyChild} from './general-name';
import {malformed} from './malformed';
import {parseDistinguishedName} from './names';
import type {DistinguishedName} from './names';
import {parsePublicKey} from './public-key';
import type {PublicKeyFacts} from './public-key';

/** What a certification request asks for. Nothing has been checked: not even that the key signed it. */
export interface CertificateRequestFacts {
  readonly subject: DistinguishedName;
  readonly publicKey: PublicKeyFacts;
  /** What the extensionRequest attribute asks for (RFC 2985 section 5.4.2); a CA may decide otherwise. */
  readonly requestedExtensions: Extensions;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly signature: Buffer;
  /** The signed bytes (CertificationRequestInfo). */
  readonly tbs: Buffer;
}

const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';

/**
 * Reads a PKCS#10 certification request (RFC 2986 section 4).
 *
 * @throws MtlsError `ERR_MTLS_DER`, `ERR_MTLS_CERTIFICATE_MALFORMED`, `ERR_MTLS_EXTENSION_MALFORMED`,
 *   `ERR_MTLS_EXTENSION_DUPLICATE`, `ERR_MTLS_NAME_FORBIDDEN_CHARACTER`
 */
export function parseCertificateRequest(der: Buffer): CertificateRequestFacts {
  const reader = new DerReader(parseDer(der, Tag.SEQUENCE));
  const info = reader.read(Tag.SEQUENCE);
  const signatureAlgorithm = parseSignatureAlgorithm(reader.read());
  const {octets: signature, unusedBits} = readBitString(reader.read());
  reader.finish();
  if (unusedBits !== 0) throw malformed('signature', 'whole octets', `${unusedBits} unused bits`);
  return Object.freeze({...parseInfo(info), signatureAlgorithm, signature, tbs: encodingOf(info)});
}

function parseInfo(node: DerNode): Pick<CertificateRequestFacts, 'subject' | 'publicKey' | 'requestedExtensions'> {
  const reader = new DerReader(node);
  const version = readSmallInteger(reader.read());
  if (version !== 0) throw malformed('version', '0 (v1)', String(version));
  const subject = parseDistinguishedName(reader.read());
  const publicKey = parsePublicKey(reader.read());
  const attributes = reader.read(contextTag(0, 'constructed'));
  reader.finish();
  return {subject, publicKey, requestedExtensions: requestedExtensions(childrenOf(attributes, Tag.SEQUENCE))};
}

function requestedExtensions(attributes: readonly DerNode[]): Extensions {
  const requests = attributes.map(readAttribute).filter(({type}) => type === EXTENSION_REQUEST);
  const [request] = requests;
  if (request === undefined) return NO_EXTENSIONS;
  if (requests.length > 1) throw malformed('attributes', 'one extensionRequest', String(requests.length));
  return parseExtensions(onlyChild(request.values));
}

function readAttribute(node: DerNode): {readonly type: string; readonly values: DerNode} {
  const reader = new DerReader(node);
  const type = readOid(reader.read());
  const values = reader.read(Tag.SET);
  reader.finish();
  return {type, values};
}
