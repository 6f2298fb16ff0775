import {parseSignatureAlgorithm} from './algorithm';
import type {SignatureAlgorithm} from './algorithm';
import {DerReader, encodingOf, expectTag, parseDer, readBitString, readInteger, readOid, Tag} from './der';
import type {DerNode} from './der';
import {malformed} from './malformed';

/** A public key as the certificate declares it. Nothing has been checked beyond its encoding. */
export interface PublicKeyFacts {
  readonly kind: 'rsa' | 'rsa-pss' | 'ec' | 'ed25519' | 'ed448' | 'unknown';
  /** OID of the key algorithm. */
  readonly algorithm: string;
  /** Size of an RSA modulus or of a curve's field, in bits; 0 where the kind or the curve is unknown. */
  readonly bits: number;
  /** RSA public exponent. */
  readonly exponent?: bigint;
  /** OID of a named curve. */
  readonly curve?: string;
  /** DER of the SubjectPublicKeyInfo. */
  readonly spki: Buffer;
  /** The BIT STRING inside it, what RFC 6960 and SKI method 1 hash. */
  readonly keyBits: Buffer;
}

type KeyReader = (
  algorithm: SignatureAlgorithm,
  keyBits: Buffer,
) => Omit<PublicKeyFacts, 'algorithm' | 'spki' | 'keyBits'>;

const KEY_READERS: ReadonlyMap<string, KeyReader> = new Map<string, KeyReader>([
  ['1.2.840.113549.1.1.1', readRsa],
  ['1.2.840.113549.1.1.10', (_, keyBits) => ({kind: 'rsa-pss', ...readRsaKey(keyBits)})],
  ['1.2.840.10045.2.1', readEc],
  ['1.3.101.112', (algorithm, keyBits) => ({kind: 'ed25519', bits: readEdwards(algorithm, keyBits, 32)})],
  ['1.3.101.113', (algorithm, keyBits) => ({kind: 'ed448', bits: readEdwards(algorithm, keyBits, 57)})],
]);

const UNKNOWN: ReturnType<KeyReader> = Object.freeze({kind: 'unknown', bits: 0});

/** Field sizes in bits of the named curves whose points can be measured here. */
const CURVE_BITS: ReadonlyMap<string, number> = new Map([
  ['1.2.840.10045.3.1.1', 192],
  ['1.3.132.0.33', 224],
  ['1.2.840.10045.3.1.7', 256],
  ['1.3.132.0.34', 384],
  ['1.3.132.0.35', 521],
  ['1.3.132.0.10', 256],
  ['1.3.36.3.3.2.8.1.1.7', 256],
  ['1.3.36.3.3.2.8.1.1.11', 384],
  ['1.3.36.3.3.2.8.1.1.13', 512],
]);

/**
 * Reads a SubjectPublicKeyInfo without asking OpenSSL, which was seen to abort the process over hostile keys
 * (CVE-2023-30588). An algorithm that is not known here, or explicit curve parameters (RFC 5480 section 2.1.1
 * forbids them), give the kind `unknown`, which no verifier accepts.
 *
 * @throws MtlsError `ERR_MTLS_DER`, `ERR_MTLS_CERTIFICATE_MALFORMED`
 */
export function parsePublicKey(node: DerNode): PublicKeyFacts {
  expectTag(node, Tag.SEQUENCE);
  const reader = new DerReader(node);
  const algorithm = parseSignatureAlgorithm(reader.read());
  const {octets: keyBits, unusedBits} = readBitString(reader.read());
  reader.finish();
  if (unusedBits !== 0) throw malformed('subjectPublicKey', 'whole octets', `${unusedBits} unused bits`);
  const read = KEY_READERS.get(algorithm.oid)?.(algorithm, keyBits) ?? UNKNOWN;
  // Assigned, not spread: so all keys of one kind share a hidden class.
  return Object.freeze(Object.assign({algorithm: algorithm.oid, spki: encodingOf(node), keyBits}, read));
}

function readRsa(algorithm: SignatureAlgorithm, keyBits: Buffer): ReturnType<KeyReader> {
  // RFC 3279 section 2.3.1: the parameters MUST be NULL.
  if (algorithm.parameters?.equals(Buffer.of(Tag.NULL, 0)) !== true)
    throw malformed('subjectPublicKeyInfo', 'NULL parameters of an RSA key', 'others');
  return {kind: 'rsa', ...readRsaKey(keyBits)};
}

/** RSAPublicKey of RFC 8017 appendix A.1.1; the parameters of an RSASSA-PSS key stay in `spki`. */
function readRsaKey(keyBits: Buffer): {readonly bits: number; readonly exponent: bigint} {
  const reader = new DerReader(parseDer(keyBits, Tag.SEQUENCE));
  const modulus = readPositive(reader.read(), 'modulus');
  const exponent = readPositive(reader.read(), 'publicExponent');
  reader.finish();
  const bits = modulus.length * 8 - (Math.clz32(modulus[0] ?? 0) - 24);
  return {bits, exponent: BigInt(`0x${exponent.toString('hex')}`)};
}

/** The magnitude of a positive INTEGER, without the sign octet. */
function readPositive(node: DerNode, where: string): Buffer {
  const content = readInteger(node);
  const [first = 0] = content;
  if (first >= 0x80 || (first === 0 && content.length === 1)) throw malformed(where, 'a positive integer', 'another');
  return first === 0 ? content.subarray(1) : content;
}

function readEc(algorithm: SignatureAlgorithm, keyBits: Buffer): ReturnType<KeyReader> {
  const {parameters} = algorithm;
  if (parameters === undefined) throw malformed('subjectPublicKeyInfo', 'the parameters of an EC key', 'none');
  if (parameters[0] !== Tag.OID) return {kind: 'unknown', bits: 0};
  const curve = readOid(parseDer(parameters));
  const bits = CURVE_BITS.get(curve) ?? 0;
  if (bits > 0) checkPoint(keyBits, Math.ceil(bits / 8));
  return {kind: 'ec', bits, curve};
}

/** ECPoint of RFC 5480 section 2.2: uncompressed or compressed. Whether it is on the curve is for OpenSSL to say. */
function checkPoint(point: Buffer, fieldBytes: number): void {
  const [form] = point;
  const length = form === 4 ? 1 + 2 * fieldBytes : form === 2 || form === 3 ? 1 + fieldBytes : undefined;
  if (point.length !== length) throw malformed('subjectPublicKey', 'a point of the curve', `${point.length} octets`);
}

/** RFC 8410 sections 3 and 4: no parameters, and exactly the key. */
function readEdwards(algorithm: SignatureAlgorithm, keyBits: Buffer, keyBytes: 32 | 57): number {
  if (algorithm.parameters !== undefined)
    throw malformed('subjectPublicKeyInfo', 'no parameters of an Edwards key', 'some');
  if (keyBits.length !== keyBytes)
    throw malformed('subjectPublicKey', `${keyBytes} octets`, `${keyBits.length} octets`);
  return keyBytes === 32 ? 256 : 456;
}
