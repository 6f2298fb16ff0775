import {PROTOCOLS} from './registry';
import {WireReader, readUint16List} from './wire';

/** SHA-256 of "HelloRetryRequest": the random of a ServerHello that is one (RFC 8446 section 4.1.3). */
const RETRY_RANDOM = 'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c';

/** What a ServerHello or HelloRetryRequest chose. */
export interface ServerHello {
  readonly kind: 'server-hello' | 'retry-request';
  /** Version number after supported_versions. */
  readonly version: number;
  readonly random: Buffer;
  readonly suite: number;
  readonly compression: number;
  /** Whether renegotiation_info was there (RFC 5746). */
  readonly renegotiationInfo: 'present' | 'absent';
  /** Group of the key share, TLS 1.3 only. */
  readonly group?: number;
  /** The server's public key in that group; a HelloRetryRequest has none. */
  readonly publicKey?: Buffer;
}

/** What a CertificateRequest asks for. */
export interface CertificateRequest {
  /** DER of the distinguished names of accepted CAs. */
  readonly authorities: readonly Buffer[];
  readonly signatureSchemes: readonly number[];
}

/** The parameters of a ServerKeyExchange: a named group, or a prime. */
export interface KeyExchange {
  readonly group?: number;
  readonly primeBits?: number;
  /** Scheme of the signature; TLS 1.2 names it, older versions imply MD5 with SHA-1. */
  readonly signatureScheme?: number;
}

/** A certificate message with what was stapled to its first certificate. */
export interface CertificateMessage {
  readonly certificates: readonly Buffer[];
  /** DER of the OCSP response. */
  readonly staple?: Buffer;
}

/** Reads a ServerHello (RFC 5246 section 7.4.1.3, RFC 8446 section 4.1.3). */
export function readServerHello(body: Buffer): ServerHello {
  const reader = new WireReader(body);
  const legacyVersion = reader.uint(2);
  const random = reader.take(32);
  reader.vector(1);
  const suite = reader.uint(2);
  const compression = reader.uint(1);
  const extensions = readExtensions(reader.done ? Buffer.alloc(0) : reader.vector(2));
  const retry = random.toString('hex') === RETRY_RANDOM;
  const selected = extensions.get(43);
  const share = extensions.get(51);
  return {
    kind: retry ? 'retry-request' : 'server-hello',
    version: selected === undefined ? legacyVersion : new WireReader(selected).uint(2),
    random,
    suite,
    compression,
    renegotiationInfo: extensions.has(0xff01) ? 'present' : 'absent',
    ...(share === undefined ? {} : readShare(share)),
  };
}

function readShare(share: Buffer): Pick<ServerHello, 'group' | 'publicKey'> {
  const reader = new WireReader(share);
  const group = reader.uint(2);
  return reader.done ? {group} : {group, publicKey: reader.vector(2)};
}

/** Reads a Certificate message; TLS 1.3 adds a context and extensions to each entry (RFC 8446 section 4.4.2). */
export function readCertificates(body: Buffer, version: number): CertificateMessage {
  const reader = new WireReader(body);
  const modern = version >= PROTOCOLS['TLS 1.3'];
  if (modern) reader.vector(1);
  const list = new WireReader(reader.vector(3));
  const certificates: Buffer[] = [];
  let staple: Buffer | undefined;
  while (!list.done) {
    certificates.push(list.vector(3));
    const status = modern ? readExtensions(list.vector(2)).get(5) : undefined;
    if (status !== undefined && certificates.length === 1) staple = readCertificateStatus(status);
  }
  return staple === undefined ? {certificates} : {certificates, staple};
}

/** Reads a CertificateStatus (RFC 6066 section 8): the OCSP response. */
export function readCertificateStatus(body: Buffer): Buffer {
  const reader = new WireReader(body);
  reader.uint(1);
  return reader.vector(3);
}

/** Reads a CertificateRequest (RFC 5246 section 7.4.4, RFC 8446 section 4.3.2). */
export function readCertificateRequest(body: Buffer, version: number): CertificateRequest {
  const reader = new WireReader(body);
  reader.vector(1);
  if (version >= PROTOCOLS['TLS 1.3']) {
    const extensions = readExtensions(reader.vector(2));
    const schemes = extensions.get(13);
    const authorities = extensions.get(47);
    return {
      authorities: authorities === undefined ? [] : readNames(new WireReader(authorities).vector(2)),
      signatureSchemes: schemes === undefined ? [] : readUint16List(new WireReader(schemes).vector(2)),
    };
  }
  const signatureSchemes = version === PROTOCOLS['TLS 1.2'] ? readUint16List(reader.vector(2)) : [];
  return {signatureSchemes, authorities: readNames(reader.vector(2))};
}

function readNames(bytes: Buffer): Buffer[] {
  const reader = new WireReader(bytes);
  const names: Buffer[] = [];
  while (!reader.done) names.push(reader.vector(2));
  return names;
}

/** Reads a ServerKeyExchange of an ECDHE or DHE suite (RFC 8422 section 5.4, RFC 5246 section 7.4.3). */
export function readKeyExchange(body: Buffer, kind: 'ecdhe' | 'dhe', version: number): KeyExchange {
  const reader = new WireReader(body);
  const parameters = kind === 'ecdhe' ? readNamedCurve(reader) : readPrime(reader);
  if (version !== PROTOCOLS['TLS 1.2'] || reader.done) return parameters;
  return {...parameters, signatureScheme: reader.uint(2)};
}

function readNamedCurve(reader: WireReader): KeyExchange {
  reader.uint(1);
  const group = reader.uint(2);
  reader.vector(1);
  return {group};
}

function readPrime(reader: WireReader): KeyExchange {
  const prime = reader.vector(2);
  reader.vector(2);
  reader.vector(2);
  return {primeBits: prime.length === 0 ? 0 : BigInt(`0x${prime.toString('hex')}`).toString(2).length};
}

function readExtensions(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const reader = new WireReader(bytes);
  const extensions = new Map<number, Buffer>();
  while (!reader.done) {
    const type = reader.uint(2);
    extensions.set(type, reader.vector(2));
  }
  return extensions;
}
