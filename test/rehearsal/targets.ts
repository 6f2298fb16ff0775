import {createServer as createHttpServer} from 'node:http';
import type {IncomingMessage} from 'node:http';
import {createServer} from 'node:https';
import type {Server} from 'node:https';
import {TLSSocket} from 'node:tls';
import type {TlsOptions} from 'node:tls';
import type {BuildTarget} from '../../src/rehearsal/stage';
import {Assembly} from '../../src/server/assembly';
import {LiveRevocation} from '../../src/server/live-revocation';
import {DEFAULT_LIMITS} from '../../src/server/limits';
import {contextOptions} from '../../src/server/material';
import type {Material} from '../../src/server/material';

/** A server of Node with this library's TLS policy, one option of which may be spoilt, and with an opinion of its own. */
export function lenient(lets: (socket: TLSSocket) => boolean, spoilt: TlsOptions = {}): BuildTarget {
  return (material, application) => {
    const https = createServer(
      {...contextOptions(material), requestCert: true, rejectUnauthorized: false, ...spoilt},
      (request, response) => {
        if (lets(socketOf(request))) application(request, response);
        else response.writeHead(403).end();
      },
    );
    return {https, stop: () => undefined};
  };
}

function socketOf({socket}: IncomingMessage): TLSSocket {
  if (socket instanceof TLSSocket) return socket;
  throw new Error('not TLS');
}

/** Accepts whom OpenSSL accepts, and whom it refuses for one of these reasons. */
export function despite(...reasons: readonly string[]): (socket: TLSSocket) => boolean {
  return socket => {
    const why: unknown = socket.authorizationError;
    return socket.authorized || (typeof why === 'string' && reasons.includes(why));
  };
}

/** This library's own listener and verification, made of material and TLS options that were spoilt. */
export function spoilt(spoil: (material: Material) => Material, context: TlsOptions = {}): BuildTarget {
  return (given, application) => {
    const material = spoil(given);
    const assembly = new Assembly({
      options: {limits: DEFAULT_LIMITS, hostNames: []},
      material,
      revocation: new LiveRevocation().adopt(material.revocation),
      acquire: () => Promise.resolve(),
      application,
      tell: () => undefined,
    });
    assembly.https.useContext({...contextOptions(material), ...context});
    return {
      https: assembly.https,
      stop: () => {
        assembly.stop();
      },
    };
  };
}

/** No TLS at all. */
export const unencrypted: BuildTarget = (_, application) => {
  const http: unknown = createHttpServer(application);
  return {https: http as Server, stop: () => undefined};
};
