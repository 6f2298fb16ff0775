import {publish} from '../audit/publish';
import {MtlsError} from '../errors';
import type {Refusal} from '../errors';
import {DenyList, denyEntryText, parseDenyEntry} from '../trust/deny-list';
import type {DenyEntry} from '../trust/deny-list';
import type {DenyListStore} from './deny-list-store';
import {failureOf} from './revocation-failure';

/** How often a shared store is asked in case a message got lost, in milliseconds. */
const STORE_POLL_MS = 5_000;

/**
 * The deny-list from everywhere: the configured file, the code of this process, and the store shared with others. A
 * store that fails keeps the entries it had: nobody is let in because a network broke.
 */
export class DenyListSources {
  readonly #onChange: () => void;
  #store: DenyListStore | undefined;
  #fromFile: readonly DenyEntry[] = [];
  #fromCode: readonly DenyEntry[] = [];
  #fromStore: readonly DenyEntry[] = [];
  #storeState = '[]';
  #timer: NodeJS.Timeout | undefined;
  #unwatch: (() => Promise<void>) | undefined;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get list(): DenyList {
    return new DenyList([...this.#fromStore, ...this.#fromFile, ...this.#fromCode]);
  }

  /** Takes entries in force that a start or a reload read from the file. */
  adopt(entries: readonly DenyEntry[], store: DenyListStore | undefined): void {
    this.#fromFile = entries;
    this.#store = store;
  }

  /** Adds an entry here and in the shared store. In force when the promise is made, shared when it resolves. */
  async deny(entry: DenyEntry): Promise<void> {
    this.#fromCode = [...this.#fromCode, entry];
    publishDenied(entry, 'revoke()');
    this.#onChange();
    await this.#store?.add(denyEntryText(entry));
  }

  /**
   * Watches the store until {@link stop}. What the store holds is in force when the promise resolves.
   *
   * @throws MtlsError `ERR_MTLS_REVOCATION_SOURCE` when the store cannot be read: without its entries nobody may be let in
   */
  async start(): Promise<void> {
    await this.#loadStore();
    this.#unwatch = await this.#store?.watch(() => void this.#readStore());
    this.#timer = setInterval(() => void this.#readStore(), STORE_POLL_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#unwatch?.();
  }

  async #readStore(): Promise<void> {
    try {
      await this.#loadStore();
    } catch (error) {
      const source = this.#store?.name ?? '';
      publish({family: 'revocation', phase: 'failed', kind: 'deny-list', source, why: failureOf(error, source)});
    }
  }

  async #loadStore(): Promise<void> {
    const store = this.#store;
    if (store === undefined) return;
    const values = await valuesOf(store);
    const entries = values.map(value => parseDenyEntry(value, EPOCH));
    const faulty = entries.find(entry => typeof entry === 'string');
    if (faulty !== undefined) throw new MtlsError({...UNREADABLE, found: faulty, where: store.name});
    const read = entries.filter(entry => typeof entry !== 'string');
    const state = JSON.stringify(read.map(denyEntryText));
    if (state === this.#storeState) return;
    this.#storeState = state;
    this.#fromStore = read;
    publishLoaded(store.name, read.length);
    this.#onChange();
  }
}

/** A store is somebody else's code and may throw or give anything; what it threw may hold credentials. */
async function valuesOf(store: DenyListStore): Promise<readonly unknown[]> {
  let given: unknown;
  try {
    given = await store.load();
  } catch {
    throw new MtlsError({...UNREADABLE, found: 'an error of the store', where: store.name});
  }
  const values: readonly unknown[] | undefined = Array.isArray(given) ? given : undefined;
  if (values === undefined) throw new MtlsError({...UNREADABLE, found: typeof given, where: store.name});
  return values;
}

/** When an entry took effect that does not say: long ago. */
const EPOCH = new Date(0);

const UNREADABLE: Refusal = {
  code: 'ERR_MTLS_REVOCATION_SOURCE',
  required: 'a deny-list that can be read',
  found: 'none',
};

function publishLoaded(source: string, entries: number): void {
  publish({family: 'revocation', phase: 'loaded', kind: 'deny-list', source, entries});
}

function publishDenied({subject}: DenyEntry, source: string): void {
  const {kind} = subject;
  switch (kind) {
    case 'serial':
      publish({
        family: 'revocation',
        phase: 'denied',
        source,
        by: kind,
        value: `${subject.issuer} ${subject.serialNumber}`,
      });
      return;
    case 'principal':
      publish({family: 'revocation', phase: 'denied', source, by: kind, value: subject.id});
      return;
    case 'certificate':
    case 'key':
      publish({family: 'revocation', phase: 'denied', source, by: kind, value: subject.fingerprint});
  }
}
