import assert from 'node:assert/strict';
import {chmodSync, mkdirSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {MtlsOptions} from '../../src/server/options';
import {clientRoot, Folder, get, issueClient, issueServer, Recorder, start} from '../server/harness';
import {presented} from './rotation';

/** What docs/rotation.md describes, done by hand as these programs do it. */
describe('the recipe', () => {
  const alice = issueClient();
  const issued = (): {cert: string; key: string} => {
    const server = issueServer();
    return {cert: server.pem, key: server.exportKeyPem()};
  };
  let folder: Folder;
  let recorder: Recorder;
  beforeEach(() => {
    folder = new Folder();
    recorder = new Recorder('reload');
  });
  afterEach(() => {
    recorder.stop();
    folder.remove();
  });

  function options(paths: {key: string; cert: string; ca: string}): MtlsOptions {
    return {
      server: {key: paths.key, cert: paths.cert},
      clients: {ca: paths.ca, revocation: {unknown: 'deny-list-only'}},
      identity: {rules: [{when: {organizationalUnit: 'Clinicians'}, roles: ['clinician'], id: 'san.uri'}]},
      audit: {sink: 'none'},
      reload: {debounceMs: 20},
    };
  }

  it('for systemd credentials: a read-only folder, and SIGHUP after it was filled again', async () => {
    const credentials = join(folder.path, 'credentials');
    const fill = (): string => {
      const {cert, key} = issued();
      // What `systemctl reload` does with a new mount: the folder is there anew, and nothing in it can be written.
      rmSync(credentials, {recursive: true, force: true});
      mkdirSync(credentials);
      for (const [name, content] of Object.entries({
        'server.key': key,
        'server.crt': cert,
        'clients-ca.crt': clientRoot.pem,
      }))
        writeFileSync(join(credentials, name), content, {mode: 0o400});
      chmodSync(credentials, 0o500);
      return cert;
    };
    fill();
    const at = (name: string): string => join(credentials, name);
    const paths = {key: at('server.key'), cert: at('server.crt'), ca: at('clients-ca.crt')};
    const server = await start({...options(paths), reload: {watch: 'off', signal: 'SIGHUP'}});
    chmodSync(credentials, 0o700);
    const cert = fill();
    process.kill(process.pid, 'SIGHUP');
    const {phase, trigger} = await recorder.next('reload');
    assert.deepEqual([phase, trigger], ['applied', 'signal']);
    assert.equal(await presented(server.port, alice), cert);
    chmodSync(credentials, 0o700);
    await server.stop();
  });

  it('for Vault agent: templates rendered one after the other, each renamed into place', async () => {
    const render = (name: string, content: string, mode: number): void => {
      const temporary = join(folder.path, `${name}.${process.pid}.tmp`);
      writeFileSync(temporary, content);
      chmodSync(temporary, mode);
      renameSync(temporary, join(folder.path, name));
    };
    const first = issued();
    render('server.pem', first.cert, 0o644);
    render('server.key', first.key, 0o600);
    render('clients.pem', clientRoot.pem, 0o644);
    const at = (name: string): string => join(folder.path, name);
    const server = await start(options({key: at('server.key'), cert: at('server.pem'), ca: at('clients.pem')}));
    const next = issued();
    render('server.pem', next.cert, 0o644);
    // The agent renders the second template when the first is done: in between nothing fits together.
    const {phase} = await recorder.next('reload');
    assert.equal(phase, 'rejected');
    assert.equal(await presented(server.port, alice), first.cert);
    render('server.key', next.key, 0o600);
    assert.equal((await recorder.next('reload', 2)).phase, 'applied');
    assert.equal(await presented(server.port, alice), next.cert);
    assert.equal((await get(server.port, alice)).status, 200);
    await server.stop();
  });

  it('for PKCS#12: key and chain in one file, so that no moment is in between', async () => {
    const pack = (server: ReturnType<typeof issueServer>): Buffer => server.exportPkcs12('open sesame', 'server');
    const bundle = folder.write('server.p12', pack(issueServer()));
    const others = options({key: '', cert: '', ca: folder.write('ca.pem', clientRoot.pem)});
    const passphrase = folder.write('passphrase', 'open sesame');
    const server = await start({...others, server: {pkcs12: bundle, passphrase}});
    const renewed = issueServer();
    folder.write('server.p12.tmp', pack(renewed));
    renameSync(join(folder.path, 'server.p12.tmp'), bundle);
    assert.equal((await recorder.next('reload')).phase, 'applied');
    assert.equal(await presented(server.port, alice), renewed.pem);
    await server.stop();
  });

  it('for a JSON configuration: other identity rules without a restart', async () => {
    const {cert, key} = issued();
    const written = (roles: readonly string[]): string =>
      JSON.stringify({
        server: {key: 'server.key', cert: 'server.crt'},
        clients: {ca: 'clients.crt', revocation: {unknown: 'deny-list-only'}},
        identity: {rules: [{when: {organizationalUnit: 'Clinicians'}, roles, id: 'san.uri'}]},
        audit: {sink: 'none'},
        reload: {debounceMs: 20},
      });
    folder.write('server.key', key);
    folder.write('server.crt', cert);
    folder.write('clients.crt', clientRoot.pem);
    const config = folder.write('mtls.json', written(['clinician']));
    process.env['MTLS_CONFIG'] = config;
    const authentications = new Recorder('authentication');
    try {
      const server = await start({} as MtlsOptions);
      await get(server.port, alice);
      folder.write('mtls.json', `${written(['clinician'])}\n`);
      assert.equal((await recorder.next('reload')).phase, 'unchanged');
      folder.write('mtls.json', written(['auditor']));
      const {phase, changed} = await recorder.next('reload', 2);
      assert.deepEqual({phase, changed}, {phase: 'applied', changed: ['identity']});
      await get(server.port, alice);
      assert.deepEqual(authentications.of('authentication').at(-1)?.roles, ['auditor']);
      folder.write('mtls.json', '{');
      const broken = await recorder.next('reload', 3);
      assert.equal(broken.phase, 'rejected');
      assert.match(broken.faults[0]?.found ?? '', /mtls\.json, which is not JSON/);
      await get(server.port, alice);
      await server.stop();
    } finally {
      delete process.env['MTLS_CONFIG'];
      authentications.stop();
    }
  });
});
