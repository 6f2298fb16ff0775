/**
 * What happens to somebody who is connected when their certificate is revoked: `npm run demo:revoke`.
 *
 * Starts the clinic with certificates and data in a folder of its own. Bob polls over one keep-alive connection and holds
 * an upgraded one open; sessions may be resumed, and his is. Then `mtls pki revoke clinician-bob` runs in another process, as an operator would do it, and
 * nothing else is told to the server.
 */
import {execFile} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {once} from 'node:events';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {Agent, get} from 'node:https';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {connect} from 'node:tls';
import type {ConnectionOptions, TLSSocket} from 'node:tls';
import {promisify} from 'node:util';
import {MtlsBindings} from '../../src/index';
import type {MtlsComponentOptions} from '../../src/index';
import {HealthcareApplication} from './application';
import {seed} from './seed';

const MTLS = resolve(__dirname, '../../src/cli/main.js');
const POLL_MS = 100;

/** What Bob saw. */
export interface Revocation {
  /** Polls that were answered, all over one connection. */
  readonly answered: number;
  /** From the end of the command to the end of the connection, in milliseconds; negative where the server was faster. */
  readonly pollingEndedAfterMs: number;
  readonly upgradedEndedAfterMs: number;
  /** Whether Bob's session was resumed while he was welcome. */
  readonly session: 'resumed' | 'new';
  /** Whether Bob got in again: with the certificate, and with the TLS session of the connection before. */
  readonly again: 'refused' | 'served';
  readonly resumed: 'refused' | 'served';
}

/** Plays it through, and tells what it sees. */
export async function revokeBob(tell: (line: string) => void, sessions: 'off' | 'on' = 'on'): Promise<Revocation> {
  const folder = mkdtempSync(join(tmpdir(), 'mtls-revoke-'));
  const certs = join(folder, 'certs');
  let app: HealthcareApplication | undefined;
  try {
    await mtls('pki', 'example', '--dir', certs);
    const secret = join(folder, 'sessions.secret');
    writeFileSync(secret, randomBytes(48), {mode: 0o600});
    app = await startClinic(certs, join(folder, 'clinic.json'), sessions === 'off' ? 'off' : {secret});
    return await watchBob(Number(new URL(app.restServer.url ?? '').port), certs, tell);
  } finally {
    await app?.stop();
    rmSync(folder, {recursive: true});
  }
}

/** The clinic with one thing more: a path that may be upgraded, as a WebSocket server would ask for. */
async function startClinic(
  certs: string,
  dataFile: string,
  sessions: 'off' | {readonly secret: string},
): Promise<HealthcareApplication> {
  const app = new HealthcareApplication({
    certs,
    dataFile,
    shutdown: {signals: []},
    rest: {port: 0, host: '127.0.0.1'},
  });
  const options = await app.getConfig<MtlsComponentOptions>(MtlsBindings.COMPONENT);
  app.configure(MtlsBindings.COMPONENT).to({
    ...options,
    server: {...options?.server, sessions},
    access: {...options?.access, 'UPGRADE /live': {allowedRoles: ['clinician']}},
    audit: {allowed: 'record', sink: 'none'},
  });
  await app.boot();
  const secure = await app.get(MtlsBindings.SERVER);
  secure.https.on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: vitals\r\n\r\n');
  });
  await app.start();
  await seed(app);
  return app;
}

async function watchBob(port: number, certs: string, tell: (line: string) => void): Promise<Revocation> {
  const bob: ConnectionOptions = {
    host: 'localhost',
    port,
    ca: readFileSync(join(certs, 'server-ca.crt')),
    cert: readFileSync(join(certs, 'clinician-bob.crt')),
    key: readFileSync(join(certs, 'clinician-bob.key')),
  };
  const polling = new Polling(bob);
  const upgraded = await upgrade(bob);
  await pause(10 * POLL_MS);
  tell(`Bob polls over one connection, ${polling.answered} answers so far, and holds an upgraded one.`);
  const {session, again: meanwhile} = await tryAgain({...bob, session: upgraded.session()});
  tell(`With the TLS session of the upgraded connection he is ${meanwhile} on another; the session is ${session}.`);
  await mtls('pki', 'revoke', 'clinician-bob', '--dir', certs);
  const revokedAt = Date.now();
  tell('An operator ran: mtls pki revoke clinician-bob');
  const [pollingEnded, upgradedEnded] = await Promise.all([polling.ended, upgraded.ended]);
  const outcome: Revocation = {
    answered: polling.answered,
    pollingEndedAfterMs: pollingEnded - revokedAt,
    upgradedEndedAfterMs: upgradedEnded - revokedAt,
    session,
    again: (await tryAgain(bob)).again,
    resumed: (await tryAgain({...bob, session: upgraded.session()})).again,
  };
  tell(
    `The polling connection ended ${outcome.pollingEndedAfterMs} ms after the command, in answer ${polling.answered + 1}.`,
  );
  tell(`The upgraded connection ended ${outcome.upgradedEndedAfterMs} ms after it.`);
  tell(`Bob with the same certificate: ${outcome.again}. With the TLS session of before: ${outcome.resumed}.`);
  return outcome;
}

/** Asks for patients every 100 milliseconds, over one connection and no other. */
class Polling {
  /** When the connection ended, in milliseconds since 1970. */
  readonly ended: Promise<number>;
  answered = 0;

  constructor(bob: ConnectionOptions) {
    const agent = new Agent({keepAlive: true, maxSockets: 1});
    this.ended = this.#poll(bob, agent).finally(() => {
      agent.destroy();
    });
  }

  async #poll({host, port, ca, cert, key}: ConnectionOptions, agent: Agent): Promise<number> {
    const sockets = new Set<unknown>();
    for (;;) {
      const outgoing = get({host, port, ca, cert, key, agent, path: '/patients'});
      outgoing.once('socket', socket => sockets.add(socket));
      try {
        const [answer] = (await once(outgoing, 'response')) as [NodeJS.ReadableStream];
        answer.resume();
        await once(answer, 'end');
      } catch {
        return Date.now();
      }
      if (sockets.size > 1) return Date.now();
      this.answered++;
      await pause(POLL_MS);
    }
  }
}

/** A connection that speaks something else than HTTP by now. */
async function upgrade(bob: ConnectionOptions): Promise<{ended: Promise<number>; session: () => Buffer | undefined}> {
  const socket = connect({...bob, servername: 'localhost'});
  let session: Buffer | undefined;
  socket.on('session', given => (session = given));
  await once(socket, 'secureConnect');
  socket.write('GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: vitals\r\n\r\n');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  if (!answer.toString().startsWith('HTTP/1.1 101')) throw new Error(`no upgrade: ${answer.toString()}`);
  return {ended: endOf(socket), session: () => session};
}

function endOf(socket: TLSSocket): Promise<number> {
  socket.on('error', () => undefined).resume();
  return new Promise(done =>
    socket.once('close', () => {
      done(Date.now());
    }),
  );
}

/** One request on a new connection, written as soon as the client counts itself connected. */
async function tryAgain(bob: ConnectionOptions): Promise<Pick<Revocation, 'session' | 'again'>> {
  const socket = connect({...bob, servername: 'localhost'});
  let received = '';
  let session: Revocation['session'] = 'new';
  socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
  socket.once('secureConnect', () => {
    session = socket.isSessionReused() ? 'resumed' : 'new';
    socket.write('GET /patients HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  });
  await endOf(socket);
  return {session, again: received === '' ? 'refused' : 'served'};
}

async function mtls(...args: readonly string[]): Promise<void> {
  await promisify(execFile)(process.execPath, [MTLS, ...args]);
}

if (require.main === module) {
  revokeBob(line => {
    process.stdout.write(`${line}\n`);
  }).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
