import {readFileSync} from 'node:fs';
import {constants, monitorEventLoopDelay, performance, PerformanceObserver} from 'node:perf_hooks';

/** What held the event loop while something went on. */
export interface Stalls {
  /** Longest turn of the event loop, in milliseconds of the clock. */
  readonly longestTurnMs: number;
  /** The same without the time in which the operating system ran something else on this core. */
  readonly longestOwnTurnMs: number;
  /** Maximum of `perf_hooks.monitorEventLoopDelay` at its finest resolution. */
  readonly longestDelayMs: number;
  /** Longest pause for garbage collection, and which kind it was. */
  readonly longestPauseMs: number;
  readonly pauseKind: string;
}

const KINDS: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weak callbacks',
};

/** Turns the event loop without a break until `isOver`, and tells what held it meanwhile. */
export async function watchStalls(isOver: () => boolean): Promise<Stalls> {
  let pause = {ms: 0, kind: 'none'};
  const observer = new PerformanceObserver(list => {
    for (const entry of list.getEntries()) {
      const {kind} = (entry as {detail?: {kind?: number}}).detail ?? {};
      if (entry.duration > pause.ms) pause = {ms: entry.duration, kind: KINDS[kind ?? 0] ?? 'other'};
    }
  });
  observer.observe({entryTypes: ['gc']});
  const delay = monitorEventLoopDelay({resolution: 1});
  delay.enable();
  const turns = await watchTurns(isOver);
  delay.disable();
  // Entries are delivered in a turn of their own.
  await new Promise(resolve => setTimeout(resolve, 50));
  observer.disconnect();
  return {...turns, longestDelayMs: delay.max / 1e6, longestPauseMs: pause.ms, pauseKind: pause.kind};
}

function watchTurns(isOver: () => boolean): Promise<Pick<Stalls, 'longestTurnMs' | 'longestOwnTurnMs'>> {
  let longestTurnMs = 0;
  let longestOwnTurnMs = 0;
  let startMs = performance.now();
  let waitedMs = runQueueMs();
  return new Promise(resolve => {
    const turn = (): void => {
      const nowMs = performance.now();
      const waitMs = runQueueMs();
      longestTurnMs = Math.max(longestTurnMs, nowMs - startMs);
      longestOwnTurnMs = Math.max(longestOwnTurnMs, nowMs - startMs - (waitMs - waitedMs));
      [startMs, waitedMs] = [nowMs, waitMs];
      if (isOver()) resolve({longestTurnMs, longestOwnTurnMs});
      else setImmediate(turn);
    };
    setImmediate(turn);
  });
}

/** How long the main thread was ready to run and had no core, in milliseconds since it began. */
function runQueueMs(): number {
  const [, waited = '0'] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ');
  return Number(waited) / 1e6;
}
