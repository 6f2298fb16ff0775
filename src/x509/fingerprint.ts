import * as crypto from 'node:crypto';

declare const brand: unique symbol;

/** SHA-256 as 64 lower-case hex digits, no colons. */
export type Fingerprint = string & {readonly [brand]: 'Fingerprint'};

/** Reads a SHA-256 fingerprint as people write it: upper or lower case, with or without colons. */
export function parseFingerprint(text: string): Fingerprint | undefined {
  const hex = text.replaceAll(':', '').toLowerCase();
  return /^[0-9a-f]{64}$/.test(hex) ? (hex as Fingerprint) : undefined;
}

/** Not in Node 20 before 20.12. It makes no stream, which costs more than the hash of a certificate. */
const {hash}: {readonly hash?: typeof crypto.hash} = crypto;

/** SHA-256 of the bytes. */
export function fingerprintOf(bytes: Uint8Array): Fingerprint {
  const hex = hash?.('sha256', bytes) ?? crypto.createHash('sha256').update(bytes).digest('hex');
  return hex as Fingerprint;
}
