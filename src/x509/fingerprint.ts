import {createHash} from 'node:crypto';

declare const brand: unique symbol;

/** SHA-256 as 64 lower-case hex digits, no colons. */
export type Fingerprint = string & {readonly [brand]: 'Fingerprint'};

/** Reads a SHA-256 fingerprint as people write it: upper or lower case, with or without colons. */
export function parseFingerprint(text: string): Fingerprint | undefined {
  const hex = text.replaceAll(':', '').toLowerCase();
  return /^[0-9a-f]{64}$/.test(hex) ? (hex as Fingerprint) : undefined;
}

/** SHA-256 of the bytes. */
export function fingerprintOf(bytes: Uint8Array): Fingerprint {
  return createHash('sha256').update(bytes).digest('hex') as Fingerprint;
}
