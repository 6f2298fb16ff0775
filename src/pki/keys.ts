import {createHash, createPublicKey, generateKeyPairSync} from 'node:crypto';
import type {KeyObject} from 'node:crypto';
import {MtlsError} from '../errors';
import {DerReader, Tag, parseDer, readBitString} from '../x509/der';

/** Curves by the name in a key kind. The last three are too weak or too rare to be accepted anywhere: for negative tests. */
const CURVES = {
  'ecdsa-p256': 'prime256v1',
  'ecdsa-p384': 'secp384r1',
  'ecdsa-p521': 'secp521r1',
  'ecdsa-p192': 'prime192v1',
  'ecdsa-p224': 'secp224r1',
  'ecdsa-secp256k1': 'secp256k1',
} as const;

/** What kind of key pair to make; the number after `rsa-` is the modulus in bits. */
export type KeyKind = keyof typeof CURVES | `rsa-${number}` | `rsa-pss-${number}` | 'ed25519' | 'ed448';

/** Makes a key pair and returns its private half. RSA takes a good part of a second: reuse such keys in tests. */
export function generateKey(kind: KeyKind): KeyObject {
  if (kind === 'ed25519') return generateKeyPairSync('ed25519').privateKey;
  if (kind === 'ed448') return generateKeyPairSync('ed448').privateKey;
  if (isCurve(kind)) return generateKeyPairSync('ec', {namedCurve: CURVES[kind]}).privateKey;
  const modulusLength = Number(kind.slice(kind.lastIndexOf('-') + 1));
  return kind.startsWith('rsa-pss-')
    ? generateKeyPairSync('rsa-pss', {modulusLength}).privateKey
    : generateKeyPairSync('rsa', {modulusLength}).privateKey;
}

/**
 * Makes another key of the same kind and size.
 *
 * @throws MtlsError `ERR_MTLS_PKI` when this CA does not make such keys
 */
export function generateKeyLike(key: KeyObject): KeyObject {
  const {modulusLength, namedCurve} = key.asymmetricKeyDetails ?? {};
  const type = key.asymmetricKeyType;
  if (type === 'ed25519' || type === 'ed448') return generateKey(type);
  if (modulusLength !== undefined && (type === 'rsa' || type === 'rsa-pss'))
    return generateKey(`${type}-${modulusLength}`);
  const kind = Object.keys(CURVES)
    .filter(isCurve)
    .find(name => CURVES[name] === namedCurve);
  if (kind) return generateKey(kind);
  throw new MtlsError({code: 'ERR_MTLS_PKI', required: 'a kind of key this CA makes', found: type ?? key.type});
}

function isCurve(kind: string): kind is keyof typeof CURVES {
  return Object.hasOwn(CURVES, kind);
}

/** DER of the SubjectPublicKeyInfo of a private or public key. */
export function spkiOf(key: KeyObject): Buffer {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return publicKey.export({type: 'spki', format: 'der'});
}

/** RFC 5280 section 4.2.1.2, method 1: SHA-1 of the key bits, without the algorithm. */
export function keyIdentifierOf(key: KeyObject): Buffer {
  return createHash('sha1')
    .update(keyBitsOf(spkiOf(key)))
    .digest();
}

/** The BIT STRING inside a SubjectPublicKeyInfo. */
export function keyBitsOf(spki: Buffer): Buffer {
  const reader = new DerReader(parseDer(spki, Tag.SEQUENCE));
  reader.read(Tag.SEQUENCE);
  return readBitString(reader.read()).octets;
}
