import {CATALOGUE} from '../errors';
import type {HandshakeEvent, PeerSummary, RefusalEvent} from './events';

/** OpenTelemetry attributes: flat names, plain values. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/**
 * A handshake or a refusal in the words of OpenTelemetry's semantic conventions for TLS (`tls.*`), `client.*`,
 * `server.address` and `error.type`; what they do not name stands under `mtls.*`. Hashes are upper case there.
 */
export function tlsAttributes(event: HandshakeEvent | RefusalEvent): Attributes {
  return present({
    ...peerAttributes(event.peer),
    'mtls.snapshot.generation': event.generation,
    ...(event.family === 'handshake' ? handshakeAttributes(event) : refusalAttributes(event)),
  });
}

type Sparse = Readonly<Record<string, string | number | boolean | undefined>>;

function peerAttributes(peer: PeerSummary): Sparse {
  return {
    'client.address': peer.remoteAddress,
    'client.port': peer.remotePort,
    'tls.client.hash.sha256': peer.fingerprint?.toUpperCase(),
    'tls.client.subject': peer.subject,
    'tls.client.issuer': peer.issuer,
    'tls.client.not_after': peer.notAfter,
  };
}

function handshakeAttributes(event: HandshakeEvent): Sparse {
  const [, version] = /^TLSv(\d\.\d)$/.exec(event.protocol) ?? [];
  return {
    'tls.established': true,
    'tls.protocol.name': 'tls',
    'tls.protocol.version': version,
    'tls.cipher': event.cipher,
    'tls.curve': event.group,
    'tls.resumed': event.session === 'resumed',
    'server.address': event.serverName,
  };
}

function refusalAttributes(event: RefusalEvent): Sparse {
  return {
    'tls.established': event.stage !== 'handshake',
    'error.type': event.why.code,
    'mtls.refusal.stage': event.stage,
    'mtls.refusal.sentence': CATALOGUE[event.why.code].sentence,
  };
}

function present(attributes: Sparse): Attributes {
  const entries = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as const],
  );
  return Object.freeze(Object.fromEntries(entries));
}
