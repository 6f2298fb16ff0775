import type {ReloadPart} from '../../src/audit/events';
import {describe} from '../../src/errors';
import {rehearseLazily} from '../../src/rehearsal/rehearsed-server';
import {DEFAULT_LIMITS} from '../../src/server/limits';
import type {MtlsOptions} from '../../src/server/options';
import {Rotator} from '../rotation/rotator';
import {rotatingOptions} from '../rotation/rotation';
import {startTraffic} from '../rotation/traffic-process';
import type {Failure, Tally} from '../rotation/traffic';
import {Folder, Recorder, start} from '../server/harness';
import type {Running} from '../server/harness';

/**
 * What takes too long for every run: clients ask 200 times a second while certificate, CA bundle and CRL rotate, for a
 * minute and a thousand reloads, each with its rehearsal. `npm run soak [seconds] [reloads]`; exit code 1 when a request
 * was lost, a reload was rejected, one of the three rotated too seldom, or memory was not given back.
 */

const [seconds = 60, reloads = 1_000] = process.argv.slice(2).map(Number);
const REQUESTS_PER_SECOND = 200;

/** What rotates: each of them in every third reload. */
const ROTATING: readonly ReloadPart[] = ['credentials', 'anchors', 'crl'];
const MIN_ROTATIONS = Math.floor(reloads / 4);

/** Growth allowed in the second half of the reloads, in megabytes. Before, the runtime is still compiling and reserving. */
const MAX_HEAP_GROWTH_MB = 5;
const MAX_RSS_GROWTH_MB = 40;

interface Memory {
  readonly heapMb: number;
  readonly rssMb: number;
}

function memory(): Memory {
  for (let round = 0; round < 3; round++) globalThis.gc?.();
  const {heapUsed, external, rss} = process.memoryUsage();
  return {heapMb: (heapUsed + external) / 2 ** 20, rssMb: rss / 2 ** 20};
}

/** Reloads as often as it goes, and at least as often as it must. Gives the memory at half of that and at its end. */
async function rotate(server: Running, rotator: Rotator): Promise<readonly [Memory, Memory]> {
  const endMs = performance.now() + seconds * 1000;
  let early = memory();
  for (let count = 1; count <= reloads || performance.now() < endMs; count++) {
    rotator.rotate();
    // A reload that is rejected is told of by its event.
    await server.mtls.reload().catch(() => undefined);
    if (count === Math.ceil(reloads / 2)) early = memory();
  }
  return [early, memory()];
}

function wereServed({sent, served, failures, rate, p99Ms}: Tally, recorder: Recorder): boolean {
  print(
    `${sent} requests at ${rate.toFixed(0)} a second, 99 % within ${p99Ms.toFixed(0)} ms: ${served} served, ` +
      `${failures.length} failed`,
  );
  printOnce(failures.map(failure => explain(failure, recorder)));
  return failures.length === 0 && served === sent;
}

/** What the client saw, and what the server says about the same connection. */
function explain({connection, why, port}: Failure, recorder: Recorder): string {
  const refusal = recorder.of('refusal').find(({peer}) => peer.remotePort === port);
  return `${connection} connection: ${why}; server: ${refusal ? describe(refusal.why) : 'no refusal'}`;
}

function didRotate(recorder: Recorder): boolean {
  const events = recorder.of('reload');
  const rejected = events.filter(({phase}) => phase === 'rejected');
  const times = ROTATING.map(part =>
    events.filter(({phase, changed}) => phase === 'applied' && changed.includes(part)),
  );
  const counts = ROTATING.map((part, index) => `${part} ${times[index]?.length ?? 0} times`);
  print(`${events.length} reloads, ${rejected.length} rejected: ${counts.join(', ')}`);
  printOnce(rejected.map(({faults}) => faults.map(describe).join('; ')));
  return rejected.length === 0 && times.every(({length}) => length >= MIN_ROTATIONS);
}

function wasGivenBack([early, late]: readonly [Memory, Memory]): boolean {
  print(`${show(early)} after half of them, ${show(late)} at the end`);
  return late.heapMb - early.heapMb < MAX_HEAP_GROWTH_MB && late.rssMb - early.rssMb < MAX_RSS_GROWTH_MB;
}

function show({heapMb, rssMb}: Memory): string {
  return `${heapMb.toFixed(1)} MB heap and ${rssMb.toFixed(1)} MB resident`;
}

const MAX_LINES = 20;

function printOnce(lines: readonly string[]): void {
  for (const line of [...new Set(lines)].slice(0, MAX_LINES)) print(`  ${line}`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<void> {
  const folder = new Folder();
  const {server: own, ...others} = rotatingOptions(folder);
  const options: MtlsOptions = {...others, server: {...own, limits: DEFAULT_LIMITS}, reload: {watch: 'off'}};
  const server = await start(options, undefined, {rehearse: rehearseLazily()});
  const recorder = new Recorder('refusal', 'reload');
  const traffic = startTraffic(server.port, REQUESTS_PER_SECOND);
  const memories = await rotate(server, new Rotator(folder));
  const tally = await traffic.stop();
  recorder.stop();
  await server.stop();
  folder.remove();
  const held = [wereServed(tally, recorder), didRotate(recorder), wasGivenBack(memories)];
  process.exitCode = held.every(Boolean) ? 0 : 1;
}

void main();
