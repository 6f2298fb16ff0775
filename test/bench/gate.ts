/**
 * `npm run bench:gate`: what everything between Node's parser and the application costs a request of a connection in
 * good standing: listener, generation, expiry, target and host. One real request is emitted again and again, by the
 * mutual-TLS server and by an emitter that decides nothing; both take turns, and the figures are medians of rounds.
 */
import {EventEmitter} from 'node:events';
import type {RequestListener} from 'node:http';
import {performance} from 'node:perf_hooks';
import {Folder, get, issueClient, start, workingOptions} from '../server/harness';
import {median} from './statistics';

const CALLS = 200_000;
const ROUNDS = 15;

type Emit = () => void;

async function main(): Promise<void> {
  const folder = new Folder();
  let calls = 0;
  const count = (): void => {
    calls++;
  };
  let listener: RequestListener = (request, response) => {
    listener = count;
    const bare = new EventEmitter().on('request', count);
    report(
      () => bare.emit('request', request, response),
      () => running.mtls.https.emit('request', request, response),
    );
    response.end();
  };
  const running = await start(workingOptions(folder), (request, response) => {
    listener(request, response);
  });
  await get(running.port, issueClient());
  await running.stop();
  folder.remove();
  if (calls !== 2 * CALLS * (ROUNDS + 1)) throw new Error(`${calls} requests arrived`);
}

function report(bare: Emit, gated: Emit): void {
  const times = new Map([bare, gated].map(emit => [emit, [] as number[]]));
  for (let round = 0; round <= ROUNDS; round++)
    for (const [emit, taken] of times) {
      const time = nanoseconds(emit);
      // The first round warms up.
      if (round > 0) taken.push(time);
    }
  const [without, whole] = [bare, gated].map(emit => median(times.get(emit) ?? []));
  console.log(`Node.js ${process.version}, nanoseconds per request, median of ${ROUNDS} rounds of ${CALLS}`);
  console.log(`an emitter that decides nothing ${(without ?? 0).toFixed(0).padStart(6)}`);
  console.log(`the whole gate                  ${(whole ?? 0).toFixed(0).padStart(6)}`);
}

function nanoseconds(emit: Emit): number {
  const before = performance.now();
  for (let call = 0; call < CALLS; call++) emit();
  return ((performance.now() - before) / CALLS) * 1e6;
}

void main();
