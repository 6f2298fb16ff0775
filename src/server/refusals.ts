import {publish} from '../audit/publish';
import type {Publish} from '../audit/publish';
import type {RefusalEvent} from '../audit/events';
import type {Code} from '../errors';

/** Refusals of one code that are recorded in a row before the rest is counted only, and how many come back each second. */
export const REFUSAL_RATE = Object.freeze({burst: 100, perSecond: 10});

interface Bucket {
  tokens: number;
  refilledAtMs: number;
  suppressed: number;
}

/**
 * Publishes refusals without letting a stranger fill the disk: each code has a budget, and what exceeds it is counted
 * and told with the next recorded refusal of that code.
 */
export class RefusalRecorder {
  readonly #buckets = new Map<Code, Bucket>();
  readonly #tell: Publish;

  constructor(tell: Publish = publish) {
    this.#tell = tell;
  }

  /** Publishes the event, or counts it, at the moment `nowMs` of a monotonic clock. */
  record(event: Omit<RefusalEvent, 'family' | 'suppressed'>, nowMs: number): void {
    const bucket = this.#bucketOf(event.why.code, nowMs);
    if (bucket.tokens < 1) {
      bucket.suppressed++;
      return;
    }
    bucket.tokens--;
    const suppressed = bucket.suppressed;
    bucket.suppressed = 0;
    this.#tell({family: 'refusal', ...event, ...(suppressed > 0 && {suppressed})});
  }

  #bucketOf(code: Code, nowMs: number): Bucket {
    const bucket = this.#buckets.get(code) ?? {tokens: REFUSAL_RATE.burst, refilledAtMs: nowMs, suppressed: 0};
    const earned = ((nowMs - bucket.refilledAtMs) / 1000) * REFUSAL_RATE.perSecond;
    bucket.tokens = Math.min(REFUSAL_RATE.burst, bucket.tokens + earned);
    bucket.refilledAtMs = nowMs;
    this.#buckets.set(code, bucket);
    return bucket;
  }
}
