import assert from 'node:assert/strict';
import type {IdentityResolver} from '../../src/identity/rules';
import {closed, Folder, get, issueClient, open, Recorder, start, workingOptions} from './harness';
import type {Running} from './harness';

const alice = issueClient();

describe('a resolver', () => {
  const folder = new Folder();
  let server: Running | undefined;
  let recorder: Recorder;

  after(() => {
    folder.remove();
  });
  beforeEach(() => {
    recorder = new Recorder('refusal', 'authentication');
  });
  afterEach(async () => {
    recorder.stop();
    await server?.stop();
  });

  async function startWith(resolver: IdentityResolver, limits = {}): Promise<number> {
    const options = workingOptions(folder);
    const identity = {resolver, resolverTimeoutMs: 150};
    server = await start({...options, server: {...options.server, limits}, identity});
    return server.port;
  }

  it('says who the caller is, once for all requests of a connection', async () => {
    let calls = 0;
    const port = await startWith(peer => {
      calls++;
      return {id: `id of ${peer.facts.serialNumber.length > 0 ? 'alice' : ''}`, roles: ['clinician']};
    });
    const socket = await open(port, alice);
    const request = 'GET / HTTP/1.1\r\nhost: localhost\r\n';
    socket.write(`${request}\r\n${request}connection: close\r\n\r\n`);
    await closed(socket);
    assert.equal(calls, 1);
    assert.equal((await recorder.next('authentication')).principal, 'id of alice');
  });

  it('holds the requests that came early until it has answered', async () => {
    const port = await startWith(
      () =>
        new Promise(resolve =>
          setTimeout(() => {
            resolve({id: 'late', roles: ['clinician']});
          }, 60),
        ),
    );
    assert.equal((await get(port, alice)).status, 200);
  });

  const REFUSALS: readonly (readonly [string, IdentityResolver, string])[] = [
    ['knows nobody', () => undefined, 'ERR_MTLS_IDENTITY_UNMAPPED'],
    [
      'throws',
      () => {
        throw new Error('directory down');
      },
      'ERR_MTLS_IDENTITY_RESOLVER',
    ],
    ['rejects', () => Promise.reject(new Error('directory down')), 'ERR_MTLS_IDENTITY_RESOLVER'],
    ['never answers', () => new Promise(() => undefined), 'ERR_MTLS_IDENTITY_RESOLVER'],
    ['names no roles', () => ({id: 'x', roles: []}), 'ERR_MTLS_IDENTITY_RESOLVER'],
  ];
  for (const [name, resolver, code] of REFUSALS) {
    it(`refuses the connection when it ${name}`, async () => {
      const port = await startWith(resolver);
      await assert.rejects(get(port, alice));
      const refusal = await recorder.next('refusal');
      assert.equal(refusal.why.code, code);
      assert.equal(refusal.stage, 'identity');
    });
  }

  it('cannot outlast the handshake limit', async () => {
    const port = await startWith(() => new Promise(() => undefined), {handshakeTimeoutMs: 100});
    await assert.rejects(get(port, alice));
    assert.equal((await recorder.next('refusal')).why.code, 'ERR_MTLS_HANDSHAKE_TIMEOUT');
  });

  it('is told when the caller has gone', async () => {
    let asked: AbortSignal | undefined;
    const port = await startWith((_, signal) => {
      asked = signal;
      return new Promise(() => undefined);
    });
    const socket = await open(port, alice);
    while (asked === undefined) await new Promise(resolve => setTimeout(resolve, 5));
    const signal: AbortSignal = asked;
    socket.destroy();
    while (!signal.aborted) await new Promise(resolve => setTimeout(resolve, 5));
    assert.equal((signal.reason as Error).name, 'AbortError');
    assert.deepEqual(recorder.of('authentication'), []);
  });

  it('holds no server that is closed', async () => {
    const asked = new Promise<void>(resolve => {
      void startWith(() => {
        resolve();
        return new Promise(() => undefined);
      }).then(port => get(port, alice).catch(() => undefined));
    });
    await asked;
    await server?.stop();
    server = undefined;
  });
});
