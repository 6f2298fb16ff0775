import {sign, constants} from 'node:crypto';
import type {KeyObject} from 'node:crypto';
import {MtlsError} from '../errors';
import {NULL, context, integer, oid, sequence} from './der';

/** Hash functions a signature can use. MD5 and SHA-1 are for negative tests. */
type Hash = 'md5' | 'sha1' | 'sha256' | 'sha384' | 'sha512';

/** A signature algorithm with its hash, in the words of TLS 1.3 where it has them. */
export type SignatureScheme =
  `rsa-pkcs1-${Hash}` | `rsa-pss-${Exclude<Hash, 'md5'>}` | `ecdsa-${Exclude<Hash, 'md5'>}` | 'ed25519' | 'ed448';

interface Algorithm {
  /** DER of the AlgorithmIdentifier. */
  readonly identifier: Buffer;
  readonly hash: Hash | undefined;
  readonly padding?: {readonly padding: number; readonly saltLength?: number};
}

const HASHES = {
  sha1: {oid: '1.3.14.3.2.26', octets: 20},
  sha256: {oid: '2.16.840.1.101.3.4.2.1', octets: 32},
  sha384: {oid: '2.16.840.1.101.3.4.2.2', octets: 48},
  sha512: {oid: '2.16.840.1.101.3.4.2.3', octets: 64},
} as const;

const ALGORITHMS: Readonly<Record<SignatureScheme, Algorithm>> = {
  'rsa-pkcs1-md5': rsaPkcs1('md5', 4),
  'rsa-pkcs1-sha1': rsaPkcs1('sha1', 5),
  'rsa-pkcs1-sha256': rsaPkcs1('sha256', 11),
  'rsa-pkcs1-sha384': rsaPkcs1('sha384', 12),
  'rsa-pkcs1-sha512': rsaPkcs1('sha512', 13),
  'rsa-pss-sha1': rsaPss('sha1'),
  'rsa-pss-sha256': rsaPss('sha256'),
  'rsa-pss-sha384': rsaPss('sha384'),
  'rsa-pss-sha512': rsaPss('sha512'),
  'ecdsa-sha1': ecdsa('sha1', '1.2.840.10045.4.1'),
  'ecdsa-sha256': ecdsa('sha256', '1.2.840.10045.4.3.2'),
  'ecdsa-sha384': ecdsa('sha384', '1.2.840.10045.4.3.3'),
  'ecdsa-sha512': ecdsa('sha512', '1.2.840.10045.4.3.4'),
  ed25519: {identifier: sequence(oid('1.3.101.112')), hash: undefined},
  ed448: {identifier: sequence(oid('1.3.101.113')), hash: undefined},
};

/** RFC 4055 section 5: the parameters are NULL, not absent. */
function rsaPkcs1(hash: Hash, arc: number): Algorithm {
  const identifier = sequence(oid(`1.2.840.113549.1.1.${arc}`), NULL);
  return {identifier, hash, padding: {padding: constants.RSA_PKCS1_PADDING}};
}

/** RFC 4055 section 3.1: MGF1 with the same hash, and a salt as long as the hash. */
function rsaPss(hash: keyof typeof HASHES): Algorithm {
  const {octets} = HASHES[hash];
  const hashIdentifier = sequence(oid(HASHES[hash].oid), NULL);
  const maskIdentifier = sequence(oid('1.2.840.113549.1.1.8'), hashIdentifier);
  // DER leaves out what is the default: SHA-1 and its 20 octets (X.690 section 11.5).
  const parameters =
    hash === 'sha1'
      ? sequence()
      : sequence(context(0, hashIdentifier), context(1, maskIdentifier), context(2, integer(octets)));
  const identifier = sequence(oid('1.2.840.113549.1.1.10'), parameters);
  return {identifier, hash, padding: {padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: octets}};
}

/** RFC 5758 section 3.2: the parameters are absent. */
function ecdsa(hash: Hash, type: string): Algorithm {
  return {identifier: sequence(oid(type)), hash};
}

/** The scheme a key signs with unless told otherwise: a hash of the strength of the key. */
export function defaultScheme(key: KeyObject): SignatureScheme {
  const type = key.asymmetricKeyType;
  if (type === 'rsa') return 'rsa-pkcs1-sha256';
  if (type === 'rsa-pss') return 'rsa-pss-sha256';
  if (type === 'ec') return schemeOfCurve(key.asymmetricKeyDetails?.namedCurve);
  if (type === 'ed25519' || type === 'ed448') return type;
  throw new MtlsError({
    code: 'ERR_MTLS_PKI',
    required: 'an RSA, EC, Ed25519 or Ed448 key to sign with',
    found: type ?? key.type,
  });
}

function schemeOfCurve(curve: string | undefined): SignatureScheme {
  if (curve === 'secp521r1') return 'ecdsa-sha512';
  return curve === 'secp384r1' ? 'ecdsa-sha384' : 'ecdsa-sha256';
}

/** DER of the AlgorithmIdentifier of a scheme. */
export function algorithmIdentifier(scheme: SignatureScheme): Buffer {
  return ALGORITHMS[scheme].identifier;
}

/** Signs bytes. ECDSA signatures are DER, as X.509 wants them (RFC 5480 appendix A). */
export function signBytes(bytes: Buffer, key: KeyObject, scheme: SignatureScheme): Buffer {
  const {hash, padding} = ALGORITHMS[scheme];
  return sign(hash, bytes, {key, ...padding});
}
