import {describe} from '../../src/errors';
import {rehearseLazily} from '../../src/rehearsal/rehearsed-server';
import {Rotator} from '../rotation/rotator';
import {rotatingOptions} from '../rotation/rotation';
import {Traffic} from '../rotation/traffic';
import {Folder, issueClient, Recorder, start} from '../server/harness';
import type {Running} from '../server/harness';

/**
 * What takes too long for every run: a minute of 200 requests a second while everything rotates, then a thousand
 * reloads with an eye on the memory. `npm run soak [seconds] [reloads]`; exit code 1 when a request was lost or memory
 * was not given back.
 */

const [seconds = 60, reloads = 1_000] = process.argv.slice(2).map(Number);
const REQUESTS_PER_SECOND = 200;

/** Growth allowed between the first tenth of the reloads and the last, in megabytes. */
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

/** Reloads as often as it goes until told to stop; counts how they ended. */
async function rotateWhile(goesOn: () => boolean, server: Running, rotator: Rotator): Promise<string> {
  const counts = {applied: 0, unchanged: 0, rejected: 0};
  while (goesOn()) {
    rotator.rotate();
    counts[await server.mtls.reload().catch(() => 'rejected' as const)]++;
  }
  return `${counts.applied} reloads, ${counts.rejected} more rejected`;
}

async function underLoad(server: Running, rotator: Rotator): Promise<boolean> {
  const clients = ['ann', 'ben', 'cem', 'dee'].map(name =>
    issueClient({subjectAltNames: [`uri:spiffe://clinic.example/${name}`]}),
  );
  const recorder = new Recorder('refusal');
  const traffic = new Traffic(server.port, clients, REQUESTS_PER_SECOND);
  const endMs = performance.now() + seconds * 1000;
  const applied = await rotateWhile(() => performance.now() < endMs, server, rotator);
  const {served, failures} = await traffic.stop();
  print(`${seconds} s under load: ${applied}, ${served} requests served, ${failures.length} failed`);
  recorder.stop();
  for (const failure of new Set(failures)) print(`  ${failure}`);
  for (const why of new Set(recorder.of('refusal').map(refusal => describe(refusal.why)))) print(`  ${why}`);
  return failures.length === 0;
}

async function reloadingOften(server: Running, rotator: Rotator): Promise<boolean> {
  const times = (count: number): (() => boolean) => {
    let left = count;
    return () => left-- > 0;
  };
  await rotateWhile(times(Math.ceil(reloads / 10)), server, rotator);
  const before = memory();
  await rotateWhile(times(Math.floor((reloads * 9) / 10)), server, rotator);
  const after = memory();
  print(
    `${reloads} reloads: generation ${server.mtls.snapshot.generation}, ${show(before)} at a tenth, ${show(after)} at the end`,
  );
  return after.heapMb - before.heapMb < MAX_HEAP_GROWTH_MB && after.rssMb - before.rssMb < MAX_RSS_GROWTH_MB;
}

function show({heapMb, rssMb}: Memory): string {
  return `${heapMb.toFixed(1)} MB heap and ${rssMb.toFixed(1)} MB resident`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<void> {
  const folder = new Folder();
  const options = {...rotatingOptions(folder), reload: {watch: 'off'}} as const;
  const server = await start(options, undefined, {rehearse: rehearseLazily});
  const rotator = new Rotator(folder);
  const isCalm = await underLoad(server, rotator);
  const isLean = await reloadingOften(server, rotator);
  await server.stop();
  folder.remove();
  process.exitCode = isCalm && isLean ? 0 : 1;
}

void main();
