import assert from 'node:assert/strict';
import {connect as connectTcp} from 'node:net';
import type {Socket} from 'node:net';
import {ConnectionCounter, DEFAULT_LIMITS} from '../../src/server/limits';
import type {LimitOptions, Ticket} from '../../src/server/limits';
import {RefusalRecorder, REFUSAL_RATE} from '../../src/server/refusals';
import type {MtlsOptions} from '../../src/server/options';
import {closed, Folder, get, issueClient, open, Recorder, start, workingOptions} from './harness';
import type {Running} from './harness';

const alice = issueClient();

function counterWith(limits: LimitOptions): ConnectionCounter {
  return new ConnectionCounter({...DEFAULT_LIMITS, ...limits});
}

function admitted(counter: ConnectionCounter, address: string): Ticket {
  const ticket = counter.admit(address);
  assert.ok(!('code' in ticket), 'not admitted');
  return ticket;
}

function limitMet(counter: ConnectionCounter, address: string): string | undefined {
  const ticket = counter.admit(address);
  return 'code' in ticket ? ticket.where : undefined;
}

describe('the connection counter', () => {
  const CASES: readonly (readonly [string, LimitOptions, string, string, string | undefined])[] = [
    ['counts open connections', {maxConnections: 1}, '192.0.2.1', '192.0.2.2', 'server.limits.maxConnections'],
    [
      'counts by address',
      {maxConnectionsPerAddress: 1},
      '192.0.2.1',
      '192.0.2.1',
      'server.limits.maxConnectionsPerAddress',
    ],
    ['lets another address in', {maxConnectionsPerAddress: 1}, '192.0.2.1', '192.0.2.2', undefined],
    ['counts handshakes', {maxPendingHandshakes: 1}, '192.0.2.1', '192.0.2.2', 'server.limits.maxPendingHandshakes'],
    [
      'counts handshakes by address',
      {maxPendingHandshakesPerAddress: 1},
      '192.0.2.1',
      '192.0.2.1',
      'server.limits.maxPendingHandshakesPerAddress',
    ],
    [
      'takes an IPv4 address and its mapped form for one',
      {maxConnectionsPerAddress: 1},
      '::ffff:192.0.2.1',
      '192.0.2.1',
      'server.limits.maxConnectionsPerAddress',
    ],
    [
      'takes an IPv6 network of 64 bits for one',
      {maxConnectionsPerAddress: 1},
      '2001:db8:0:1::1',
      '2001:db8::1:ffff:0:0:2',
      'server.limits.maxConnectionsPerAddress',
    ],
    ['tells two IPv6 networks apart', {maxConnectionsPerAddress: 1}, '2001:db8:0:1::1', '2001:db8:0:2::1', undefined],
    [
      'leaves the zone of an address out',
      {maxConnectionsPerAddress: 1},
      'fe80::1%eth0',
      'fe80::2%eth1',
      'server.limits.maxConnectionsPerAddress',
    ],
  ];
  for (const [name, limits, first, second, met] of CASES) {
    it(name, () => {
      const counter = counterWith(limits);
      admitted(counter, first);
      assert.equal(limitMet(counter, second), met);
    });
  }

  it('counts a verified connection as a handshake no more, and a closed one not at all', () => {
    const counter = counterWith({maxConnections: 2, maxPendingHandshakes: 1});
    const first = admitted(counter, '192.0.2.1');
    first.established();
    first.established();
    const second = admitted(counter, '192.0.2.1');
    assert.equal(limitMet(counter, '192.0.2.1'), 'server.limits.maxConnections');
    second.closed();
    second.closed();
    second.established();
    admitted(counter, '192.0.2.1').closed();
    first.closed();
    admitted(counter, '192.0.2.1').established();
    admitted(counter, '192.0.2.1');
    assert.equal(limitMet(counter, '192.0.2.1'), 'server.limits.maxConnections');
  });
});

describe('the refusal recorder', () => {
  const refusal = {
    peer: {remoteAddress: '192.0.2.1', remotePort: 1},
    why: {code: 'ERR_MTLS_HANDSHAKE', required: 'x', found: 'y'},
    stage: 'handshake',
    generation: 1,
  } as const;

  it('records a burst, counts the rest, and tells the count later', () => {
    const events = new Recorder('refusal');
    const recorder = new RefusalRecorder();
    for (let index = 0; index < REFUSAL_RATE.burst + 5; index++) recorder.record(refusal, 0);
    assert.equal(events.of('refusal').length, REFUSAL_RATE.burst);
    recorder.record({...refusal, why: {...refusal.why, code: 'ERR_MTLS_EXPIRED'}}, 0);
    assert.equal(events.of('refusal').at(-1)?.suppressed, undefined);
    recorder.record(refusal, 1000);
    assert.equal(events.of('refusal').at(-1)?.suppressed, 5);
    recorder.record(refusal, 1000);
    assert.equal(events.of('refusal').at(-1)?.suppressed, undefined);
    events.stop();
  });
});

describe('the limits of a listener', () => {
  const folder = new Folder();
  let options: MtlsOptions;
  let server: Running | undefined;
  let recorder: Recorder;

  before(() => {
    options = workingOptions(folder);
  });
  after(() => {
    folder.remove();
  });
  beforeEach(() => {
    recorder = new Recorder('refusal', 'handshake');
  });
  afterEach(async () => {
    recorder.stop();
    await server?.stop();
  });

  async function startWith(limits: LimitOptions, listener?: Parameters<typeof start>[1]): Promise<number> {
    server = await start({...options, server: {...options.server, limits}}, listener);
    return server.port;
  }

  /** A TCP connection that says nothing. */
  function silent(port: number): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connectTcp(port, '127.0.0.1', () => {
        resolve(socket);
      });
      socket.on('error', reject);
    });
  }

  function ended(socket: Socket): Promise<void> {
    socket.resume();
    return new Promise(resolve =>
      socket.once('close', () => {
        resolve();
      }),
    );
  }

  it('close a connection that never says hello', async () => {
    const port = await startWith({handshakeTimeoutMs: 150});
    await ended(await silent(port));
    assert.equal((await recorder.next('refusal')).why.code, 'ERR_MTLS_HANDSHAKE_TIMEOUT');
    assert.equal(recorder.events.length, 1);
  });

  it('close it even where the application has a clientError listener that does nothing', async () => {
    const port = await startWith({handshakeTimeoutMs: 150});
    let seen = 0;
    server?.mtls.https.on('clientError', () => seen++);
    server?.mtls.https.on('tlsClientError', () => seen++);
    await ended(await silent(port));
    assert.equal(seen, 0);
  });

  it('close a handshake that drips', async () => {
    const port = await startWith({handshakeTimeoutMs: 300});
    const socket = await silent(port);
    const drip = setInterval(() => socket.write(Buffer.from([0x16])), 40);
    socket.on('error', () => undefined);
    await ended(socket);
    clearInterval(drip);
    await recorder.next('refusal');
  });

  it('close headers that drip', async () => {
    const port = await startWith({headersTimeoutMs: 200});
    const socket = await open(port, alice);
    socket.write('GET / HTTP/1.1\r\nhost: local');
    await closed(socket);
  });

  it('close a body that drips', async () => {
    const port = await startWith({requestTimeoutMs: 300, headersTimeoutMs: 200}, request => request.resume());
    const socket = await open(port, alice);
    socket.write('POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\nx');
    await closed(socket);
  });

  it('close a connection that idles', async () => {
    const port = await startWith({keepAliveTimeoutMs: 100});
    const socket = await open(port, alice);
    socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
    await closed(socket);
  });

  it('turn a handshake away beyond the cap, and let it in when one is over', async () => {
    const port = await startWith({maxPendingHandshakesPerAddress: 1});
    const waiting = await silent(port);
    await assert.rejects(get(port, alice));
    const {why} = await recorder.next('refusal');
    assert.equal(why.code, 'ERR_MTLS_CONNECTION_LIMIT');
    assert.equal(why.where, 'server.limits.maxPendingHandshakesPerAddress');
    waiting.destroy();
    await recorder.next('refusal', 2);
    assert.equal((await get(port, alice)).status, 200);
  });

  it('turn a connection away beyond the cap, and let it in when one is closed', async () => {
    const port = await startWith({maxConnections: 1});
    const first = await open(port, alice);
    await assert.rejects(get(port, alice));
    assert.equal((await recorder.next('refusal')).why.where, 'server.limits.maxConnections');
    first.destroy();
    await closed(first);
    while (server?.mtls.connectionCount !== 0) await new Promise(resolve => setTimeout(resolve, 5));
    assert.equal((await get(port, alice)).status, 200);
  });
});
