import {stat} from 'node:fs/promises';
import {publish} from '../audit/publish';
import {MtlsError} from '../errors';
import type {Refusal} from '../errors';
import {readSource} from '../tls/source';
import type {Source} from '../tls/source';
import {DenyList, denyEntryText, parseDenyEntry} from '../trust/deny-list';
import type {DenyEntry} from '../trust/deny-list';
import {parseDenyFile} from './deny-list-file';
import type {DenyListStore} from './deny-list-store';

/** How often a file is looked at, and a shared store is asked in case a message got lost, in milliseconds. */
const FILE_POLL_MS = 250;
const STORE_POLL_MS = 5_000;

/**
 * The deny-list from everywhere: the file, the code of this process, and the store shared with others. A source that
 * fails keeps the entries it had: nobody is let in because a disk or a network broke.
 */
export class DenyListSources {
  readonly #onChange: () => void;
  #source: Source | undefined;
  #store: DenyListStore | undefined;
  #fromFile: readonly DenyEntry[] = [];
  #fromCode: readonly DenyEntry[] = [];
  #fromStore: readonly DenyEntry[] = [];
  #fileState = '';
  #timers: readonly NodeJS.Timeout[] = [];
  #unwatch: (() => Promise<void>) | undefined;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get list(): DenyList {
    return new DenyList([...this.#fromStore, ...this.#fromFile, ...this.#fromCode]);
  }

  /** Takes entries in force that a start or a reload read from the source. */
  adopt(source: Source | undefined, entries: readonly DenyEntry[], store: DenyListStore | undefined): void {
    this.#source = source;
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
   * Watches file and store until {@link stop}. What the store holds is in force when the promise resolves.
   *
   * @throws MtlsError `ERR_MTLS_REVOCATION_SOURCE` when the store cannot be read: without its entries nobody may be let in
   */
  async start(): Promise<void> {
    await this.#loadStore();
    this.#fileState = await this.#stateOfFile();
    this.#timers = [
      setInterval(() => void this.#pollFile(), FILE_POLL_MS).unref(),
      setInterval(() => void this.#readStore(), STORE_POLL_MS).unref(),
    ];
    this.#unwatch = await this.#store?.watch(() => void this.#readStore());
  }

  async stop(): Promise<void> {
    this.#timers.forEach(clearInterval);
    await this.#unwatch?.();
  }

  async #pollFile(): Promise<void> {
    const state = await this.#stateOfFile();
    if (state === this.#fileState || this.#source === undefined) return;
    this.#fileState = state;
    let fault: Refusal | undefined;
    const content = await readSource(this.#source, 'clients.revocation.denyList', found => {
      fault = found;
    });
    try {
      if (content === undefined) throw new MtlsError(fault ?? UNREADABLE);
      const entries = parseDenyFile(content.bytes, new Date());
      this.#fromFile = entries;
      publishLoaded(content.origin, entries.length);
      this.#onChange();
    } catch (error) {
      publishFailure(content?.origin ?? 'deny-list file', error);
    }
  }

  async #readStore(): Promise<void> {
    try {
      await this.#loadStore();
    } catch (error) {
      publishFailure(this.#store?.name ?? '', error);
    }
  }

  async #loadStore(): Promise<void> {
    const store = this.#store;
    if (store === undefined) return;
    // A store is somebody else's code and may throw anything; what it threw may hold credentials.
    const values = await store.load().catch(() => {
      throw new MtlsError({...UNREADABLE, found: 'an error of the store', where: store.name});
    });
    const entries = values.map(value => parseDenyEntry(value, new Date()));
    const faulty = entries.find(entry => typeof entry === 'string');
    if (faulty !== undefined) throw new MtlsError({...UNREADABLE, found: faulty, where: store.name});
    const read = entries.filter(entry => typeof entry !== 'string');
    if (read.length === this.#fromStore.length) return;
    this.#fromStore = read;
    publishLoaded(store.name, read.length);
    this.#onChange();
  }

  /** Changes when the file does, also when a symbolic link above it is swapped, as Kubernetes does. */
  async #stateOfFile(): Promise<string> {
    const source = this.#source;
    const path =
      typeof source === 'string' ? source : typeof source === 'object' && 'path' in source ? source.path : '';
    if (path === '') return '';
    return stat(path, {bigint: true}).then(
      ({mtimeNs, size, ino}) => `${mtimeNs} ${size} ${ino}`,
      () => 'unreadable',
    );
  }
}

const UNREADABLE: Refusal = {
  code: 'ERR_MTLS_REVOCATION_SOURCE',
  required: 'a deny-list that can be read',
  found: 'none',
};

function publishLoaded(source: string, entries: number): void {
  publish({family: 'revocation', phase: 'loaded', kind: 'deny-list', source, entries});
}

function publishFailure(source: string, error: unknown): void {
  if (!(error instanceof MtlsError)) throw error;
  const why = error.refusal;
  publish({family: 'revocation', phase: 'failed', kind: 'deny-list', source, why});
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
