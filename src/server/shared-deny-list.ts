import {publish} from '../audit/publish';
import {MtlsError} from '../errors';
import type {Refusal} from '../errors';
import {denyEntryText, parseDenyEntry} from '../trust/deny-list';
import type {DenyEntry} from '../trust/deny-list';
import {currencyAt, endWithGrace} from '../trust/grace';
import type {Grace} from '../trust/grace';
import type {RevocationStatus} from '../trust/revocation';
import type {DenyListStore} from './deny-list-store';
import {failureOf} from './revocation-failure';

/** How often a store is read in case a notice got lost, in milliseconds. */
const POLL_MS = 5_000;

/** How soon somebody who needs it may have a store read again that failed, in milliseconds. */
const RETRY_MS = 1_000;

/** How far our own clock may be set back without making a read one of the future, in milliseconds. */
const CLOCK_SKEW_MS = 60_000;

const REQUIRED = 'a shared deny-list that can be read';

/** What was read counts this long, as an OCSP answer without nextUpdate does, in milliseconds. */
export const STORE_LIFETIME_MS = 3_600_000;

/** Reads that were given up waiting for but have not ended: with this many the store is not asked any more. */
const MAX_UNANSWERED = 4;

/**
 * The entries of a deny-list that is shared over a store. The store is somebody else's code: it may throw, give anything,
 * or never answer. Its entries are kept when it fails, and say for an hour that nobody else is on the list; after that
 * nobody is let in any more, but by a grace.
 */
export class SharedDenyList {
  readonly store: DenyListStore;
  readonly #timeoutMs: number;
  readonly #onChange: () => void;
  #entries: readonly DenyEntry[] = [];
  #state = '';
  /** When the latest read that succeeded began; before the first nothing is current. */
  #readAtMs = Number.NEGATIVE_INFINITY;
  #retryAtMs = 0;
  #reading: Promise<Refusal | undefined> | undefined;
  #unanswered = 0;
  /** What was told of the store since it last answered. */
  readonly #told = new Map<'failed' | 'stale', string>();
  #timer: NodeJS.Timeout | undefined;
  #unwatch: (() => Promise<void>) | undefined;

  /** @param timeoutMs for each answer of the store */
  constructor(store: DenyListStore, timeoutMs: number, onChange: () => void) {
    this.store = store;
    this.#timeoutMs = timeoutMs;
    this.#onChange = onChange;
  }

  get entries(): readonly DenyEntry[] {
    return this.#entries;
  }

  /** Whether the store was ever read. */
  get isRead(): boolean {
    return this.#readAtMs > Number.NEGATIVE_INFINITY;
  }

  /** Whether the store was read lately enough to know who is on the list. */
  statusAt(now: Date, grace: Grace | undefined): Exclude<RevocationStatus, {status: 'revoked'}> {
    const {name: source} = this.store;
    const endMs = this.#readAtMs + STORE_LIFETIME_MS;
    const isFromFuture = now.getTime() < this.#readAtMs - CLOCK_SKEW_MS;
    const current = isFromFuture ? undefined : currencyAt(now, endMs, endWithGrace(endMs, grace), source);
    if (current === undefined)
      return {status: 'unknown', required: REQUIRED, found: `${source}, not read within the last hour`};
    return {
      status: 'good',
      freshUntil: new Date(current.untilMs),
      source,
      ...(current.grace && {grace: current.grace}),
    };
  }

  /**
   * Reads the store unless that is under way. The entries are in force when the promise resolves.
   *
   * @returns why it could not be read; that is an event too
   */
  read(): Promise<Refusal | undefined> {
    this.#reading ??= this.#readOnce().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** Reads the store for somebody who waits, unless it failed a moment ago. */
  async readIfStale(): Promise<void> {
    const now = new Date();
    if (this.statusAt(now, undefined).status === 'good' || now.getTime() < this.#retryAtMs) return;
    await this.read();
  }

  /**
   * Watches the store until {@link stop}. What it holds by then is in force when the promise resolves.
   *
   * @throws MtlsError `ERR_MTLS_REVOCATION_SOURCE` when it cannot be watched
   */
  async watch(): Promise<void> {
    this.#timer = setInterval(() => void this.#poll(), POLL_MS).unref();
    const watching = attempt(() => this.store.watch(() => void this.#readAgain()));
    try {
      this.#unwatch = await this.#inTime(watching, 'a store that can be watched');
    } catch (error) {
      // Who begins to watch after all ends it again.
      watching.then(unwatch => unwatch()).catch(() => undefined);
      throw error;
    }
    // Of what was added since the store was read nobody gave notice.
    await this.read();
  }

  /** As {@link watch}, where the server runs already: a store that cannot be watched is an event, and read regularly. */
  async watchQuietly(): Promise<void> {
    await this.watch().catch((error: unknown) => {
      this.#tell('failed', failureOf(error, this.store.name));
    });
  }

  /** Adds an entry. @throws MtlsError `ERR_MTLS_REVOCATION_SOURCE` when the store did not take it */
  async add(entry: DenyEntry): Promise<void> {
    await this.#inTime(
      attempt(() => this.store.add(denyEntryText(entry))),
      'a store that takes the entry, which is in force here; add it again',
    );
  }

  /** Ends watching. A store that cannot even do that is an event. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    const unwatch = this.#unwatch;
    this.#unwatch = undefined;
    if (unwatch === undefined) return;
    await this.#inTime(attempt(unwatch), 'a store that ends watching').catch((error: unknown) => {
      this.#tell('failed', failureOf(error, this.store.name));
    });
  }

  async #poll(): Promise<void> {
    await this.read();
    const {status} = this.statusAt(new Date(), undefined);
    if (status === 'unknown') this.#tell('stale', this.#refusal(REQUIRED, 'none within the last hour'));
  }

  /** A reading that is under way may have come too early for what a notice is about. */
  async #readAgain(): Promise<void> {
    await this.#reading;
    await this.read();
  }

  async #readOnce(): Promise<Refusal | undefined> {
    const startedAtMs = Date.now();
    try {
      this.#take(await this.#load(), startedAtMs);
      return undefined;
    } catch (error) {
      const why = failureOf(error, this.store.name);
      this.#retryAtMs = Date.now() + RETRY_MS;
      this.#tell('failed', why);
      return why;
    }
  }

  async #load(): Promise<readonly DenyEntry[]> {
    if (this.#unanswered >= MAX_UNANSWERED)
      throw new MtlsError(this.#refusal(REQUIRED, `${MAX_UNANSWERED} reads that never ended`));
    this.#unanswered++;
    const loading = attempt(() => this.store.load()).finally(() => this.#unanswered--);
    const given: unknown = await this.#inTime(loading, REQUIRED);
    if (!Array.isArray(given)) throw new MtlsError(this.#refusal(REQUIRED, typeof given));
    return given.map((value: unknown) => {
      const entry = parseDenyEntry(value, EPOCH);
      if (typeof entry === 'string') throw new MtlsError(this.#refusal(REQUIRED, entry));
      return entry;
    });
  }

  #take(entries: readonly DenyEntry[], readAtMs: number): void {
    this.#readAtMs = readAtMs;
    const state = JSON.stringify(entries.map(denyEntryText));
    const isOther = state !== this.#state;
    const {name} = this.store;
    if (isOther || this.#told.size > 0)
      publish({family: 'revocation', phase: 'loaded', kind: 'deny-list', source: name, entries: entries.length});
    this.#told.clear();
    if (!isOther) return;
    this.#state = state;
    this.#entries = entries;
    this.#onChange();
  }

  /** Waits for the store, as long as it may take. What it threw is left out: it may hold credentials. */
  async #inTime<T>(answer: Promise<T>, required: string): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new MtlsError(this.#refusal(required, `no answer within ${this.#timeoutMs} ms`)));
      }, this.#timeoutMs);
    });
    const thrown = answer.catch(() => {
      throw new MtlsError(this.#refusal(required, 'an error of the store'));
    });
    return Promise.race([thrown, late]).finally(() => {
      clearTimeout(timer);
    });
  }

  /** The same failure again is no news. */
  #tell(phase: 'failed' | 'stale', why: Refusal): void {
    if (this.#told.get(phase) === why.found) return;
    this.#told.set(phase, why.found);
    publish({family: 'revocation', phase, kind: 'deny-list', source: this.store.name, why});
  }

  #refusal(required: string, found: string): Refusal {
    return {code: 'ERR_MTLS_REVOCATION_SOURCE', required, found, where: this.store.name};
  }
}

/** When an entry took effect that does not say: long ago. */
const EPOCH = new Date(0);

/** A call that may throw before it promises. */
async function attempt<T>(call: () => Promise<T>): Promise<T> {
  return call();
}
