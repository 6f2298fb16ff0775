import {once} from 'node:events';
import {spawn, spawnSync} from 'node:child_process';
import {constants} from 'node:crypto';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import type {IncomingMessage, ServerResponse} from 'node:http';
import {createServer} from 'node:https';
import type {Server as HttpsServer, ServerOptions} from 'node:https';
import {connect} from 'node:net';
import type {AddressInfo, Server, Socket} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {TLSSocket} from 'node:tls';
import {createAuthority} from '../../src/pki/authority';
import type {Credential} from '../../src/pki/credential';
import type {ClientIdentity} from '../../src/scan/probe/http-exchange';

/** The CA that every server of these tests trusts and is issued by. */
export const CA = createAuthority({subject: 'Scan Test CA'});

/** A CA that no server trusts. */
export const OTHER_CA = createAuthority({subject: 'Scan Test Other CA'});

/** The certificate of a good server. */
export const SERVER = CA.issueServer({
  subject: 'localhost',
  subjectAltNames: ['dns:localhost', 'dns:other.localhost', 'ip:127.0.0.1'],
});

/** The same with an RSA key, for suites that need one. */
export const RSA_SERVER = CA.issueServer({
  subject: 'localhost',
  subjectAltNames: ['dns:localhost'],
  key: 'rsa-2048',
});

export const ALICE = identityOf(CA.issueClient({subject: 'alice', subjectAltNames: ['dns:alice.example']}));
export const STRANGER = identityOf(OTHER_CA.issueClient({subject: 'mallory'}));

export function identityOf(credential: Credential): ClientIdentity {
  return {chain: credential.chainPem, key: credential.exportKeyPem()};
}

export function credentialOptions(credential: Credential): Pick<ServerOptions, 'key' | 'cert'> {
  return {key: credential.exportKeyPem(), cert: credential.chainPem};
}

/** Mutual TLS as it should be with node:https alone. */
export const STRICT: ServerOptions = {
  ...credentialOptions(SERVER),
  ca: CA.pem,
  requestCert: true,
  rejectUnauthorized: true,
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'TLS_AES_128_GCM_SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES128-GCM-SHA256',
    '@SECLEVEL=2',
  ].join(':'),
  honorCipherOrder: true,
  secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_COMPRESSION,
};

/** Asks for a certificate and takes any or none. */
export const NAIVE: ServerOptions = {
  ...credentialOptions(SERVER),
  ca: CA.pem,
  requestCert: true,
  rejectUnauthorized: false,
};

/** Whatever an old OpenSSL would have done, as far as this one can still do it. */
export const ANCIENT: ServerOptions = {
  ...NAIVE,
  minVersion: 'TLSv1',
  ciphers: 'ALL:eNULL:@SECLEVEL=0',
  honorCipherOrder: false,
};

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const HELLO: Handler = (_request, response) => response.end('hello');

/** Makes an https server that has not been started. */
export function https(options: ServerOptions, handler: Handler = HELLO): HttpsServer {
  const server = createServer(options, handler);
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return server;
}

/** The TLS socket of a request. */
export function tlsOf(request: IncomingMessage): TLSSocket {
  if (request.socket instanceof TLSSocket) return request.socket;
  throw new Error('not a TLS connection');
}

/** A server that listens, and how to end it. */
export interface Running {
  readonly url: string;
  readonly port: number;
  /** Connections accepted so far. */
  readonly accepted: () => number;
  readonly stop: () => Promise<void>;
}

/** Starts a server on a free port of the loopback address. */
export async function start(server: Server): Promise<Running> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  server.on('connection', socket => {
    accepted++;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const {port} = server.address() as AddressInfo;
  return {
    url: `https://localhost:${port}/`,
    port,
    accepted: () => accepted,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Whether tests against OpenSSL's own server can run. */
export const HAS_OPENSSL = isInstalled('openssl');

/** Starts `openssl s_server` with the good certificate and more arguments. */
export function startOpenssl(...args: readonly string[]): Promise<Running> {
  return startProgram('openssl', (port, files) => [
    's_server',
    ...['-accept', `127.0.0.1:${port}`, '-key', files.key, '-cert', files.cert, '-CAfile', files.ca],
    ...args,
  ]);
}

/** Whether a program is there to be tested against. */
export function isInstalled(program: string): boolean {
  return spawnSync('which', [program]).status === 0;
}

/** Starts nginx with one TLS server of these directives. */
export function startNginx(...directives: readonly string[]): Promise<Running> {
  return startProgram('nginx', (port, files) => [
    ...['-p', files.folder, '-e', 'stderr', '-c'],
    files.write(
      'nginx.conf',
      `daemon off; master_process off; pid nginx.pid; error_log stderr; events {}
      http {
        access_log off; ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(kind => `${kind}_temp_path ${kind};`).join(' ')}
        server {
          listen 127.0.0.1:${port} ssl;
          ssl_certificate ${files.cert}; ssl_certificate_key ${files.key}; ssl_client_certificate ${files.ca};
          ${directives.join('\n')}
          location / { return 200 'patients'; }
        }
      }`,
    ),
  ]);
}

/** Starts stunnel in front of a plain HTTP port with these service options. */
export function startStunnel(backendPort: number, ...options: readonly string[]): Promise<Running> {
  return startProgram('stunnel', (port, files) => [
    files.write(
      'stunnel.conf',
      [
        'foreground = yes',
        'pid =',
        '[api]',
        `accept = 127.0.0.1:${port}`,
        `connect = 127.0.0.1:${backendPort}`,
        `cert = ${files.cert}`,
        `key = ${files.key}`,
        `CAfile = ${files.ca}`,
        ...options,
        '',
      ].join('\n'),
    ),
  ]);
}

/** Files of a server program, in a folder that is removed with it. */
interface ProgramFiles {
  readonly folder: string;
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
  readonly write: (name: string, content: string) => string;
}

async function startProgram(
  program: string,
  args: (port: number, files: ProgramFiles) => readonly string[],
): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'mtls-scan-'));
  const write = (name: string, content: string) => {
    const path = join(folder, name);
    writeFileSync(path, content, {mode: 0o600});
    return path;
  };
  const key = write('key.pem', RSA_SERVER.exportKeyPem());
  const cert = write('cert.pem', RSA_SERVER.chainPem);
  const ca = write('ca.pem', CA.pem);
  const port = await freePort();
  // s_server ends when its standard input does.
  const child = spawn(program, args(port, {folder, key, cert, ca, write}), {stdio: ['pipe', 'ignore', 'ignore']});
  const exited = once(child, 'exit');
  await untilListening(port);
  return {
    url: `https://localhost:${port}/`,
    port,
    accepted: () => 0,
    stop: async () => {
      child.kill('SIGKILL');
      await exited;
      rmSync(folder, {recursive: true});
    },
  };
}

async function freePort(): Promise<number> {
  const {port, stop} = await start(createServer());
  await stop();
  return port;
}

async function untilListening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const socket = connect(port, '127.0.0.1');
    const [outcome] = await Promise.race([
      once(socket, 'connect').then(() => ['connected']),
      once(socket, 'close').then(() => ['closed']),
    ]).catch(() => ['closed']);
    socket.destroy();
    if (outcome === 'connected') return;
    await delay(50);
  }
  throw new Error(`nothing listens on port ${port}`);
}
