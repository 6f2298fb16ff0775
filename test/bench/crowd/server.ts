/**
 * A server of the benchmarks, in a process of its own: `server.js SHAPE FOLDER`. Shapes are `ours`, `https` (node:https
 * with the same secure context, the principal kept per socket) and `tls` (node:tls with the same, deciding nothing).
 */
import {readFileSync} from 'node:fs';
import {createServer as createHttps} from 'node:https';
import type {AddressInfo, Server} from 'node:net';
import {join} from 'node:path';
import {createServer as createTls, type TLSSocket} from 'node:tls';
import {performance} from 'node:perf_hooks';
import {setImmediate as nextTurn, setTimeout as delay} from 'node:timers/promises';
import {createMtlsServer, type MtlsServer} from '../../../src/server/mtls-server';
import {listenerOptions, secureContextOptions} from '../../../src/tls/node-options';
import {Secret} from '../../../src/tls/secret';
import {crowdOptions, FILES, KEEP_ALIVE_MS} from './certificates';
import {watchStalls, type Stalls} from './stalls';
import {answer} from './worker';

/** What the benchmark asks of a server. */
export type Question =
  | {readonly ask: 'memory'}
  /** How many connections were accepted so far: {@link Accepted}. */
  | {readonly ask: 'accepted'}
  /** Takes the change in force and tells what happened until only so many connections are left. */
  | {readonly ask: 'change'; readonly make: 'reload' | {readonly revoke: string}; readonly left: number}
  /** Destroys every connection, for a server that decides nothing. */
  | {readonly ask: 'destroy'};

/** Handshakes that every check of the server let pass. */
export interface Accepted {
  readonly accepted: number;
}

/** Memory in use after garbage collection, in bytes. */
export interface Memory {
  readonly heapBytes: number;
  readonly rssBytes: number;
}

/** How a change reached the open connections, seen by the server. */
export interface Change extends Stalls {
  /** Epoch milliseconds of the call. */
  readonly startedAtMs: number;
  /** From the call until the last connection that had to go was closed. */
  readonly goneMs: number;
  /** From the call until every other connection was judged again as well. */
  readonly settledMs: number;
  /** CPU time of the whole process meanwhile. */
  readonly cpuMs: number;
}

/** How long a change may take, in milliseconds, before the benchmark gives up. */
const PATIENCE_MS = 30_000;

async function main([shape = '', folder = '', sink = 'stderr']: readonly string[]): Promise<void> {
  const [server, mtls] = await serverOf(shape, folder, sink === 'none' ? 'none' : 'stderr');
  // The same set for every shape, so that it cancels out.
  const sockets = new Set<TLSSocket>();
  let accepted = 0;
  server.on('secureConnection', (socket: TLSSocket) => {
    accepted++;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  answer(asked => {
    const question = asked as Question;
    if (question.ask === 'memory') return memory();
    if (question.ask === 'accepted') return Promise.resolve<Accepted>({accepted});
    if (question.ask === 'destroy') return change(server, 0, () => destroyAll(sockets));
    if (mtls === undefined) throw new Error(`${shape} knows no changes`);
    const {make, left} = question;
    return change(server, left, () => (make === 'reload' ? mtls.reload() : mtls.revoke({certificate: make.revoke})));
  });
  process.send?.({port: (server.address() as AddressInfo).port});
}

async function serverOf(
  shape: string,
  folder: string,
  sink: 'stderr' | 'none',
): Promise<readonly [Server, MtlsServer | undefined]> {
  if (shape === 'ours') {
    const mtls = await createMtlsServer({...crowdOptions(folder), audit: {sink}}, (request, response) => {
      response.end(mtls.peerOf(request.socket)?.principal.id);
    });
    await mtls.listen({port: 0});
    return [mtls.https, mtls];
  }
  const server = shape === 'https' ? plainHttps(folder) : createTls(contextOf(folder), socket => socket.resume());
  await new Promise<void>(accept => server.listen(0, accept));
  return [server, undefined];
}

function plainHttps(folder: string): Server {
  const principals = new WeakMap<object, string>();
  const options = {...contextOf(folder), keepAliveTimeout: KEEP_ALIVE_MS};
  return createHttps(options, (request, response) => {
    response.end(principals.get(request.socket));
  }).on('secureConnection', (socket: TLSSocket) => {
    if (socket.authorized) principals.set(socket, String(socket.getPeerCertificate().subjectaltname));
  });
}

function contextOf(folder: string): object {
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const material = {
    key: new Secret(read(FILES.serverKey)),
    chain: read(FILES.serverCert),
    clientAuthorities: [read(FILES.clientsCa)],
  };
  return {...listenerOptions(10_000), ...secureContextOptions(material)};
}

async function memory(): Promise<Memory> {
  for (let round = 0; round < 3; round++) {
    await delay(100);
    globalThis.gc?.();
  }
  const {heapUsed, external, rss} = process.memoryUsage();
  return {heapBytes: heapUsed + external, rssBytes: rss};
}

/** In slices, as this library does it. */
async function destroyAll(sockets: ReadonlySet<TLSSocket>): Promise<void> {
  let startMs = performance.now();
  for (const socket of [...sockets]) {
    socket.destroy();
    if (performance.now() - startMs < SLICE_MS) continue;
    await nextTurn();
    startMs = performance.now();
  }
}

const SLICE_MS = 5;

async function change(server: Server, left: number, make: () => Promise<unknown>): Promise<Change> {
  await memory();
  const startedAtMs = Date.now();
  const startedCpu = process.cpuUsage();
  let goneMs: number | undefined;
  let isSettled = false;
  let remaining = Number.NaN;
  const watching = watchStalls(() => {
    server.getConnections((_, count) => {
      remaining = count;
      if (count === left) goneMs ??= Date.now() - startedAtMs;
    });
    return (goneMs !== undefined && isSettled) || Date.now() > startedAtMs + PATIENCE_MS;
  });
  await make();
  const settledMs = Date.now() - startedAtMs;
  isSettled = true;
  const stalls = await watching;
  const {user, system} = process.cpuUsage(startedCpu);
  if (goneMs === undefined) throw new Error(`${remaining} connections left instead of ${left}`);
  return {startedAtMs, goneMs, settledMs, cpuMs: (user + system) / 1000, ...stalls};
}

void main(process.argv.slice(2));
