import assert from 'node:assert/strict';
import {spawn, spawnSync} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {setTimeout as delay} from 'node:timers/promises';
import {inspect} from 'node:util';
import {createClient} from 'redis';
import {MtlsError} from '../../src/errors';
import {redisDenyList} from '../../src/server/deny-list-store';
import type {DenyListStore} from '../../src/server/deny-list-store';
import {parseCertificate} from '../../src/x509/certificate';
import {closed, Folder, get, issueClient, open, Recorder, start, workingOptions} from './harness';
import type {Running} from './harness';

const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

if (hasRedis)
  describe('a deny-list shared over Redis', () => {
    const folder = new Folder();
    const recorder = Recorder.ofBlock('refusal', 'revocation');
    const socketPath = `${folder.path}/redis.sock`;
    const client = createClient({socket: {path: socketPath, tls: false}});
    const running: Running[] = [];
    let redis: ChildProcess;

    before(async () => {
      redis = spawn('redis-server', ['--port', '0', '--unixsocket', socketPath, '--save', '', '--dir', folder.path], {
        stdio: 'ignore',
      });
      client.on('error', () => undefined);
      await client.connect();
    });
    beforeEach(async () => {
      await client.flushAll();
      recorder.events.length = 0;
    });
    afterEach(async () => {
      for (const server of running.splice(0)) await server.stop();
    });
    after(async () => {
      recorder.stop();
      await client.close();
      redis.kill();
      folder.remove();
    });

    async function serve(store: DenyListStore = redisDenyList(client)): Promise<Running> {
      const options = workingOptions(folder);
      const revocation = {unknown: 'deny-list-only', denyListStore: store} as const;
      const server = await start({...options, clients: {...options.clients, revocation}, audit: {sink: 'none'}});
      running.push(server);
      return server;
    }

    const alice = issueClient();
    const certificate = parseCertificate(alice.certificate).fingerprint;

    it('closes a connection at one instance when another revokes', async () => {
      const [here, there] = [await serve(), await serve()];
      const socket = await open(here.port, alice);
      const end = closed(socket);
      await delay(50);
      await there.mtls.revoke({certificate, reason: 'lost'});
      await end;
      assert.deepEqual(
        recorder.of('refusal').map(({why, stage}) => [why.code, stage]),
        [['ERR_MTLS_REVOKED', 'open']],
      );
    });

    it('is in force at an instance from its first connection on', async () => {
      const first = await serve();
      await first.mtls.revoke({certificate});
      const later = await serve();
      await assert.rejects(get(later.port, alice));
    });

    it('keeps the entries it had when Redis holds nonsense', async () => {
      const {mtls, port} = await serve();
      await mtls.revoke({certificate});
      for (const nonsense of ['{', '{}', '7']) {
        recorder.events.length = 0;
        await client.sAdd('mtls:deny-list', nonsense);
        await client.publish('mtls:deny-list', '');
        const event = await recorder.next('revocation');
        assert.equal(event.phase, 'failed');
        await assert.rejects(get(port, alice));
        await client.sRem('mtls:deny-list', nonsense);
      }
    });

    it('does not start where the store cannot be read, and does not tell what an error of the store said, which may hold a password', async () => {
      const store = {...redisDenyList(client), load: () => Promise.reject(new Error('redis://:hunter2@host'))};
      await assert.rejects(serve(store), (error: unknown) => {
        assert.ok(error instanceof MtlsError && error.code === 'ERR_MTLS_REVOCATION_SOURCE');
        return !inspect(error).includes('hunter2');
      });
    });

    it('does not start where the store cannot be watched', async () => {
      const store = {...redisDenyList(client), watch: () => Promise.reject(new Error('no'))};
      await assert.rejects(serve(store));
    });
  });
