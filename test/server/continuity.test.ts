import assert from 'node:assert/strict';
import type {Socket} from 'node:net';
import type {IdentityResolver} from '../../src/identity/rules';
import {createAuthority} from '../../src/pki/authority';
import type {MtlsOptions} from '../../src/server/options';
import {
  clientRoot,
  closed,
  Folder,
  get,
  issueClient,
  issueServer,
  open,
  Recorder,
  start,
  workingOptions,
} from './harness';
import type {Running} from './harness';

const REQUEST = 'GET / HTTP/1.1\r\nhost: localhost\r\n\r\n';
const partnerRoot = createAuthority({subject: {commonName: 'Partner Root'}});
const alice = issueClient();
const partner = issueClient({}, partnerRoot);

describe('an open connection', () => {
  let folder: Folder;
  let options: MtlsOptions;
  let server: Running;
  let recorder: Recorder;

  beforeEach(() => {
    folder = new Folder();
    options = workingOptions(folder);
    folder.write('clients-ca.crt', clientRoot.pem + partnerRoot.pem);
    recorder = new Recorder('refusal', 'authentication');
  });
  afterEach(async () => {
    recorder.stop();
    await server.stop();
    folder.remove();
  });

  /** Takes the partner's CA away. */
  async function dropPartner(): Promise<void> {
    folder.write('clients-ca.crt', clientRoot.pem);
    await server.mtls.reload();
  }

  it('ends when its CA is no longer trusted, and others go on', async () => {
    server = await start(options);
    const going = await open(server.port, partner);
    const staying = await open(server.port, alice);
    while (server.mtls.connectionCount < 2) await new Promise(resolve => setTimeout(resolve, 5));
    await dropPartner();
    await closed(going);
    const refusal = await recorder.next('refusal');
    assert.equal(refusal.stage, 'open');
    assert.equal(refusal.why.code, 'ERR_MTLS_CHAIN_UNTRUSTED');
    assert.equal(refusal.generation, 2);
    assert.match(refusal.peer.subject ?? '', /Alice/);
    assert.equal(server.mtls.connectionCount, 1);
    const answer = new Promise(resolve => staying.once('data', resolve));
    staying.write(REQUEST);
    assert.match(String(await answer), /^HTTP\/1\.1 200 /);
    staying.destroy();
  });

  it('ends with its request in flight', async () => {
    const started = deferred<undefined>();
    server = await start(options, () => {
      started.resolve(undefined);
    });
    const going = await open(server.port, partner);
    going.write(REQUEST);
    await started.promise;
    await dropPartner();
    await closed(going);
  });

  it('ends after it was upgraded', async () => {
    server = await start(options, undefined, {authorizeUpgrade: () => ({verdict: 'allow'})});
    server.mtls.https.on('upgrade', (_, socket: Socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: chat\r\n\r\n');
    });
    const going = await open(server.port, partner);
    const switched = new Promise(resolve => going.once('data', resolve));
    going.write('GET / HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: chat\r\n\r\n');
    assert.match(String(await switched), /101/);
    await dropPartner();
    await closed(going);
  });

  it('ends when its certificate does', async () => {
    server = await start(options);
    const nowMs = Date.now();
    const brief = issueClient({validity: {notBefore: new Date(nowMs - 60_000), notAfter: new Date(nowMs + 2_500)}});
    const socket = await open(server.port, brief);
    await closed(socket);
    const {why, stage} = await recorder.next('refusal');
    assert.equal(why.code, 'ERR_MTLS_EXPIRED');
    assert.equal(stage, 'open');
  });

  it('is mapped again by the new rules', async () => {
    let roles = ['clinician'];
    const resolver: IdentityResolver = () => (roles.length > 0 ? {id: 'alice', roles} : undefined);
    server = await start({...options, identity: {resolver}});
    const socket = await open(server.port, alice);
    await recorder.next('authentication');
    roles = ['auditor'];
    await server.mtls.reload();
    assert.deepEqual((await recorder.next('authentication', 2)).roles, ['auditor']);
    await server.mtls.reload();
    await server.mtls.revoke({principal: 'somebody else'});
    assert.equal(recorder.of('authentication').length, 2, 'nothing is told of who stayed the same');
    roles = [];
    await server.mtls.reload();
    await closed(socket);
    assert.equal((await recorder.next('refusal')).why.code, 'ERR_MTLS_IDENTITY_UNMAPPED');
  });

  it('waits with its request while it is judged again', async () => {
    const answers: (() => void)[] = [];
    const resolver: IdentityResolver = () =>
      new Promise(resolve => {
        answers.push(() => {
          resolve({id: 'alice', roles: ['clinician']});
        });
      });
    server = await start({...options, identity: {resolver, resolverTimeoutMs: 5_000}});
    const opening = open(server.port, alice);
    while (answers.length < 1) await new Promise(resolve => setTimeout(resolve, 5));
    answers[0]?.();
    const socket = await opening;
    await recorder.next('authentication');
    const reloading = server.mtls.reload();
    while (answers.length < 2) await new Promise(resolve => setTimeout(resolve, 5));
    let answered = false;
    socket.once('data', () => (answered = true));
    socket.write(REQUEST);
    await new Promise(resolve => setTimeout(resolve, 50));
    assert.equal(answered, false);
    answers[1]?.();
    await reloading;
    while (!answered as boolean) await new Promise(resolve => setTimeout(resolve, 5));
    socket.destroy();
  });

  it('is judged by the newest trust when it changes while a resolver thinks', async () => {
    const answers: (() => void)[] = [];
    const resolver: IdentityResolver = () =>
      new Promise(resolve => {
        answers.push(() => {
          resolve({id: 'partner', roles: ['clinician']});
        });
      });
    server = await start({...options, identity: {resolver, resolverTimeoutMs: 5_000}});
    const arriving = open(server.port, partner).then(closed);
    while (answers.length < 1) await new Promise(resolve => setTimeout(resolve, 5));
    await dropPartner();
    answers[0]?.();
    await arriving;
    assert.equal((await recorder.next('refusal')).why.code, 'ERR_MTLS_CHAIN_UNTRUSTED');
    assert.deepEqual(recorder.of('authentication'), []);
  });

  it('stays as it is when a reload fails', async () => {
    server = await start(options);
    folder.write('clients-ca.crt', 'nonsense');
    await assert.rejects(server.mtls.reload(), {name: 'ConfigError'});
    assert.equal(server.mtls.snapshot.generation, 1);
    assert.equal((await get(server.port, partner)).status, 200);
  });

  it('meets the new server certificate at the next handshake', async () => {
    server = await start(options);
    const renewed = issueServer({subjectAltNames: ['dns:renewed.example']});
    folder.write('server.key', renewed.exportKeyPem());
    folder.write('server.crt', renewed.chainPem);
    await server.mtls.reload();
    const asked = {servername: 'renewed.example', headers: {host: 'renewed.example'}};
    assert.equal((await get(server.port, alice, asked)).status, 200);
    await assert.rejects(get(server.port, alice));
  });

  it('is judged again with all the others when the snapshot changes', async () => {
    server = await start(options);
    const sockets = await Promise.all(Array.from({length: 40}, () => open(server.port, partner)));
    while (server.mtls.connectionCount < 40) await new Promise(resolve => setTimeout(resolve, 5));
    await dropPartner();
    await Promise.all(sockets.map(closed));
    assert.equal(server.mtls.connectionCount, 0);
    assert.equal(recorder.of('refusal').length, 40);
  });
});

describe('closing a server', () => {
  const folder = new Folder();
  after(() => {
    folder.remove();
  });

  function optionsWith(drainTimeoutMs: number): MtlsOptions {
    const options = workingOptions(folder);
    return {...options, server: {...options.server, limits: {drainTimeoutMs}}};
  }

  it('lets a running request finish and closes what is idle', async () => {
    const recorder = new Recorder('start');
    const started = deferred<() => void>();
    const server = await start(optionsWith(5_000), (_, response) => {
      started.resolve(() => response.end('done'));
    });
    const idle = await open(server.port, alice);
    const answer = get(server.port, alice);
    const finish = await started.promise;
    const stopping = server.stop();
    await closed(idle);
    finish();
    assert.equal((await answer).body, 'done');
    await stopping;
    assert.deepEqual(
      recorder
        .of('start')
        .map(({phase}) => phase)
        .filter(phase => phase !== 'warning'),
      ['listening', 'stopped'],
    );
    recorder.stop();
  });

  it('ends what does not finish within the limit, an upgraded socket too', async () => {
    const server = await start(optionsWith(100), () => undefined, {authorizeUpgrade: () => ({verdict: 'allow'})});
    server.mtls.https.on('upgrade', (_, socket: Socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
    });
    const running = await open(server.port, alice);
    running.write(REQUEST);
    const upgraded = await open(server.port, alice);
    const switched = new Promise(resolve => upgraded.once('data', resolve));
    upgraded.write('GET / HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: chat\r\n\r\n');
    await switched;
    await Promise.all([server.stop(), closed(running), closed(upgraded)]);
  });
});

function deferred<T>(): {readonly promise: Promise<T>; readonly resolve: (value: T) => void} {
  let settle: (value: T) => void = () => undefined;
  const promise = new Promise<T>(resolve => (settle = resolve));
  return {
    promise,
    resolve: value => {
      settle(value);
    },
  };
}
