import {setImmediate as nextTurn} from 'node:timers/promises';

/**
 * How long judging may hold the event loop at a time, in milliseconds. The sockets that a slice destroys are closed in
 * the same turn, which takes several times as long as destroying them.
 */
const SLICE_MS = 2;

/** Work that must leave the event loop free in between. Workers that share a slice wait for the same turn. */
export class Slice {
  #startMs = performance.now();
  #renewal: Promise<void> | undefined;

  get isOver(): boolean {
    return performance.now() - this.#startMs >= SLICE_MS;
  }

  renew(): Promise<void> {
    this.#renewal ??= nextTurn().then(() => {
      this.#renewal = undefined;
      this.#startMs = performance.now();
    });
    return this.#renewal;
  }
}
