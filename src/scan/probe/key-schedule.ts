import {
  createDecipheriv,
  createECDH,
  createHash,
  createHmac,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
} from 'node:crypto';
import type {KeyObject} from 'node:crypto';
import type {OfferedShare} from './client-hello';
import type {ServerHello} from './handshake-messages';
import {uint16, vector} from './wire';

/**
 * Just enough of RFC 8446 section 7 to read the server's encrypted handshake flight: in TLS 1.3 that is where the
 * CertificateRequest is, and node:tls does not show it. The probe never finishes a handshake made this way.
 */

/** A key pair for one group, and what it agrees on with the server's public key. */
export interface KeyAgreement {
  readonly share: OfferedShare;
  readonly agree: (serverPublicKey: Buffer) => Buffer;
}

interface Aead {
  readonly name: 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305';
  readonly keyBytes: number;
  readonly hash: 'sha256' | 'sha384';
}

const AEADS: ReadonlyMap<number, Aead> = new Map([
  [0x1301, {name: 'aes-128-gcm', keyBytes: 16, hash: 'sha256'}],
  [0x1302, {name: 'aes-256-gcm', keyBytes: 32, hash: 'sha384'}],
  [0x1303, {name: 'chacha20-poly1305', keyBytes: 32, hash: 'sha256'}],
]);

/** The TLS 1.3 suites this file can decrypt. */
export const READABLE_SUITES: readonly number[] = [...AEADS.keys()];

/** Fresh key pairs for X25519 and the NIST curves. */
export function keyAgreements(): readonly KeyAgreement[] {
  return [x25519(), nistCurve(23, 'prime256v1'), nistCurve(24, 'secp384r1'), nistCurve(25, 'secp521r1')];
}

function x25519(): KeyAgreement {
  const {publicKey, privateKey} = generateKeyPairSync('x25519');
  const raw = Buffer.from(publicKey.export({format: 'jwk'}).x ?? '', 'base64url');
  return {
    share: {group: 29, publicKey: raw},
    agree: peer => diffieHellman({privateKey, publicKey: importX25519(peer)}),
  };
}

function importX25519(raw: Buffer): KeyObject {
  return createPublicKey({key: {kty: 'OKP', crv: 'X25519', x: raw.toString('base64url')}, format: 'jwk'});
}

function nistCurve(group: number, curve: string): KeyAgreement {
  const ecdh = createECDH(curve);
  return {share: {group, publicKey: ecdh.generateKeys()}, agree: peer => ecdh.computeSecret(peer)};
}

/** Decrypts the server's handshake records one after the other. */
export type RecordDecryptor = (header: Buffer, record: Buffer) => {readonly type: number; readonly content: Buffer};

/**
 * The decryptor for the server's handshake traffic after this ServerHello, or undefined when it chose a suite or
 * group this file does not know. `transcript` is ClientHello and ServerHello as handshake messages.
 */
export function handshakeDecryptor(
  agreements: readonly KeyAgreement[],
  hello: ServerHello,
  transcript: Buffer,
): RecordDecryptor | undefined {
  const aead = AEADS.get(hello.suite);
  const agreement = agreements.find(each => each.share.group === hello.group);
  if (aead === undefined || agreement === undefined || hello.publicKey === undefined) return undefined;
  const secret = serverHandshakeSecret(aead.hash, agreement.agree(hello.publicKey), transcript);
  const key = expandLabel(aead.hash, secret, 'key', Buffer.alloc(0), aead.keyBytes);
  const iv = expandLabel(aead.hash, secret, 'iv', Buffer.alloc(0), 12);
  let sequence = 0;
  return (header, record) => open(aead, key, nonceOf(iv, sequence++), header, record);
}

/** RFC 8446 section 7.1: Early Secret, Handshake Secret, server_handshake_traffic_secret. */
function serverHandshakeSecret(hash: Aead['hash'], shared: Buffer, transcript: Buffer): Buffer {
  const length = hash === 'sha256' ? 32 : 48;
  const early = createHmac(hash, Buffer.alloc(length)).update(Buffer.alloc(length)).digest();
  const derived = expandLabel(hash, early, 'derived', createHash(hash).digest(), length);
  const handshake = createHmac(hash, derived).update(shared).digest();
  return expandLabel(hash, handshake, 's hs traffic', createHash(hash).update(transcript).digest(), length);
}

/** HKDF-Expand-Label (RFC 8446 section 7.1, RFC 5869 section 2.3). */
function expandLabel(hash: Aead['hash'], secret: Buffer, label: string, context: Buffer, length: number): Buffer {
  const info = Buffer.concat([uint16(length), vector(1, Buffer.from(`tls13 ${label}`)), vector(1, context)]);
  let block: Buffer = Buffer.alloc(0);
  let output: Buffer = Buffer.alloc(0);
  for (let counter = 1; output.length < length; counter++) {
    block = createHmac(hash, secret)
      .update(block)
      .update(info)
      .update(Buffer.from([counter]))
      .digest();
    output = Buffer.concat([output, block]);
  }
  return output.subarray(0, length);
}

/** RFC 8446 section 5.3: the sequence number, left-padded, exclusive-or the IV. */
function nonceOf(iv: Buffer, sequence: number): Buffer {
  const nonce = Buffer.from(iv);
  nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ sequence) >>> 0, 8);
  return nonce;
}

/** RFC 8446 section 5.2: opens a TLSCiphertext and takes padding and inner type off. */
function open(aead: Aead, key: Buffer, nonce: Buffer, header: Buffer, record: Buffer): ReturnType<RecordDecryptor> {
  const sealed = record.subarray(0, Math.max(0, record.length - 16));
  const decipher =
    aead.name === 'chacha20-poly1305'
      ? createDecipheriv(aead.name, key, nonce, {authTagLength: 16})
      : createDecipheriv(aead.name, key, nonce, {authTagLength: 16});
  decipher.setAAD(header, {plaintextLength: sealed.length});
  decipher.setAuthTag(record.subarray(sealed.length));
  const inner = Buffer.concat([decipher.update(sealed), decipher.final()]);
  let end = inner.length;
  while (end > 0 && inner[end - 1] === 0) end--;
  return {type: inner[end - 1] ?? 0, content: inner.subarray(0, Math.max(0, end - 1))};
}
