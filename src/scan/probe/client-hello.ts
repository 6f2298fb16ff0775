import {randomBytes} from 'node:crypto';
import {PROTOCOLS} from './registry';
import type {ProtocolName} from './registry';
import {uint16, uint16List, vector} from './wire';

/** TLS_FALLBACK_SCSV (RFC 7507). */
export const FALLBACK_SCSV = 0x5600;

/** A public key share offered in TLS 1.3. */
export interface OfferedShare {
  readonly group: number;
  readonly publicKey: Buffer;
}

/** What a probe offers. Nothing of it depends on what the local OpenSSL can do. */
export interface Offer {
  /** The highest version offered, and for TLS 1.3 the only one. */
  readonly protocol: ProtocolName;
  readonly suites: readonly number[];
  readonly groups: readonly number[];
  readonly signatureSchemes: readonly number[];
  /** Shares for TLS 1.3. With none, the server names its group in a HelloRetryRequest (RFC 8446 section 4.2.8). */
  readonly keyShares: readonly OfferedShare[];
  /** Compression methods: 0 is none, 1 is DEFLATE (RFC 3749). */
  readonly compression: readonly number[];
  /** The name for server_name; absent for an address (RFC 6066 section 3). */
  readonly servername?: string;
}

/** The ClientHello as handshake message, without record header: the form that enters the transcript. */
export function clientHello(offer: Offer): Buffer {
  const legacyVersion = Math.min(PROTOCOLS[offer.protocol], PROTOCOLS['TLS 1.2']);
  const sessionId = offer.protocol === 'TLS 1.3' ? randomBytes(32) : Buffer.alloc(0);
  const parts = [
    uint16(legacyVersion),
    randomBytes(32),
    vector(1, sessionId),
    vector(2, uint16List(offer.suites)),
    vector(1, Buffer.from(offer.compression)),
  ];
  // SSL 3.0 has no extensions; servers of that age fail on them.
  if (offer.protocol !== 'SSL 3.0') parts.push(vector(2, ...extensionsOf(offer)));
  return Buffer.concat([Buffer.from([1]), vector(3, ...parts)]);
}

/** Puts a handshake message into records of at most 2^14 octets. */
export function recordsOf(message: Buffer, protocol: ProtocolName): Buffer {
  // RFC 8446 appendix D.1: the record version of a first ClientHello is 3.1 whatever is offered, except for SSL 3.0.
  const version = uint16(protocol === 'SSL 3.0' ? 0x0300 : 0x0301);
  const records: Buffer[] = [];
  for (let start = 0; start < message.length; start += 0x4000) {
    records.push(Buffer.from([22]), version, vector(2, message.subarray(start, start + 0x4000)));
  }
  return Buffer.concat(records);
}

function extensionsOf(offer: Offer): Buffer[] {
  const extensions: Buffer[] = [];
  const add = (type: number, ...body: Buffer[]) => extensions.push(uint16(type), vector(2, ...body));
  if (offer.servername !== undefined) {
    add(0, vector(2, Buffer.from([0]), vector(2, Buffer.from(offer.servername, 'latin1'))));
  }
  // status_request: OCSP, no responder ids, no extensions (RFC 6066 section 8).
  add(5, Buffer.from([1, 0, 0, 0, 0]));
  if (offer.groups.length > 0) add(10, vector(2, uint16List(offer.groups)));
  if (PROTOCOLS[offer.protocol] >= PROTOCOLS['TLS 1.2']) add(13, vector(2, uint16List(offer.signatureSchemes)));
  if (offer.protocol === 'TLS 1.3') {
    add(43, vector(1, uint16(PROTOCOLS['TLS 1.3'])));
    add(45, vector(1, Buffer.from([1])));
    add(
      51,
      vector(2, ...offer.keyShares.map(share => Buffer.concat([uint16(share.group), vector(2, share.publicKey)]))),
    );
    return extensions;
  }
  // ec_point_formats: uncompressed (RFC 8422 section 5.1.2); renegotiation_info: empty (RFC 5746 section 3.4).
  add(11, vector(1, Buffer.from([0])));
  add(0xff01, vector(1));
  return extensions;
}
