import assert from 'node:assert/strict';
import {mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {describe as describeRefusal} from '../../src/errors';
import type {ConfigFault} from '../../src/errors';
import {readCandidate} from '../../src/server/reload/candidate';
import {FileWatch} from '../../src/server/reload/file-watch';
import {Reloader} from '../../src/server/reload/reloader';
import {resolveReload} from '../../src/server/reload/settings';
import {clientRoot, Folder, issueClient, issueServer, Recorder, start} from '../server/harness';
import {deferred, presented, replace, rotatingOptions} from './rotation';

describe('a reload', () => {
  const recorder = Recorder.ofBlock('reload');
  let folder: Folder;
  beforeEach(() => {
    folder = new Folder();
    recorder.events.length = 0;
  });
  afterEach(() => {
    folder.remove();
  });

  it('asks each function of the configuration once, and takes what it gives', async () => {
    const options = rotatingOptions(folder);
    let issued = issueServer();
    const asked: string[] = [];
    const key = (): string => {
      asked.push('key');
      return issued.exportKeyPem();
    };
    process.env['CLIENTS_CA'] = clientRoot.pem;
    const server = await start({
      ...options,
      server: {key, cert: () => Promise.resolve(issued.pem)},
      clients: {...options.clients, ca: {env: 'CLIENTS_CA'}},
    });
    try {
      asked.length = 0;
      issued = issueServer();
      assert.equal(await server.mtls.reload(), 'applied');
      assert.deepEqual(asked, ['key']);
      assert.equal(await presented(server.port, issueClient()), issued.pem);
      assert.equal(await server.mtls.reload(), 'unchanged');
      process.env['CLIENTS_CA'] = '';
      await assert.rejects(server.mtls.reload(), /environment variable CLIENTS_CA is empty/);
    } finally {
      delete process.env['CLIENTS_CA'];
      await server.stop();
    }
  });

  /** A reloader of real files, and what it adopts with. */
  async function reloaderOf(
    adopt: () => Promise<readonly ConfigFault[]>,
    retryMs: number,
  ): Promise<{readonly reloader: Reloader; readonly begin: () => Promise<void>}> {
    const options = rotatingOptions(folder);
    const read = (): ReturnType<typeof readCandidate> => readCandidate(options, {}, new Date());
    const inForce = await read();
    const settings = resolveReload({debounceMs: 10, signal: 'none'});
    const reloader = new Reloader({read, adopt, generation: () => 1}, settings, inForce, retryMs);
    return {reloader, begin: () => reloader.start(inForce)};
  }

  it('that was rejected is tried again although no file changes', async () => {
    const attempts: readonly (readonly ConfigFault[])[] = [[BUSY], [BUSY], []];
    let attempt = 0;
    const {reloader, begin} = await reloaderOf(() => Promise.resolve(attempts[attempt++] ?? []), 20);
    await begin();
    replace(join(folder.path, 'clients.crl'), clientRoot.issueCrl({number: 2}).pem);
    await recorder.next('reload', 3);
    await reloader.stop();
    assert.deepEqual(
      recorder.of('reload').map(({phase}) => phase),
      ['rejected', 'rejected', 'applied'],
    );
  });

  it('that fails in a way nobody thought of is rejected with what was thrown', async () => {
    const thrown: readonly (readonly [unknown, RegExp])[] = [
      [new Error('out of memory'), /found out of memory/],
      ['a string', /found something thrown that is no error/],
    ];
    for (const [what, found] of thrown) {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- code of others may
      const {reloader} = await reloaderOf(() => Promise.reject(what), 60_000);
      replace(join(folder.path, 'clients.crl'), clientRoot.issueCrl({number: 2}).pem);
      await assert.rejects(reloader.reload('call'), {name: 'ConfigError'});
      assert.match(recorder.of('reload').at(-1)?.faults.map(describeRefusal).join() ?? '', found);
      await reloader.stop();
    }
  });

  it('comes when a folder appears that was not there', async () => {
    const path = join(folder.path, 'later', 'server.crt');
    const changed = deferred<string>();
    const watch = new FileWatch({debounceMs: 1, pollIntervalMs: 20}, () => {
      changed.resolve('changed');
    });
    await watch.watch([path], `${path} ENOENT`);
    mkdirSync(join(folder.path, 'later'));
    folder.write(join('later', 'server.crt'), 'a certificate');
    assert.equal(await changed.promise, 'changed');
    watch.stop();
  });
});

const BUSY: ConfigFault = {
  code: 'ERR_MTLS_REHEARSAL',
  where: 'rehearsal',
  required: 'an outcome',
  found: 'none',
  remedy: 'wait',
};
