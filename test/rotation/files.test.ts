import assert from 'node:assert/strict';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import type {ReloadEvent} from '../../src/audit/events';
import {describe as describeRefusal} from '../../src/errors';
import {createAuthority} from '../../src/pki/authority';
import {clientRoot, Folder, get, issueClient, issueServer, Recorder, start} from '../server/harness';
import type {Running} from '../server/harness';
import {presented, replace, rotatingOptions} from './rotation';

/** Ways to break the files of a running server, and what the event has to name. */
const BREAKAGES: readonly (readonly [string, (file: (name: string) => string) => void, RegExp])[] = [
  [
    'a truncated certificate',
    file => {
      replaceHalf(file('server.crt'));
    },
    /server\.crt/,
  ],
  [
    'an empty key',
    file => {
      replace(file('server.key'), '');
    },
    /server\.key is empty/,
  ],
  [
    'an empty CA bundle',
    file => {
      replace(file('clients-ca.crt'), '');
    },
    /clients-ca\.crt is empty/,
  ],
  [
    'a truncated CA bundle',
    file => {
      replaceHalf(file('clients-ca.crt'));
    },
    /clients-ca\.crt/,
  ],
  [
    'a truncated CRL',
    file => {
      replaceHalf(file('clients.crl'));
    },
    /clients\.crl/,
  ],
  [
    'a missing certificate',
    file => {
      rmSync(file('server.crt'));
    },
    /server\.crt/,
  ],
  [
    'a missing CA bundle',
    file => {
      rmSync(file('clients-ca.crt'));
    },
    /clients-ca\.crt/,
  ],
  [
    'a key that others can read',
    file => {
      chmodSync(file('server.key'), 0o644);
    },
    /mode 0644 on .*server\.key/,
  ],
  [
    'the key of another certificate',
    file => {
      replace(file('server.key'), issueServer().exportKeyPem());
    },
    /another key in .*server\.key/,
  ],
  [
    'key and certificate swapped',
    file => {
      swap(file('server.key'), file('server.crt'));
    },
    /server\.key/,
  ],
  [
    'a certificate that has expired',
    file => {
      replaceServer(file, {notBefore: hoursAhead(-2), notAfter: hoursAhead(-1)});
    },
    /server\.crt/,
  ],
  [
    'a CRL of another CA',
    file => {
      replace(file('clients.crl'), createAuthority({subject: {commonName: 'Other'}}).issueCrl().pem);
    },
    /clients\.crl/,
  ],
  [
    'a leaf as client CA',
    file => {
      replace(file('clients-ca.crt'), issueClient().pem);
    },
    /clients-ca\.crt/,
  ],
];

function replaceHalf(path: string): void {
  const content = readFileSync(path);
  replace(path, content.subarray(0, content.length / 2));
}

function swap(a: string, b: string): void {
  const content = readFileSync(a);
  replace(a, readFileSync(b));
  replace(b, content);
}

function hoursAhead(hours: number): Date {
  return new Date(Date.now() + hours * 3_600_000);
}

function replaceServer(file: (name: string) => string, validity: {notBefore: Date; notAfter: Date}): void {
  const server = issueServer({validity});
  replace(file('server.key'), server.exportKeyPem());
  replace(file('server.crt'), server.pem);
}

describe('a server whose files change', () => {
  const alice = issueClient();
  let folder: Folder;
  let server: Running;
  let recorder: Recorder;
  const file = (name: string): string => join(folder.path, name);

  beforeEach(async () => {
    folder = new Folder();
    recorder = new Recorder('reload');
    server = await start(rotatingOptions(folder));
  });
  afterEach(async () => {
    recorder.stop();
    await server.stop();
    folder.remove();
  });

  async function nextReload(number = 1): Promise<ReloadEvent> {
    return recorder.next('reload', number);
  }

  it('presents the new certificate', async () => {
    const renewed = issueServer();
    replace(file('server.key'), renewed.exportKeyPem());
    replace(file('server.crt'), renewed.pem);
    const {phase, trigger, changed, generation} = await nextReload();
    assert.deepEqual(
      {phase, trigger, changed, generation},
      {phase: 'applied', trigger: 'file', changed: ['credentials'], generation: 2},
    );
    assert.equal(await presented(server.port, alice), renewed.pem);
  });

  it('trusts a CA that was added, and ends who lost trust', async () => {
    const partner = createAuthority({subject: {commonName: 'Partner'}});
    const guest = issueClient({}, partner);
    await assert.rejects(get(server.port, guest));
    replace(file('clients.crl'), clientRoot.issueCrl().pem + partner.issueCrl().pem);
    replace(file('clients-ca.crt'), clientRoot.pem + partner.pem);
    await delay(0);
    while (server.mtls.snapshot.anchors.length < 2) await delay(10);
    assert.equal((await get(server.port, guest)).status, 200);
    replace(file('clients.crl'), clientRoot.issueCrl().pem);
    replace(file('clients-ca.crt'), clientRoot.pem);
    while (server.mtls.snapshot.anchors.length > 1) await delay(10);
    await assert.rejects(get(server.port, guest));
    assert.equal((await get(server.port, alice)).status, 200);
  });

  for (const [name, damage, named] of BREAKAGES) {
    it(`goes on with what it had after ${name}`, async () => {
      const {snapshot} = server.mtls;
      const before = await presented(server.port, alice);
      damage(file);
      const event = await nextReload();
      assert.equal(event.phase, 'rejected');
      assert.ok(event.faults.length > 0);
      assert.match(event.faults.map(describeRefusal).join('\n'), named);
      assert.ok(event.faults.every(({remedy}) => remedy !== ''));
      assert.equal(server.mtls.snapshot, snapshot);
      assert.equal(await presented(server.port, alice), before);
      assert.equal((await get(server.port, alice)).status, 200);
      await assert.rejects(server.mtls.reload(), {name: 'ConfigError'});
      assert.equal(server.mtls.snapshot, snapshot);
    });
  }

  it('says that nothing changed when the files are put back', async () => {
    const content = readFileSync(file('clients.crl'));
    replace(file('clients.crl'), 'nonsense');
    assert.equal((await nextReload()).phase, 'rejected');
    replace(file('clients.crl'), content);
    assert.equal((await nextReload(2)).phase, 'unchanged');
    assert.equal(await server.mtls.reload(), 'unchanged');
    assert.equal(server.mtls.snapshot.generation, 1);
  });

  it('waits for an editor that writes in place', async () => {
    const renewed = issueServer();
    const [head, tail] = [renewed.pem.slice(0, 200), renewed.pem.slice(200)];
    writeFileSync(file('server.key'), renewed.exportKeyPem());
    writeFileSync(file('server.crt'), head);
    for (const letter of tail.match(/[^]{1,80}/g) ?? []) {
      await delay(20);
      appendFileSync(file('server.crt'), letter);
    }
    const {phase} = await nextReload();
    assert.equal(phase, 'applied');
    assert.equal(await presented(server.port, alice), renewed.pem);
  });

  it('reloads on SIGHUP, and no longer after it is closed', async () => {
    const before = process.listenerCount('SIGHUP');
    replace(file('clients.crl'), clientRoot.issueCrl({number: 7}).pem);
    process.kill(process.pid, 'SIGHUP');
    const {phase, trigger} = await nextReload();
    assert.equal(phase, 'applied', JSON.stringify(recorder.events));
    assert.match(trigger, /signal|file/);
    await server.stop();
    assert.equal(process.listenerCount('SIGHUP'), before - 1);
  });

  it('makes one reload of many calls', async () => {
    replace(file('clients.crl'), clientRoot.issueCrl({number: 8}).pem);
    const outcomes = await Promise.all(Array.from({length: 20}, () => server.mtls.reload()));
    assert.ok(outcomes.every(outcome => outcome === outcomes[0]));
    assert.equal(server.mtls.snapshot.generation, 2);
  });
});

describe('a server in a Kubernetes volume', () => {
  const folder = new Folder();
  const alice = issueClient();

  /** What the kubelet does: a new folder, then the link `..data` moved over the old one, then the old folder removed. */
  function project(version: number, files: Readonly<Record<string, string>>): void {
    const stamped = join(folder.path, `..2026_${version}`);
    mkdirSync(stamped);
    for (const [name, content] of Object.entries(files)) writeFileSync(join(stamped, name), content, {mode: 0o440});
    symlinkSync(`..2026_${version}`, join(folder.path, '..data_tmp'));
    renameSync(join(folder.path, '..data_tmp'), join(folder.path, '..data'));
    if (version > 1) rmSync(join(folder.path, `..2026_${version - 1}`), {recursive: true});
  }

  after(() => {
    folder.remove();
  });

  for (const watch of ['by notices', 'by looking'] as const) {
    it(`follows the swapped link, ${watch}`, async () => {
      const recorder = new Recorder('reload');
      const secret = {'tls.crt': '', 'tls.key': '', 'ca.crt': clientRoot.pem};
      rmSync(folder.path, {recursive: true});
      mkdirSync(folder.path);
      const first = issueServer();
      project(1, {...secret, 'tls.crt': first.pem, 'tls.key': first.exportKeyPem()});
      for (const name of Object.keys(secret)) symlinkSync(join('..data', name), join(folder.path, name));
      const at = (name: string): string => join(folder.path, name);
      const server = await start({
        server: {key: at('tls.key'), cert: at('tls.crt')},
        clients: {ca: at('ca.crt'), revocation: {unknown: 'deny-list-only'}},
        identity: {rules: [{when: {organizationalUnit: 'Clinicians'}, roles: ['clinician'], id: 'san.uri'}]},
        audit: {sink: 'none'},
        reload: {debounceMs: 20, pollIntervalMs: watch === 'by looking' ? 100 : 3_600_000},
      });
      try {
        for (const version of [2, 3]) {
          const renewed = issueServer();
          project(version, {...secret, 'tls.crt': renewed.pem, 'tls.key': renewed.exportKeyPem()});
          const reload = await recorder.next('reload', version - 1);
          assert.equal(reload.phase, 'applied', JSON.stringify(reload));
          assert.equal(await presented(server.port, alice), renewed.pem);
        }
      } finally {
        recorder.stop();
        await server.stop();
      }
    });
  }
});
