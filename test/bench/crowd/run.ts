/**
 * `npm run bench:crowd`: a server of this library under 10,000 open connections: what an idle one costs in memory
 * beside node:https with the principal kept per socket, and how long it takes until a revoked client, half of all
 * clients of a new CRL, and everybody below a CA that was removed are gone, with an audit event each.
 */
import {execFileSync} from 'node:child_process';
import {mkdtempSync, openSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {cpus, tmpdir} from 'node:os';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {Pki} from './certificates';
import type {Crowd} from './clients';
import type {Change, Memory, Question} from './server';
import {Worker} from './worker';

const {values} = parseArgs({
  options: {
    connections: {type: 'string', default: '10000'},
    node: {type: 'string', default: process.execPath},
    only: {type: 'string'},
    markdown: {type: 'string'},
  },
});
const CONNECTIONS = Number(values.connections);
const WARM_UP = 300;
/** Client processes, each from an address of its own, so that ephemeral ports suffice. */
const CROWDS = 2;

type Certificates = 'one' | 'distinct';

/** A server with its crowd, and what an idle connection of it costs, in bytes. */
class Stage {
  readonly #server: Worker;
  readonly #crowds: readonly Worker[];
  readonly #log: string;
  readonly perConnection: Memory;

  private constructor(server: Worker, crowds: readonly Worker[], log: string, perConnection: Memory) {
    this.#server = server;
    this.#crowds = crowds;
    this.#log = log;
    this.perConnection = perConnection;
  }

  static async fill(shape: 'ours' | 'https', folder: string, certificates: Certificates): Promise<Stage> {
    const log = join(folder, 'audit.log');
    writeFileSync(log, '');
    const [server, {port}] = await Worker.start<{port: number}>(
      values.node,
      ['server.js', shape, folder],
      openSync(log, 'a'),
    );
    const enter = async (first: number, count: number, number: number): Promise<Worker> => {
      const place = [folder, String(port), String(first), String(count), certificates, `127.0.0.${number + 1}`];
      const [crowd] = await Worker.start<Crowd>(values.node, ['clients.js', ...place], 'inherit');
      return crowd;
    };
    (await enter(0, WARM_UP, 0)).stop();
    await new Promise(resolve => setTimeout(resolve, 500));
    const before = await server.ask<Memory>({ask: 'memory'} satisfies Question);
    const share = CONNECTIONS / CROWDS;
    const crowds = await Promise.all(Array.from({length: CROWDS}, (_, number) => enter(number * share, share, number)));
    const after = await server.ask<Memory>({ask: 'memory'} satisfies Question);
    return new Stage(server, crowds, log, {
      heapBytes: (after.heapBytes - before.heapBytes) / CONNECTIONS,
      rssBytes: (after.rssBytes - before.rssBytes) / CONNECTIONS,
    });
  }

  /** Makes a change and waits until only so many connections are left, seen from both sides. */
  async change(name: string, question: Extract<Question, {ask: 'change' | 'destroy'}>): Promise<string> {
    const left = question.ask === 'change' ? question.left : 0;
    const events = this.#refusals();
    const change = await this.#server.ask<Change>(question);
    await new Promise(resolve => setTimeout(resolve, 500));
    const crowds = await Promise.all(this.#crowds.map(crowd => crowd.ask<Crowd>({})));
    const open = crowds.reduce((sum, crowd) => sum + crowd.open, 0);
    if (open !== left) throw new Error(`${open} clients are left instead of ${left}`);
    const clientsMs = Math.max(...crowds.map(({lastClosedAtMs}) => lastClosedAtMs)) - change.startedAtMs;
    const cells = [
      name,
      this.#refusals() - events,
      change.goneMs,
      clientsMs,
      change.settledMs,
      change.cpuMs.toFixed(0),
      change.longestTurnMs.toFixed(1),
      change.longestOwnTurnMs.toFixed(1),
      change.longestDelayMs.toFixed(1),
      `${change.longestPauseMs.toFixed(1)} ${change.pauseKind}`,
    ];
    return `| ${cells.join(' | ')} |`;
  }

  stop(): void {
    for (const worker of [this.#server, ...this.#crowds]) worker.stop();
  }

  #refusals(): number {
    return readFileSync(this.#log, 'utf8').split('"mtls.refusal.open"').length - 1;
  }
}

async function main(folder: string): Promise<void> {
  const pki = new Pki(folder, CONNECTIONS);
  const memory: string[] = [];
  const changes: string[] = [];
  const measure = async (
    certificates: Certificates,
    run: (stage: Stage) => Promise<void>,
    compare: 'compare' | 'alone',
  ): Promise<void> => {
    if (values.only !== undefined && values.only !== certificates) return;
    pki.trustCrowd();
    const plain = compare === 'compare' ? await Stage.fill('https', folder, certificates) : undefined;
    if (plain) changes.push(await plain.change('nobody judged, node:https destroys all', {ask: 'destroy'}));
    plain?.stop();
    const ours = await Stage.fill('ours', folder, certificates);
    if (plain) memory.push(memoryRow(certificates, plain.perConnection, ours.perConnection));
    await run(ours);
    ours.stop();
  };
  await measure(
    'one',
    async stage => {
      pki.revoke(1);
      changes.push(
        await stage.change('one client with all connections, CRL', {ask: 'change', make: 'reload', left: 0}),
      );
    },
    'compare',
  );
  await measure(
    'one',
    async stage => {
      changes.push(
        await stage.change('one client with all connections, `revoke()`', {
          ask: 'change',
          make: {revoke: pki.fingerprints[0] ?? ''},
          left: 0,
        }),
      );
    },
    'alone',
  );
  await measure(
    'distinct',
    async stage => {
      const [first = ''] = pki.fingerprints;
      changes.push(
        await stage.change('one client of all, `revoke()`', {
          ask: 'change',
          make: {revoke: first},
          left: CONNECTIONS - 1,
        }),
      );
      pki.removeCrowdCa();
      changes.push(await stage.change('everybody else, CA removed', {ask: 'change', make: 'reload', left: 0}));
    },
    'compare',
  );
  await measure(
    'distinct',
    async stage => {
      pki.revoke(CONNECTIONS / 2);
      changes.push(
        await stage.change('half of all clients, new CRL', {ask: 'change', make: 'reload', left: CONNECTIONS / 2}),
      );
    },
    'alone',
  );
  const table = report(memory, changes, versionOf(values.node));
  process.stdout.write(table);
  if (values.markdown !== undefined) writeFileSync(values.markdown, table);
}

function memoryRow(certificates: Certificates, plain: Memory, ours: Memory): string {
  const name = certificates === 'one' ? 'one client certificate' : 'a certificate each';
  const kilobytes = (bytes: number): string => (bytes / 1024).toFixed(1);
  const cells = [
    name,
    kilobytes(plain.heapBytes),
    kilobytes(ours.heapBytes),
    kilobytes(ours.heapBytes - plain.heapBytes),
    kilobytes(plain.rssBytes),
    kilobytes(ours.rssBytes),
    kilobytes(ours.rssBytes - plain.rssBytes),
  ];
  return `| ${cells.join(' | ')} |`;
}

function report(memory: readonly string[], changes: readonly string[], version: string): string {
  return [
    `Node ${version}, ${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, ${new Date().toISOString().slice(0, 10)}, ${CONNECTIONS} connections`,
    '',
    '| KiB per idle connection | heap and external, node:https | this library | of our own | resident, node:https | this library | of our own |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...memory,
    '',
    '| who has to go | audit events | gone, ms | seen by clients, ms | all judged, ms | server CPU, ms | longest turn, ms | without waiting for a core | event loop delay, ms | longest GC pause, ms |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...changes,
    '',
  ].join('\n');
}

function versionOf(node: string): string {
  return execFileSync(node, ['--version'], {encoding: 'utf8'}).trim();
}

const folder = mkdtempSync(join(tmpdir(), 'mtls-bench-crowd-'));
main(folder)
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  })
  .finally(() => {
    rmSync(folder, {recursive: true});
  });
