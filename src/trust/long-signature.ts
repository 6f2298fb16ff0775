import {constants, createPublicKey, createVerify, verify} from 'node:crypto';
import type {KeyObject} from 'node:crypto';
import {promisify} from 'node:util';
import type {SignatureAlgorithm} from '../x509/algorithm';
import type {PublicKeyFacts} from '../x509/public-key';

/** Bytes hashed between two turns of the event loop: some milliseconds without hardware help. */
const SLICE_BYTES = 1 << 20;

/** Lets others have the event loop; `setImmediate` of `node:timers/promises` where there is one. */
export type Pause = () => Promise<unknown>;

/** Something signed that may be long: a CRL holds up to hundreds of megabytes. */
export interface LongSigned {
  readonly tbs: Buffer;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly signature: Buffer;
}

type Scheme = {readonly key: 'rsa' | 'ec'; readonly hash: string} | {readonly key: 'ed25519' | 'ed448'};

const SCHEMES: ReadonlyMap<string, Scheme> = new Map<string, Scheme>([
  ['1.2.840.113549.1.1.11', {key: 'rsa', hash: 'sha256'}],
  ['1.2.840.113549.1.1.12', {key: 'rsa', hash: 'sha384'}],
  ['1.2.840.113549.1.1.13', {key: 'rsa', hash: 'sha512'}],
  ['1.2.840.10045.4.3.2', {key: 'ec', hash: 'sha256'}],
  ['1.2.840.10045.4.3.3', {key: 'ec', hash: 'sha384'}],
  ['1.2.840.10045.4.3.4', {key: 'ec', hash: 'sha512'}],
  ['1.3.101.112', {key: 'ed25519'}],
  ['1.3.101.113', {key: 'ed448'}],
]);

/**
 * Verifies a signature over many bytes without holding the event loop. RSA and ECDSA hash slice by slice; Edwards
 * curves need all bytes at once and go to a worker thread of libuv, which copies them.
 */
export async function verifyLongSignature(
  signed: LongSigned,
  publicKey: PublicKeyFacts,
  pause: Pause,
): Promise<boolean> {
  const scheme = SCHEMES.get(signed.signatureAlgorithm.oid);
  if (scheme?.key !== publicKey.kind) return false;
  const key = keyOf(publicKey);
  if (key === undefined) return false;
  if (!('hash' in scheme)) return promisify(verify)(null, signed.tbs, key, signed.signature);
  const verifier = createVerify(scheme.hash);
  for (let offset = 0; offset < signed.tbs.length; offset += SLICE_BYTES) {
    if (offset > 0) await pause();
    verifier.update(signed.tbs.subarray(offset, offset + SLICE_BYTES));
  }
  return verifier.verify({key, padding: constants.RSA_PKCS1_PADDING}, signed.signature);
}

function keyOf({spki}: PublicKeyFacts): KeyObject | undefined {
  try {
    return createPublicKey({key: spki, format: 'der', type: 'spki'});
  } catch {
    // A key that OpenSSL cannot read verifies nothing.
    return undefined;
  }
}

/** Verifies a signature over few bytes at once. */
export function verifySignature(signed: LongSigned, publicKey: PublicKeyFacts): boolean {
  const scheme = SCHEMES.get(signed.signatureAlgorithm.oid);
  const key = keyOf(publicKey);
  if (scheme === undefined || key === undefined || scheme.key !== publicKey.kind) return false;
  return verify('hash' in scheme ? scheme.hash : null, signed.tbs, key, signed.signature);
}
