import {randomBytes} from 'node:crypto';
import type {RequestListener} from 'node:http';
import {Server} from 'node:https';
import {connect} from 'node:tls';
import type {ConnectionOptions} from 'node:tls';
import {sessionDer, sessionUnder} from '../../src/scan/probe/session-name';
import {peerOf} from '../../src/server/peer';
import type {MtlsOptions} from '../../src/server/options';
import {presenting} from './harness';
import type {Folder, Presentable} from './harness';

/** What came of one request on a connection of its own. */
export interface Visit {
  /** Status of the answer; 0 where there was none. */
  readonly status: number;
  readonly body: string;
  readonly session: 'new' | 'resumed';
  /** The last session that the server gave. */
  readonly ticket: Buffer | undefined;
}

/** Whom the server takes the caller for. */
export const whoAmI: RequestListener = ({socket}, response) => {
  const principal = peerOf(socket)?.principal;
  response.end(JSON.stringify([principal?.id, principal?.roles]));
};

/** The same options with sessions on; the secret is a file in `folder`. Keys change at midnight, not while a test runs. */
export function resuming(options: MtlsOptions, folder: Folder, secret: Buffer = randomBytes(48)): MtlsOptions {
  const sessions = {secret: folder.write('sessions.secret', secret), rotateEveryMinutes: 1_440};
  return {...options, server: {...options.server, sessions}};
}

/**
 * Asks over TLS 1.3 and closes. A session is offered under whatever name; newer clients of Node.js would refuse to, and
 * an attacker's does not.
 */
export function visit(
  port: number,
  client: Presentable | undefined,
  {host = 'localhost', session, ...options}: ConnectionOptions & {readonly host?: string} = {},
): Promise<Visit> {
  const servername = options.servername ?? 'localhost';
  const socket = connect({
    host: '127.0.0.1',
    port,
    servername,
    minVersion: 'TLSv1.3',
    ...presenting(client),
    rejectUnauthorized: false,
    ...(session !== undefined && {session: sessionUnder(session, servername)}),
    ...options,
  });
  let body = '';
  let ticket: Buffer | undefined;
  let reused = false;
  socket.on('session', given => (ticket = given));
  socket.once('secureConnect', () => {
    reused = socket.isSessionReused();
    socket.write(`GET / HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
  });
  socket.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
  socket.on('error', () => undefined);
  return new Promise(resolve => {
    socket.once('close', () => {
      const [head = '', ...rest] = body.split('\r\n\r\n');
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
      resolve({status, body: rest.join('\r\n\r\n'), session: reused ? 'resumed' : 'new', ticket});
    });
  });
}

/** A session that the server gave to a client it served, or did not serve. */
export async function winTicket(port: number, client: Presentable | undefined): Promise<Buffer> {
  const {ticket} = await visit(port, client);
  if (ticket === undefined) throw new Error('no session was given');
  return ticket;
}

/** The keys of a listener, taken behind its back: its own method throws. */
export function takeKeys(https: Server): Buffer {
  return Server.prototype.getTicketKeys.call(https);
}

/** Gives a listener the keys of another, which nobody can through its own method. */
export function forceKeys(https: Server, keys: Buffer): void {
  Server.prototype.setTicketKeys.call(https, keys);
}

/**
 * The session with another moment of its making, in seconds since 1970: a client that follows RFC 8446 section 4.6.1
 * does not offer a session that ended, and an attacker's does.
 */
export function madeAt(session: Buffer, seconds: number): Buffer {
  const der = Buffer.from(sessionDer(session));
  // SSL_SESSION of OpenSSL: time is [1] EXPLICIT INTEGER, of four octets until 2038.
  const at = der.indexOf(Buffer.from([0xa1, 0x06, 0x02, 0x04]));
  if (at < 0) throw new Error('a session without time');
  der.writeUInt32BE(seconds, at + 4);
  return der;
}
