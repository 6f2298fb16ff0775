import {connect as connectTcp} from 'node:net';
import type {Socket} from 'node:net';
import {addAbortSignal} from 'node:stream';
import {connect} from 'node:tls';
import type {ConnectionOptions, TLSSocket} from 'node:tls';
import type {Credential} from '../pki/credential';

/** Where the rehearsed listener is, and under which names it may be asked. */
export interface Address {
  readonly port: number;
  /** Value of the Host header. */
  readonly host: string;
  readonly serverName: string | undefined;
  /** Aborted when the rehearsal is over: what is still open then is closed. */
  readonly signal: AbortSignal;
}

/** What came of one connection. */
export interface Exchange {
  /** Everything the server answered, or the error that ended it. */
  readonly answer: string;
  readonly session: 'new' | 'resumed';
  /** The last session the server gave. */
  readonly ticket: Buffer | undefined;
  /** DER of the certificate the server showed. */
  readonly serverCertificate: Buffer | undefined;
}

/**
 * One HTTPS request on a connection of its own. The client minds nothing, neither the server's certificate nor weak
 * algorithms: what is refused is refused by the server. Whatever goes wrong is the answer.
 */
export function exchange(
  address: Address,
  path: string,
  credential: Credential | undefined,
  options: ConnectionOptions = {},
): Promise<Exchange> {
  const socket = open(address, credential, options);
  let ticket: Buffer | undefined;
  let serverCertificate: Buffer | undefined;
  let session: Exchange['session'] = 'new';
  socket.on('session', (given: Buffer) => (ticket = given));
  socket.once('secureConnect', () => {
    session = socket.isSessionReused() ? 'resumed' : 'new';
    serverCertificate = rawOf(socket.getPeerCertificate());
    ticket ??= socket.getSession();
    socket.write(requestFor(path, address.host));
  });
  return textOf(socket).then(answer => ({answer, session, ticket, serverCertificate}));
}

/** An HTTP request without TLS. */
export function plaintext({port, host, signal}: Address, path: string): Promise<string> {
  const socket = connectTcp(port, '127.0.0.1', () => {
    socket.write(requestFor(path, host));
  });
  return textOf(addAbortSignal(signal, socket));
}

/** Whether a TLS 1.2 client gets to shake hands again on an open connection. */
export function renegotiate(address: Address, credential: Credential): Promise<'refused' | 'done'> {
  const socket = open(address, credential, {maxVersion: 'TLSv1.2'});
  return new Promise(resolve => {
    const settle = (outcome: 'refused' | 'done'): void => {
      resolve(outcome);
      socket.destroy();
    };
    socket.on('error', () => {
      settle('refused');
    });
    socket.once('close', () => {
      settle('refused');
    });
    socket.once('secureConnect', () => {
      socket.renegotiate({rejectUnauthorized: false}, error => {
        settle(error === null ? 'done' : 'refused');
      });
    });
    socket.resume();
  });
}

function open(
  {port, serverName, signal}: Address,
  credential: Credential | undefined,
  options: ConnectionOptions,
): TLSSocket {
  const socket = connect({
    host: '127.0.0.1',
    port,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    ciphers: 'DEFAULT:@SECLEVEL=0',
    ...(serverName !== undefined && {servername: serverName}),
    ...(credential && {key: credential.exportKeyPem(), cert: credential.chainPem}),
    ...options,
  });
  return addAbortSignal(signal, socket);
}

function requestFor(path: string, host: string): string {
  return `GET ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`;
}

/** All that arrives until the connection ends, and behind it the error that ended it. */
function textOf(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  socket.on('error', error => (text += error.message));
  return new Promise(resolve => {
    socket.once('close', () => {
      resolve(text);
    });
  });
}

function rawOf(certificate: unknown): Buffer | undefined {
  const raw: unknown =
    typeof certificate === 'object' && certificate !== null ? Reflect.get(certificate, 'raw') : undefined;
  return Buffer.isBuffer(raw) ? raw : undefined;
}
