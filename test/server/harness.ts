import {subscribe, unsubscribe} from 'node:diagnostics_channel';
import {chmodSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import type {RequestListener} from 'node:http';
import {request} from 'node:https';
import type {RequestOptions} from 'node:https';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {connect} from 'node:tls';
import type {ConnectionOptions, TLSSocket} from 'node:tls';
import type {AuditEvent, Family} from '../../src/audit/events';
import {CHANNELS} from '../../src/audit/publish';
import {createAuthority} from '../../src/pki/authority';
import type {CertificateSpec} from '../../src/pki/certificate';
import type {Credential} from '../../src/pki/credential';
import {createMtlsServer} from '../../src/server/mtls-server';
import type {MtlsServer, ServerExtras} from '../../src/server/mtls-server';
import type {MtlsOptions} from '../../src/server/options';

/** A folder for the files of a test, removed with `remove`. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'mtls-'));

  /** Writes a file, which only its owner can read unless said otherwise, and returns its path. */
  write(name: string, content: string | Buffer, mode = 0o600): string {
    const path = join(this.path, name);
    writeFileSync(path, content);
    chmodSync(path, mode);
    return path;
  }

  remove(): void {
    rmSync(this.path, {recursive: true});
  }
}

/** What clients are issued by, and what issues the server. They have nothing to do with each other. */
export const clientRoot = createAuthority({subject: {commonName: 'Client Root'}});
export const serverRoot = createAuthority({subject: {commonName: 'Server Root'}});

/** A certificate that the default server accepts, and maps to `alice`. */
export function issueClient(spec: Partial<CertificateSpec> = {}, issuer = clientRoot): Credential {
  return issuer.issueClient({
    subject: {commonName: 'Alice', organizationalUnit: 'Clinicians'},
    subjectAltNames: ['uri:spiffe://clinic.example/alice'],
    ...spec,
  });
}

export function issueServer(spec: Partial<CertificateSpec> = {}): Credential {
  return serverRoot.issueServer({
    subject: {commonName: 'Server'},
    subjectAltNames: ['dns:localhost', 'dns:api.clinic.example', 'ip:127.0.0.1'],
    ...spec,
  });
}

/** Options of a server that works. The files are in `folder`. */
export function workingOptions(folder: Folder, server: Credential = issueServer()): MtlsOptions {
  return {
    server: {
      key: folder.write('server.key', server.exportKeyPem()),
      cert: folder.write('server.crt', server.chainPem),
    },
    clients: {ca: folder.write('clients-ca.crt', clientRoot.pem), revocation: {unknown: 'deny-list-only'}},
    identity: {
      rules: [{when: {organizationalUnit: 'Clinicians'}, roles: ['clinician'], id: 'san.uri'}],
    },
    audit: {sink: 'none'},
  };
}

/** A listening server with what it told. */
export interface Running {
  readonly mtls: MtlsServer;
  readonly port: number;
  readonly stop: () => Promise<void>;
}

const hello: RequestListener = (incoming, response) => {
  incoming.resume();
  response.end('hello');
};

export async function start(
  options: MtlsOptions,
  listener: RequestListener = hello,
  extras: ServerExtras = {},
): Promise<Running> {
  const mtls = await createMtlsServer(options, listener, extras);
  const {port}: AddressInfo = await mtls.listen({port: 0, host: '127.0.0.1'});
  return {mtls, port, stop: () => mtls.close()};
}

/** What a client holds. */
export interface Presentable {
  readonly chainPem: string;
  exportKeyPem(): string;
}

/** The same key with another chain behind it. */
export function withChain(client: Credential, chainPem: string): Presentable {
  return {chainPem, exportKeyPem: () => client.exportKeyPem()};
}

/**
 * What a client needs to present a credential. Its own OpenSSL is told to mind nothing, so that what is refused is
 * refused by the server.
 */
export function presenting(client: Presentable | undefined): ConnectionOptions {
  return {
    ca: serverRoot.pem,
    ciphers: 'DEFAULT:@SECLEVEL=0',
    ...(client && {key: client.exportKeyPem(), cert: client.chainPem}),
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** One request on a connection of its own. Rejects with the socket's error when there is no answer. */
export function get(
  port: number,
  client: Presentable | undefined,
  options: RequestOptions & {session?: Buffer} = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port,
        agent: false,
        servername: 'localhost',
        headers: {host: 'localhost'},
        ...presenting(client),
        ...options,
      },
      incoming => {
        let body = '';
        incoming.setEncoding('utf8');
        incoming.on('data', (chunk: string) => (body += chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          resolve({status: incoming.statusCode ?? 0, headers: incoming.headers, body});
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end();
  });
}

/** A TLS connection, once the handshake is over on the client's side. */
export function open(
  port: number,
  client: Credential | undefined,
  options: ConnectionOptions = {},
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({host: '127.0.0.1', port, servername: 'localhost', ...presenting(client), ...options});
    socket.once('secureConnect', () => {
      resolve(socket);
    });
    socket.on('error', reject);
  });
}

/** Resolves when the socket is closed, whatever the reason. */
export function closed(socket: TLSSocket): Promise<void> {
  socket.resume();
  return new Promise(resolve => {
    if (socket.destroyed) resolve();
    else
      socket.once('close', () => {
        resolve();
      });
  });
}

/** All that arrives on the socket until it closes. */
export function received(socket: TLSSocket): Promise<string> {
  let text = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => (text += chunk));
  return closed(socket).then(() => text);
}

/** Records audit events of some families. */
export class Recorder {
  readonly events: AuditEvent[] = [];
  #families: readonly Family[] = [];
  readonly #listener = (message: unknown): void => void this.events.push(message as AuditEvent);

  constructor(...families: readonly Family[]) {
    this.#start(families);
  }

  /** For the tests of the block it is made in: mocha runs blocks long after it reads them, and others record too. */
  static ofBlock(...families: readonly Family[]): Recorder {
    const recorder = new Recorder();
    before(() => {
      recorder.#start(families);
    });
    after(() => {
      recorder.stop();
    });
    return recorder;
  }

  #start(families: readonly Family[]): void {
    this.#families = families;
    for (const family of families) subscribe(CHANNELS[family].name, this.#listener);
  }

  /** The events of one family so far. */
  of<F extends Family>(family: F): readonly Extract<AuditEvent, {family: F}>[] {
    return this.events.filter((event): event is Extract<AuditEvent, {family: F}> => event.family === family);
  }

  /** Waits until there are this many events of a family. */
  async next<F extends Family>(family: F, number = 1): Promise<Extract<AuditEvent, {family: F}>> {
    for (let attempt = 0; attempt < 1_000; attempt++) {
      const event = this.of(family)[number - 1];
      if (event !== undefined) return event;
      await new Promise(resolve => setTimeout(resolve, 5));
    }
    throw new Error(`no ${family} event number ${number}`);
  }

  stop(): void {
    for (const family of this.#families) unsubscribe(CHANNELS[family].name, this.#listener);
  }
}
