import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync} from 'node:fs';
import {join} from 'node:path';
import {describe as describeRefusal} from '../../src/errors';
import type {MtlsOptions} from '../../src/server/options';
import {Folder, get, issueClient, Recorder, start} from '../server/harness';
import type {Running} from '../server/harness';
import {presented, replace, rotatingOptions} from './rotation';

/** Every file a configuration may be made of, and the one whose content it gets when two are swapped. */
const FILES = {
  'server.key': 'server.crt',
  'server.crt': 'server.key',
  'clients-ca.crt': 'clients.crl',
  'clients.crl': 'clients-ca.crt',
  'deny-list.json': 'mtls.json',
  'mtls.json': 'deny-list.json',
} as const;

type Damage = (path: string, other: string) => void;

/** What may become of any of them. Nothing of it may hang, fill the memory or change what is trusted. */
const DAMAGES: Readonly<Record<string, Damage>> = {
  'is cut in half': path => {
    const content = readFileSync(path);
    replace(path, content.subarray(0, content.length / 2));
  },
  'is empty': path => {
    replace(path, '');
  },
  'holds nonsense': path => {
    replace(path, Buffer.alloc(1_000, 0x8a));
  },
  'holds what belongs into another': (path, other) => {
    replace(path, readFileSync(other));
  },
  'is missing': path => {
    rmSync(path);
  },
  'is an empty folder': path => {
    rmSync(path);
    mkdirSync(path);
  },
  'is a pipe into which nobody writes': path => {
    rmSync(path);
    execFileSync('mkfifo', ['-m', '600', path]);
  },
  'is a link to itself': path => {
    rmSync(path);
    symlinkSync(path, path);
  },
  'is a link to a device without end': path => {
    rmSync(path);
    symlinkSync('/dev/zero', path);
  },
  'is a link to the root of the disk': path => {
    rmSync(path);
    symlinkSync('/', path);
  },
  'has a gigabyte': path => {
    truncateSync(path, 2 ** 30);
  },
};

describe('a server goes on exactly as it was, and says why,', () => {
  const alice = issueClient();
  const folder = new Folder();
  const recorder = Recorder.ofBlock('reload');
  const at = (name: string): string => join(folder.path, name);
  let server: Running;
  let certificate: string;

  before(async () => {
    const {clients, ...others} = rotatingOptions(folder);
    const revocation = {denyList: folder.write('deny-list.json', JSON.stringify([{principal: 'mallory'}]))};
    const options = {...others, clients: {...clients, revocation}, reload: {watch: 'off'}};
    process.env['MTLS_CONFIG'] = folder.write('mtls.json', JSON.stringify(options));
    server = await start({} as MtlsOptions);
    certificate = await presented(server.port, alice);
  });
  after(async () => {
    delete process.env['MTLS_CONFIG'];
    await server.stop();
    folder.remove();
  });

  for (const [name, other] of Object.entries(FILES))
    for (const [what, damage] of Object.entries(DAMAGES))
      it(`when ${name} ${what}`, async () => {
        const {snapshot} = server.mtls;
        const content = readFileSync(at(name));
        damage(at(name), at(other));
        try {
          await assert.rejects(server.mtls.reload(), {name: 'ConfigError'});
          const event = recorder.of('reload').at(-1);
          assert.equal(event?.phase, 'rejected');
          assert.ok(event.faults.length > 0 && event.faults.every(({remedy}) => remedy !== ''));
          assert.ok(
            event.faults.map(describeRefusal).join().includes(at(name)),
            event.faults.map(describeRefusal).join(),
          );
          assert.equal(server.mtls.snapshot, snapshot);
          assert.equal(await presented(server.port, alice), certificate);
          assert.equal((await get(server.port, alice)).status, 200);
        } finally {
          rmSync(at(name), {recursive: true, force: true});
          replace(at(name), content);
        }
        assert.equal(await server.mtls.reload(), 'unchanged');
      });
});
