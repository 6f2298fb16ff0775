import type {TLSSocket} from 'node:tls';
import {canonicalHost} from './host';
import type {PresentedChain} from './judge';
import type {ConnectionFacts} from './peer';

/** Certificates looked at beside the leaf; a peer may send a hundred. */
const MAX_SENT = 16;

/**
 * From Node 24 on what the peer sent beside the leaf is gone before anybody can ask. Before that,
 * `getPeerX509Certificate` is what drops it, so the older and dearer call comes first and alone.
 */
const SENT_CHAIN: 'shown' | 'gone' = Number.parseInt(process.versions.node, 10) < 24 ? 'shown' : 'gone';

/** DER of the leaf, or undefined where the peer presented none. */
export function presentedLeaf(socket: TLSSocket): Buffer | undefined {
  // The older call's type says it always returns a certificate; it returns an empty object or null where there is none.
  const certificate: unknown = SENT_CHAIN === 'gone' ? socket.getPeerX509Certificate() : socket.getPeerCertificate();
  return rawOf(certificate);
}

/** What the peer sent beside the leaf. Node 24 no longer shows it once OpenSSL has accepted the chain: then nothing. */
export function presentedChain(socket: TLSSocket, leaf: Buffer): PresentedChain {
  const seen = new Set<unknown>();
  const sent: Buffer[] = [];
  let certificate: unknown = socket.getPeerCertificate(true);
  while (!seen.has(certificate) && seen.size <= MAX_SENT) {
    seen.add(certificate);
    certificate = issuerOf(certificate);
    const raw = rawOf(certificate);
    if (raw !== undefined && !seen.has(certificate)) sent.push(raw);
  }
  return {leaf, sent};
}

function rawOf(certificate: unknown): Buffer | undefined {
  const raw: unknown = isObject(certificate) ? Reflect.get(certificate, 'raw') : undefined;
  return Buffer.isBuffer(raw) ? raw : undefined;
}

function issuerOf(certificate: unknown): unknown {
  return isObject(certificate) ? Reflect.get(certificate, 'issuerCertificate') : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** What is known about the connection itself, read once. */
export function connectionFacts(
  socket: TLSSocket,
  remote: {readonly remoteAddress: string | undefined; readonly remotePort: number | undefined},
): ConnectionFacts {
  const {servername} = socket as {servername?: string | false | null};
  const named = typeof servername === 'string' && servername !== '';
  return Object.freeze({
    remoteAddress: remote.remoteAddress,
    remotePort: remote.remotePort,
    protocol: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher().name,
    group: groupOf(socket),
    session: socket.isSessionReused() ? 'resumed' : 'new',
    // A server name that is no host name equals no Host header, so that no request passes.
    serverName: named ? (canonicalHost(servername) ?? 'invalid') : undefined,
  });
}

function groupOf(socket: TLSSocket): string | undefined {
  const info: unknown = socket.getEphemeralKeyInfo();
  return typeof info === 'object' && info !== null && 'name' in info && typeof info.name === 'string'
    ? info.name
    : undefined;
}
