import assert from 'node:assert/strict';
import {setTimeout as delay} from 'node:timers/promises';
import {dangerouslyAllowUnknownRevocation} from '../../src/danger';
import {ConfigError} from '../../src/errors';
import type {DenyListStore} from '../../src/server/deny-list-store';
import type {ClientOptions, MtlsOptions} from '../../src/server/options';
import type {RevocationOptions} from '../../src/server/revocation-options';
import {SharedDenyList, STORE_LIFETIME_MS} from '../../src/server/shared-deny-list';
import type {DenyEntry, DenyEntryText} from '../../src/trust/deny-list';
import type {RevocationStatus} from '../../src/trust/revocation';
import {parseCertificate} from '../../src/x509/certificate';
import {clientRoot, closed, Folder, issueClient, open, Recorder, start, workingOptions} from './harness';
import type {Running} from './harness';

const TIMEOUT_MS = 100;
const never = (): Promise<never> => new Promise<never>(() => undefined);
const mallory: DenyEntry = {subject: {kind: 'principal', id: 'mallory'}, since: new Date(0), reason: 'unspecified'};

/** A store in this process, which can be made to fail in every way. */
class Store implements DenyListStore {
  readonly name = 'a shared store';
  readonly entries: DenyEntryText[] = [];
  loads = 0;
  unwatched = 0;
  notify: () => void = () => undefined;

  load(): Promise<readonly unknown[]> {
    this.loads++;
    return Promise.resolve([...this.entries]);
  }

  add(entry: DenyEntryText): Promise<void> {
    this.entries.push(entry);
    this.notify();
    return Promise.resolve();
  }

  watch(onChange: () => void): Promise<() => Promise<void>> {
    this.notify = onChange;
    return Promise.resolve(() => {
      this.unwatched++;
      return Promise.resolve();
    });
  }
}

describe('a shared deny-list', () => {
  const recorder = Recorder.ofBlock('revocation', 'refusal', 'start');
  const folder = new Folder();
  let store: Store;
  let running: Running | undefined;

  beforeEach(() => {
    store = new Store();
    recorder.events.length = 0;
  });
  afterEach(async () => {
    await running?.stop();
    running = undefined;
  });
  after(() => {
    folder.remove();
  });

  async function serve(denyListStore: DenyListStore = store, more: RevocationOptions = {}): Promise<Running> {
    const options = workingOptions(folder);
    const revocation = {
      unknown: 'deny-list-only',
      network: {timeoutMs: TIMEOUT_MS},
      denyListStore,
      ...more,
    } as const;
    running = await start({...options, clients: {...options.clients, revocation}});
    return running;
  }

  const listOf = (of: DenyListStore): SharedDenyList => new SharedDenyList(of, TIMEOUT_MS, () => undefined);
  const told = (): readonly string[] => recorder.of('revocation').map(({phase}) => phase);

  for (const [name, broken] of [
    ['load() never ends', {load: never}],
    ['load() fails', {load: () => Promise.reject(new Error('redis://:hunter2@host'))}],
    ['watch() never ends', {watch: never}],
    ['watch() fails', {watch: () => Promise.reject(new Error('redis://:hunter2@host'))}],
  ] as const) {
    it(`does not start where ${name}, and says where and what to do`, async () => {
      const failing: DenyListStore = Object.assign(new Store(), broken);
      await assert.rejects(serve(failing), (error: unknown) => {
        assert.ok(error instanceof ConfigError && !error.message.includes('hunter2'));
        const [{code, where, remedy} = {code: '', where: '', remedy: ''}] = error.faults;
        assert.deepEqual([code, where], ['ERR_MTLS_REVOCATION_SOURCE', 'clients.revocation.denyListStore']);
        return remedy.startsWith('make the store answer');
      });
      assert.ok(recorder.of('start').some(({phase}) => phase === 'refused'));
    });
  }

  it('ends a watch that came too late', async () => {
    let begin: (end: () => Promise<void>) => void = () => undefined;
    store.watch = () => new Promise(resolve => (begin = resolve));
    await assert.rejects(serve(), {code: 'ERR_MTLS_REVOCATION_SOURCE'});
    let ended = 0;
    begin(() => {
      ended++;
      return Promise.resolve();
    });
    await delay(1);
    assert.equal(ended, 1);
  });

  it('holds what was added between its first reading and its watch', async () => {
    const watch = store.watch.bind(store);
    store.watch = async onChange => {
      await store.add({principal: 'spiffe://clinic.example/alice'});
      return watch(onChange);
    };
    const {port} = await serve();
    await closed(await open(port, issueClient()));
    assert.equal((await recorder.next('refusal')).why.code, 'ERR_MTLS_REVOKED');
  });

  it('is read again after a notice that came during a reading', async () => {
    const list = listOf(store);
    await list.read();
    await list.watch();
    let answer: (entries: readonly unknown[]) => void = () => undefined;
    store.load = () => new Promise(resolve => (answer = resolve));
    const reading = list.read();
    store.notify();
    store.load = () => Promise.resolve([{principal: 'mallory'}]);
    answer([]);
    await reading;
    await delay(1);
    assert.equal(list.entries.length, 1);
    await list.stop();
  });

  it('asks a store that never answers a few times only, and again once it answers', async () => {
    const list = listOf(store);
    const waiting: (() => void)[] = [];
    store.load = () => {
      store.loads++;
      return new Promise(resolve =>
        waiting.push(() => {
          resolve([]);
        }),
      );
    };
    const first = list.read();
    assert.equal(list.read(), first, 'one reading at a time');
    await first;
    for (let reads = 1; reads < 8; reads++) assert.equal((await list.read())?.code, 'ERR_MTLS_REVOCATION_SOURCE');
    assert.equal(store.loads, 4);
    waiting.forEach(end => {
      end();
    });
    await delay(1);
    store.load = Store.prototype.load.bind(store);
    assert.equal(await list.read(), undefined);
    assert.deepEqual(told(), ['failed', 'failed', 'loaded'], 'each way to fail is told once, and that it works again');
  });

  it('counts for an hour after it was read, and not a millisecond longer', async () => {
    const list = listOf(store);
    assert.equal(list.statusAt(new Date(), undefined).status, 'unknown', 'nothing was read yet');
    const before = Date.now();
    await list.read();
    const after = Date.now();
    const at = (ms: number): string => list.statusAt(new Date(ms), undefined).status;
    assert.equal(at(before + STORE_LIFETIME_MS), 'good');
    assert.equal(at(after + STORE_LIFETIME_MS + 1), 'unknown');
    assert.equal(at(after - 60_000), 'good');
    assert.equal(at(before - 60_001), 'unknown', 'our clock was set back: the reading is of the future');
  });

  it('counts longer by a grace, which shows', async () => {
    const list = listOf(store);
    await list.read();
    const grace = {hours: 1, until: new Date(Date.now() + 9 * STORE_LIFETIME_MS)};
    const later = new Date(Date.now() + STORE_LIFETIME_MS + 1_000);
    const status = list.statusAt(later, grace);
    assert.ok(status.status === 'good' && status.grace?.source === 'a shared store');
    assert.equal(list.statusAt(new Date(later.getTime() + STORE_LIFETIME_MS), grace).status, 'unknown');
  });

  it('has a reader who waits ask again only when it has to, and not at once after a failure', async () => {
    const list = listOf(store);
    await list.read();
    await list.readIfStale();
    assert.equal(store.loads, 1);
    const empty = listOf(store);
    store.load = () => {
      store.loads++;
      return Promise.reject(new Error('down'));
    };
    await empty.readIfStale();
    await empty.readIfStale();
    assert.equal(store.loads, 2);
  });

  it('shuts somebody out here although the store does not take the entry, and tells the caller', async () => {
    const {mtls, port} = await serve();
    const socket = await open(port, issueClient());
    const end = closed(socket);
    await delay(50);
    store.add = never;
    await assert.rejects(mtls.revoke({principal: 'spiffe://clinic.example/alice'}), {
      code: 'ERR_MTLS_REVOCATION_SOURCE',
    });
    await end;
    assert.equal((await recorder.next('refusal')).why.code, 'ERR_MTLS_REVOKED');
  });

  it('lets a server close although the store never ends its watch', async () => {
    const watch = store.watch.bind(store);
    store.watch = async onChange => {
      await watch(onChange);
      return never;
    };
    const server = await serve();
    await server.stop();
    assert.deepEqual(told(), ['loaded', 'failed']);
  });

  it('is written as it is read', async () => {
    const list = listOf(store);
    await list.add(mallory);
    await list.read();
    assert.deepEqual(list.entries, [mallory]);
  });

  describe('that could not be read for two hours', () => {
    const inHours = (hours: number): Date => new Date(Date.now() + hours * STORE_LIFETIME_MS);
    const why = {reason: 'a test of the policy', until: inHours(3)};
    const crl = (): string => folder.write('long.crl', clientRoot.issueCrl({nextUpdate: inHours(48)}).der);

    /** What a server says of a client that nobody calls revoked. */
    async function statusBy(clients: Partial<ClientOptions>, more: Partial<MtlsOptions> = {}): Promise<string> {
      const options = workingOptions(folder);
      running = await start({...options, clients: {ca: options.clients.ca, ...clients}, ...more});
      const {revocation, anchors} = running.mtls.snapshot;
      const [anchor] = anchors;
      assert.ok(anchor);
      const subject = parseCertificate(issueClient().certificate);
      const statusAt = (at: Date): RevocationStatus => revocation.statusOf(subject, anchor.certificate, anchor, at);
      assert.equal(statusAt(inHours(0)).status, 'good');
      const later = statusAt(inHours(2));
      return later.status === 'good' && later.grace ? `good by the grace of ${later.grace.source}` : later.status;
    }

    it('vouches for nobody, though a CRL does', async () => {
      assert.equal(await statusBy({crl: crl(), revocation: {denyListStore: store}}), 'unknown');
    });

    it('vouches for nobody where it is all there is', async () => {
      assert.equal(await statusBy({revocation: {unknown: 'deny-list-only', denyListStore: store}}), 'unknown');
    });

    it('counts on under a soft fail', async () => {
      const revocation = {denyListStore: store, unknown: {graceHours: 12, ...why}};
      assert.equal(await statusBy({crl: crl(), revocation}), 'good by the grace of a shared store');
    });

    it('is let through by the weakening', async () => {
      const danger = [dangerouslyAllowUnknownRevocation(why)];
      assert.equal(await statusBy({revocation: {denyListStore: store}}, {danger}), 'good');
    });

    it('is let through by no weakening that has ended', async () => {
      const danger = [dangerouslyAllowUnknownRevocation({...why, until: inHours(1)})];
      assert.equal(await statusBy({crl: crl(), revocation: {denyListStore: store}}, {danger}), 'unknown');
    });
  });
});
