import {constants, createVerify, verify} from 'node:crypto';
import {promisify} from 'node:util';
import type {SignatureAlgorithm} from '../x509/algorithm';
import type {PublicKeyFacts} from '../x509/public-key';
import {importKey} from './signature';
import {isSchemeOfKey, signatureSchemeOf} from './signature-scheme';
import type {SignatureScheme} from './signature-scheme';

/** Lets others have the event loop; `setImmediate` of `node:timers/promises` where there is one. */
export type Pause = () => Promise<unknown>;

/** Bytes hashed between two pauses: some milliseconds without hardware help. */
const SLICE_BYTES = 1 << 20;

/** Something signed that may be long: a CRL holds up to hundreds of megabytes. */
export interface LongSigned {
  readonly tbs: Buffer;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly signature: Buffer;
}

/**
 * Verifies a signature over many bytes without holding the event loop. RSA and ECDSA hash slice by slice; Edwards
 * curves need all bytes at once and go to a worker thread of libuv, which copies them.
 */
export async function verifyLongSignature(
  signed: LongSigned,
  publicKey: PublicKeyFacts,
  pause: Pause,
): Promise<boolean> {
  const scheme = signatureSchemeOf(signed.signatureAlgorithm);
  if (scheme === undefined || !isSchemeOfKey(scheme, publicKey)) return false;
  try {
    const key = importKey(publicKey);
    if (!('hash' in scheme)) return await promisify(verify)(null, signed.tbs, key, signed.signature);
    const verifier = createVerify(scheme.hash);
    for (let offset = 0; offset < signed.tbs.length; offset += SLICE_BYTES) {
      if (offset > 0) await pause();
      verifier.update(signed.tbs.subarray(offset, offset + SLICE_BYTES));
    }
    return verifier.verify({key, ...paddingOf(scheme)}, signed.signature);
  } catch {
    // As in `verifySignature`: what OpenSSL cannot compute is not valid.
    return false;
  }
}

function paddingOf(scheme: SignatureScheme): {readonly padding?: number; readonly saltLength?: number} {
  switch (scheme.kind) {
    case 'rsa-pkcs1':
      return {padding: constants.RSA_PKCS1_PADDING};
    case 'rsa-pss':
      return {padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: scheme.saltBytes};
    case 'ecdsa':
    case 'ed25519':
    case 'ed448':
      return {};
  }
}
