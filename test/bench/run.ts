/**
 * `npm run bench`: server CPU per request of this library and of others, keep-alive, TLS 1.3, ECDSA P-256. Every
 * contestant is a process of its own. All are warmed up, then measured in interleaved rounds, each window behind a
 * warm-up of its own; the table holds medians and ratios of one run.
 */
import {spawn, spawnSync, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {cpus, tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {performance} from 'node:perf_hooks';
import {parseArgs} from 'node:util';
import {prepareCertificates} from './certificates';
import {treeCpuMicroseconds} from './cpu';
import {Load, type Target} from './load';
import {median, spread} from './statistics';

const CONTESTANTS: Readonly<Record<string, readonly string[]>> = {
  'node:https, principal per connection': ['raw-https.js'],
  'node:https, getPeerCertificate per request': ['raw-https-per-request.js'],
  'Fastify 5 with a hook': ['fastify.js'],
  'Express 5 with a middleware': ['express.js'],
  'LoopBack without security': ['loopback-bare.js'],
  'LoopBack, hand-written strategy': ['loopback-naive.js'],
  'LoopBack without security, behind nginx': ['loopback-nginx.js'],
  'this library, stock path': ['ours.js', 'stock'],
  'this library, compiled path': ['ours.js', 'compiled'],
  'this library, compiled path, singleton': ['ours.js', 'singleton'],
};
/** Contestants that need a program beside Node. */
const PROGRAMS: Readonly<Record<string, string>> = {'LoopBack without security, behind nginx': 'nginx'};
const BASELINE = 'LoopBack without security';
const PATH = '/patients/p-1001';
const CONNECTIONS = 8;
/** How long a process that had a rest is warmed before it is measured, in milliseconds. */
const REWARM_MS = 1_500;

interface Running {
  readonly name: string;
  readonly process: ChildProcess;
  readonly pid: number;
  readonly target: Target;
  /** Microseconds of CPU per request, of each window. */
  readonly windows: number[];
  /** Share of a core that the server was busy with, of each window. */
  readonly shares: number[];
}

async function main(): Promise<void> {
  const {values} = parseArgs({
    options: {
      rounds: {type: 'string', default: '7'},
      requests: {type: 'string', default: '4000'},
      warmup: {type: 'string', default: '30000'},
      node: {type: 'string', default: process.execPath},
      only: {type: 'string', multiple: true, default: []},
      markdown: {type: 'string'},
    },
  });
  const certs = mkdtempSync(join(tmpdir(), 'mtls-bench-'));
  const running: Running[] = [];
  try {
    prepareCertificates(certs);
    for (const [name, command] of Object.entries(CONTESTANTS)) {
      if (values.only.length > 0 && !values.only.some(part => name.includes(part))) continue;
      const program = PROGRAMS[name];
      if (program !== undefined && spawnSync(program, ['-v']).error !== undefined) {
        process.stderr.write(`left out: ${name}, as there is no ${program} on PATH\n`);
        continue;
      }
      running.push(await start(name, command, values.node, certs));
    }
    for (const contestant of running) await warmUp(contestant, Number(values.warmup));
    for (let round = 0; round < Number(values.rounds); round++) {
      // Forth and back, so that nobody always comes behind the same one.
      const order = round % 2 === 0 ? running : [...running].reverse();
      for (const contestant of order) await measure(contestant, Number(values.requests));
      process.stderr.write(`round ${round + 1} of ${values.rounds}\n`);
    }
    const table = report(running, await versionOf(values.node));
    process.stdout.write(table);
    if (values.markdown !== undefined) writeFileSync(values.markdown, table);
  } finally {
    await Promise.all(running.map(({process: child}) => end(child)));
    rmSync(certs, {recursive: true, force: true});
  }
}

async function start(
  name: string,
  [script = '', ...args]: readonly string[],
  node: string,
  certs: string,
): Promise<Running> {
  const child = spawn(node, [resolve(__dirname, 'contestants', script), ...args], {
    env: {...process.env, BENCH_CERTS: certs, NODE_ENV: 'production'},
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await new Promise<number>((accept, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      const match = /^ready (\d+)$/m.exec(chunk.toString());
      if (match) accept(Number(match[1]));
    });
    child.once('exit', () => {
      reject(new Error(`${name} ended before it was ready`));
    });
  });
  const read = (file: string): string => readFileSync(join(certs, file), 'utf8');
  const target = {port, path: PATH, ca: read('server-ca.crt'), key: read('client.key'), cert: read('client.crt')};
  return {name, process: child, pid: child.pid ?? 0, target, windows: [], shares: []};
}

/** Ends a contestant, which may have to end another program first. */
async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  if (child.kill()) await ended;
}

async function warmUp(contestant: Running, requests: number): Promise<void> {
  const load = await Load.open(contestant.target, CONNECTIONS);
  await load.run(requests);
  load.close();
}

/**
 * One window: connections of its own, because idle ones are closed while the others run, and warm again, because a
 * process cools down meanwhile. Only what comes after is counted.
 */
async function measure(contestant: Running, requests: number): Promise<void> {
  const load = await Load.open(contestant.target, CONNECTIONS);
  // Two programs beside a generator that never sleeps are one more than there are cores, and pay for taking turns.
  const mode = PROGRAMS[contestant.name] === undefined ? 'awake' : 'asleep';
  const warmUntilMs = performance.now() + REWARM_MS;
  while (performance.now() < warmUntilMs) await load.run(requests / 10, mode);
  const startMs = performance.now();
  const before = treeCpuMicroseconds(contestant.pid);
  await load.run(requests, mode);
  const spent = treeCpuMicroseconds(contestant.pid) - before;
  contestant.windows.push(spent / requests);
  contestant.shares.push(spent / 1000 / (performance.now() - startMs));
  load.close();
}

function report(running: readonly Running[], version: string): string {
  const baseline = median(running.find(({name}) => name === BASELINE)?.windows ?? []);
  const rows = running.map(({name, windows, shares}) => {
    const cost = median(windows);
    const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;
    const cells = [
      name,
      cost.toFixed(0),
      (cost / baseline).toFixed(2),
      `±${percent(spread(windows))}`,
      percent(median(shares)),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    `Node ${version}, ${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, ${new Date().toISOString().slice(0, 10)}, ${running[0]?.windows.length ?? 0} rounds`,
    '',
    '| contestant | server CPU per request, µs | ratio to LoopBack without security | spread | of a core |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

async function versionOf(node: string): Promise<string> {
  const child = spawn(node, ['--version'], {stdio: ['ignore', 'pipe', 'inherit']});
  return new Promise(accept => {
    child.stdout.once('data', (chunk: Buffer) => {
      accept(chunk.toString().trim());
    });
  });
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
