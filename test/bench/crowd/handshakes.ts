/**
 * `npm run bench:handshakes`: server CPU of full handshakes, TLS 1.3, ECDSA P-256, of this library and of node:tls and
 * node:https with the same secure context and no decision of their own, for a client the server knows and for one it
 * has never seen. Servers are processes of their own and take turns; the figures are medians of one run.
 */
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {cpus, tmpdir} from 'node:os';
import {join} from 'node:path';
import {connect, createSecureContext, type SecureContext} from 'node:tls';
import {parseArgs} from 'node:util';
import {cpuMicroseconds} from '../cpu';
import {awake} from '../load';
import {median, spread} from '../statistics';
import {FILES, Pki, type CrowdFile} from './certificates';
import type {Accepted, Question} from './server';
import {Worker} from './worker';

const {values} = parseArgs({
  options: {
    rounds: {type: 'string', default: '15'},
    handshakes: {type: 'string', default: '300'},
    warmup: {type: 'string', default: '3000'},
    node: {type: 'string', default: process.execPath},
    markdown: {type: 'string'},
  },
});
const ROUNDS = Number(values.rounds);
const HANDSHAKES = Number(values.handshakes);
const WARM_UP = Number(values.warmup);
const AT_A_TIME = 4;
/** Handshakes before each window, because a process that had a rest needs some to be as fast as before. */
const REWARM = 200;

const SHAPES = {tls: 'node:tls that decides nothing', https: 'node:https that decides nothing', ours: 'this library'};

interface Contestant {
  readonly name: string;
  readonly server: Worker;
  readonly port: number;
  /** Microseconds of server CPU per handshake, of each window. */
  readonly known: number[];
  readonly unseen: number[];
}

async function main(folder: string): Promise<void> {
  // The first certificate is the one that is known.
  new Pki(folder, 1 + WARM_UP + ROUNDS * (REWARM + HANDSHAKES));
  const crowd = JSON.parse(readFileSync(join(folder, FILES.crowd), 'utf8')) as CrowdFile;
  const ca = readFileSync(join(folder, FILES.serverCa), 'utf8');
  const contexts = (first: number, count: number): SecureContext[] =>
    crowd.certificates.slice(first, first + count).map(cert => createSecureContext({ca, key: crowd.key, cert}));
  const [known = createSecureContext()] = contexts(0, 1);
  const contestants: Contestant[] = [];
  try {
    for (const [shape, name] of Object.entries(SHAPES)) {
      const [server, {port}] = await Worker.start<{port: number}>(
        values.node,
        ['server.js', shape, folder, 'none'],
        'inherit',
      );
      contestants.push({name, server, port, known: [], unseen: []});
    }
    const warmUp = contexts(1, WARM_UP);
    for (const contestant of contestants) await measure(contestant, warmUp);
    for (let round = 0; round < ROUNDS; round++) {
      const unseen = contexts(1 + WARM_UP + round * (REWARM + HANDSHAKES), REWARM + HANDSHAKES);
      // Forth and back, so that nobody always comes behind the same one.
      const order = round % 2 === 0 ? contestants : [...contestants].reverse();
      for (const contestant of order) {
        contestant.known.push(await measure(contestant, Array<SecureContext>(REWARM + HANDSHAKES).fill(known)));
        contestant.unseen.push(await measure(contestant, unseen));
      }
      process.stderr.write(`round ${round + 1} of ${ROUNDS}\n`);
    }
  } finally {
    for (const {server} of contestants) server.stop();
  }
  const table = report(contestants);
  process.stdout.write(table);
  if (values.markdown !== undefined) writeFileSync(values.markdown, table);
}

/** Microseconds of server CPU per handshake, of all but the first. */
async function measure(contestant: Contestant, clients: readonly SecureContext[]): Promise<number> {
  await shakeHands(contestant, clients.slice(0, REWARM));
  return shakeHands(contestant, clients.slice(REWARM));
}

async function shakeHands({server, port, name}: Contestant, clients: readonly SecureContext[]): Promise<number> {
  const accepted = async (): Promise<number> =>
    (await server.ask<Accepted>({ask: 'accepted'} satisfies Question)).accepted;
  const before = await accepted();
  const startedAt = cpuMicroseconds(server.pid);
  const queue = clients.values();
  const worker = async (): Promise<void> => {
    for (const client of queue) await handshake(port, client);
  };
  await awake(() => Promise.all(Array.from({length: AT_A_TIME}, worker)));
  const spent = cpuMicroseconds(server.pid) - startedAt;
  const count = (await accepted()) - before;
  if (count !== clients.length) throw new Error(`${name} accepted ${count} of ${clients.length}`);
  return spent / clients.length;
}

/** Resolves when the server has closed the connection, which is after it has judged it. */
function handshake(port: number, secureContext: SecureContext): Promise<void> {
  return new Promise((accept, reject) => {
    const socket = connect({host: '127.0.0.1', port, servername: 'localhost', secureContext}, () => socket.end());
    socket.resume().once('close', accept).once('error', reject);
  });
}

function report(contestants: readonly Contestant[]): string {
  const [baseline] = contestants;
  const cell = (windows: readonly number[]): string =>
    `${median(windows).toFixed(0)} ±${(spread(windows) * 100).toFixed(0)} %`;
  const ratio = (of: 'known' | 'unseen', {[of]: windows}: Contestant): string =>
    (median(windows) / median(baseline?.[of] ?? [])).toFixed(2);
  const rows = contestants.map(contestant => {
    const {name, known, unseen} = contestant;
    const cells = [name, cell(known), ratio('known', contestant), cell(unseen), ratio('unseen', contestant)];
    return `| ${cells.join(' | ')} |`;
  });
  const version = execFileSync(values.node, ['--version'], {encoding: 'utf8'}).trim();
  return [
    `Node ${version}, ${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, ${new Date().toISOString().slice(0, 10)}, ${ROUNDS} rounds of ${HANDSHAKES} handshakes`,
    '',
    '| server | known client, µs | ratio | client never seen, µs | ratio |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

const folder = mkdtempSync(join(tmpdir(), 'mtls-bench-handshakes-'));
main(folder)
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  })
  .finally(() => {
    rmSync(folder, {recursive: true});
  });
