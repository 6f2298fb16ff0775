import assert from 'node:assert/strict';
import type {ServerResponse} from 'node:http';
import {closed, Folder, get, issueClient, open, received, Recorder, start} from '../server/harness';
import {deferred, rotatingOptions} from './rotation';

const REQUEST = 'GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n';

describe('a server that is stopped', () => {
  const alice = issueClient();
  let folder: Folder;
  beforeEach(() => {
    folder = new Folder();
  });
  afterEach(() => {
    folder.remove();
  });

  it('is no longer ready at once, and answers what is under way', async () => {
    const waiting = deferred<ServerResponse>();
    const server = await start(rotatingOptions(folder), (_, response) => {
      waiting.resolve(response);
    });
    assert.equal(server.mtls.health().readiness, 'ready');
    const idle = await open(server.port, alice);
    const socket = await open(server.port, alice);
    const answer = received(socket);
    socket.write(REQUEST);
    const response = await waiting.promise;
    const stopping = server.stop();
    assert.equal(server.mtls.health().readiness, 'not ready');
    await closed(idle);
    await assert.rejects(get(server.port, alice));
    response.end('finished');
    assert.match(await answer, /^HTTP\/1\.1 200 OK[^]*finished$/);
    await stopping;
  });

  it('goes on for a while without being ready, and sends its clients elsewhere', async () => {
    const {server: own, ...options} = rotatingOptions(folder);
    const server = await start({...options, server: {...own, limits: {unreadyMs: 1_000}}});
    const stopping = server.stop();
    assert.equal(server.mtls.health().readiness, 'not ready');
    const {status, headers} = await get(server.port, alice);
    assert.equal(status, 200);
    assert.equal(headers['connection'], 'close');
    await stopping;
    await assert.rejects(get(server.port, alice));
  });

  it('gives up on a request that takes longer than the limit', async () => {
    const {server: own, ...options} = rotatingOptions(folder);
    const started = deferred<undefined>();
    const server = await start({...options, server: {...own, limits: {drainTimeoutMs: 100}}}, () => {
      started.resolve(undefined);
    });
    const socket = await open(server.port, alice);
    socket.write(REQUEST);
    await started.promise;
    await server.stop();
    await closed(socket);
  });

  it('is not ready before it listens', async () => {
    const server = await start(rotatingOptions(folder));
    await server.stop();
    assert.equal(server.mtls.health().readiness, 'not ready');
    await assert.rejects(server.mtls.reload(), /closed/);
  });

  it('says that the latest reload was rejected, until one is not', async () => {
    const recorder = new Recorder('reload');
    const server = await start(rotatingOptions(folder));
    assert.equal(server.mtls.health().status, 'ok');
    folder.write('clients.crl', 'nonsense');
    assert.equal((await recorder.next('reload')).phase, 'rejected');
    assert.deepEqual(
      server.mtls.health().details.map(({message}) => message),
      ['the latest reload was rejected; what was in force before still is'],
    );
    recorder.stop();
    await server.stop();
  });
});
