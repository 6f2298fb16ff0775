import assert from 'node:assert/strict';
import {createServer} from 'node:http';
import {get as httpGet, IncomingMessage} from 'node:http';
import type {RequestListener} from 'node:http';
import type {AddressInfo} from 'node:net';
import {Socket} from 'node:net';
import type {Code} from '../../src/errors';
import {answerRefusal} from '../../src/server/answer';
import {peerOf} from '../../src/server/peer';
import {Folder, get, issueClient, issueServer, open, received, Recorder, start, workingOptions} from './harness';
import type {Running} from './harness';

const alice = issueClient();
const names = ['dns:localhost', 'dns:*.clinic.example', 'ip:127.0.0.1', 'ip:2001:db8::1'] as const;

/** Request line and headers, the TLS server name, and the code of the refusal or undefined. */
const REQUESTS: readonly (readonly [string, string, string, Code | undefined])[] = [
  ['the host of the handshake', 'GET / HTTP/1.1\r\nhost: localhost', 'localhost', undefined],
  ['a port behind it', 'GET / HTTP/1.1\r\nhost: localhost:8443', 'localhost', undefined],
  ['upper case', 'GET / HTTP/1.1\r\nhost: LocalHost', 'localhost', undefined],
  ['a trailing dot', 'GET / HTTP/1.1\r\nhost: localhost.', 'localhost', undefined],
  ['upper case in the handshake', 'GET / HTTP/1.1\r\nhost: localhost', 'LOCALHOST', undefined],
  ['a name below the wildcard', 'GET / HTTP/1.1\r\nhost: api.clinic.example', 'api.clinic.example', undefined],
  [
    'a name two below the wildcard',
    'GET / HTTP/1.1\r\nhost: a.b.clinic.example',
    'a.b.clinic.example',
    'ERR_MTLS_MISDIRECTED',
  ],
  ['the parent of the wildcard', 'GET / HTTP/1.1\r\nhost: clinic.example', 'clinic.example', 'ERR_MTLS_MISDIRECTED'],
  ['an address of the certificate', 'GET / HTTP/1.1\r\nhost: 127.0.0.1:8443', '', undefined],
  ['an IPv6 address of the certificate', 'GET / HTTP/1.1\r\nhost: [2001:DB8:0::1]:8443', '', undefined],
  ['a name that only the options know', 'GET / HTTP/1.1\r\nhost: internal', 'internal', undefined],
  [
    'another name of the certificate than the handshake',
    'GET / HTTP/1.1\r\nhost: localhost',
    'api.clinic.example',
    'ERR_MTLS_MISDIRECTED',
  ],
  ['a name of nobody', 'GET / HTTP/1.1\r\nhost: evil.example', 'localhost', 'ERR_MTLS_MISDIRECTED'],
  ['an address of nobody', 'GET / HTTP/1.1\r\nhost: 127.0.0.2', '', 'ERR_MTLS_MISDIRECTED'],
  ['an unfinished IPv6 address', 'GET / HTTP/1.1\r\nhost: [::1', '', 'ERR_MTLS_MISDIRECTED'],
  ['brackets around what is no address', 'GET / HTTP/1.1\r\nhost: [1.2.3]', '', 'ERR_MTLS_MISDIRECTED'],
  ['two hosts', 'GET / HTTP/1.1\r\nhost: localhost\r\nHost: localhost', 'localhost', 'ERR_MTLS_MISDIRECTED'],
  ['no host', 'GET / HTTP/1.0', 'localhost', 'ERR_MTLS_MISDIRECTED'],
  ['a target with the same host', 'GET https://localhost/a HTTP/1.1\r\nhost: localhost', 'localhost', undefined],
  [
    'a target with another host',
    'GET https://evil.example/a HTTP/1.1\r\nhost: localhost',
    'localhost',
    'ERR_MTLS_MISDIRECTED',
  ],
  [
    'a target with a user',
    'GET https://u@localhost/a HTTP/1.1\r\nhost: localhost',
    'localhost',
    'ERR_MTLS_REQUEST_TARGET',
  ],
  [
    'a target of plain HTTP',
    'GET http://localhost/a HTTP/1.1\r\nhost: localhost',
    'localhost',
    'ERR_MTLS_REQUEST_TARGET',
  ],
  ['no path', 'OPTIONS * HTTP/1.1\r\nhost: localhost', 'localhost', 'ERR_MTLS_REQUEST_TARGET'],
  ['a query with anything in it', 'GET /a?b=%2e%2e/..//%00 HTTP/1.1\r\nhost: localhost', 'localhost', undefined],
  ['an escaped space', 'GET /a%20b HTTP/1.1\r\nhost: localhost', 'localhost', undefined],
  ['dots in a name', 'GET /a..b/...c HTTP/1.1\r\nhost: localhost', 'localhost', undefined],
  ['an empty segment', 'GET /a//b HTTP/1.1\r\nhost: localhost', 'localhost', 'ERR_MTLS_REQUEST_TARGET'],
  ['a dot segment', 'GET /a/./b HTTP/1.1\r\nhost: localhost', 'localhost', 'ERR_MTLS_REQUEST_TARGET'],
  ['a dot-dot segment at the end', 'GET /a/.. HTTP/1.1\r\nhost: localhost', 'localhost', 'ERR_MTLS_REQUEST_TARGET'],
  ['an escaped slash', 'GET /a%2Fb HTTP/1.1\r\nhost: localhost', 'localhost', 'ERR_MTLS_REQUEST_TARGET'],
  ['an escaped dot', 'GET /a/%2e%2e/b HTTP/1.1\r\nhost: localhost', 'localhost', 'ERR_MTLS_REQUEST_TARGET'],
  ['an escaped backslash', 'GET /a%5cb HTTP/1.1\r\nhost: localhost', 'localhost', 'ERR_MTLS_REQUEST_TARGET'],
  ['an escaped NUL', 'GET /a%00 HTTP/1.1\r\nhost: localhost', 'localhost', 'ERR_MTLS_REQUEST_TARGET'],
  ['a backslash', 'GET /a\\b HTTP/1.1\r\nhost: localhost', 'localhost', 'ERR_MTLS_REQUEST_TARGET'],
  ['a broken escape', 'GET /a%zz HTTP/1.1\r\nhost: localhost', 'localhost', 'ERR_MTLS_REQUEST_TARGET'],
  ['an escape that is no UTF-8', 'GET /a%ffb HTTP/1.1\r\nhost: localhost', 'localhost', 'ERR_MTLS_REQUEST_TARGET'],
  ['an overlong escape', 'GET /%c0%ae%c0%ae/b HTTP/1.1\r\nhost: localhost', 'localhost', 'ERR_MTLS_REQUEST_TARGET'],
  ['an escape of UTF-8', 'GET /a%C3%A9b HTTP/1.1\r\nhost: localhost', 'localhost', undefined],
  ['a fragment', 'GET /a#b HTTP/1.1\r\nhost: localhost', 'localhost', 'ERR_MTLS_REQUEST_TARGET'],
];

const STATUS: Readonly<Record<string, number>> = {ERR_MTLS_MISDIRECTED: 421, ERR_MTLS_REQUEST_TARGET: 400};

describe('the gate', () => {
  const folder = new Folder();
  let server: Running;
  let recorder: Recorder;
  let served = 0;

  before(async () => {
    const options = workingOptions(folder, issueServer({subjectAltNames: names}));
    server = await start({...options, server: {...options.server, hostNames: ['internal']}}, (request, response) => {
      served++;
      request.resume();
      response.end(`hello ${String(peerOf(request.socket)?.principal.id)}`);
    });
  });
  after(async () => {
    await server.stop();
    folder.remove();
  });
  beforeEach(() => {
    served = 0;
    recorder = new Recorder('authorization');
  });
  afterEach(() => {
    recorder.stop();
  });

  for (const [name, head, servername, code] of REQUESTS) {
    it(`${code === undefined ? 'admits' : 'refuses'} ${name}`, async () => {
      const socket = await open(server.port, alice, {servername, checkServerIdentity: () => undefined});
      socket.write(`${head}\r\nconnection: close\r\n\r\n`);
      const answer = await received(socket);
      const status = Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
      assert.equal(status, code === undefined ? 200 : STATUS[code]);
      assert.equal(served, code === undefined ? 1 : 0);
      assert.equal(recorder.of('authorization')[0]?.why?.code, code);
    });
  }

  it('answers in the words of LoopBack and says nothing more', async () => {
    const answer = await get(server.port, alice, {path: '/a//b', headers: {host: 'localhost'}});
    assert.deepEqual(JSON.parse(answer.body), {
      error: {statusCode: 400, name: 'BadRequestError', message: 'Bad Request', code: 'ERR_MTLS_BAD_REQUEST'},
    });
    const [event] = recorder.of('authorization');
    assert.equal(event?.correlationId, answer.headers['x-correlation-id']);
    assert.equal(event?.principal, 'spiffe://clinic.example/alice');
    assert.equal(event.verdict, 'deny');
    assert.equal(event.path, '/a//b');
    assert.equal(answer.headers['cache-control'], 'no-store');
  });

  it('answers HEAD without a body', async () => {
    const answer = await get(server.port, alice, {method: 'HEAD', path: '/a//b'});
    assert.equal(answer.status, 400);
    assert.equal(answer.body, '');
  });

  it('takes no correlation id from the caller', async () => {
    const headers = {host: 'localhost', 'x-correlation-id': 'mine'};
    const answer = await get(server.port, alice, {path: '//', headers});
    assert.notEqual(answer.headers['x-correlation-id'], 'mine');
  });

  it('answers pipelined requests that came with the first flight, in order', async () => {
    const socket = await open(server.port, alice);
    const one = 'GET /1 HTTP/1.1\r\nhost: localhost\r\n\r\n';
    const bad = 'GET //2 HTTP/1.1\r\nhost: localhost\r\n\r\n';
    const last = 'GET /3 HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n';
    socket.write(one + bad + last);
    const statuses = [...(await received(socket)).matchAll(/HTTP\/1\.1 (\d+)/g)].map(match => match[1]);
    assert.deepEqual(statuses, ['200', '400', '200']);
    assert.equal(served, 2);
  });

  it('gates requests that wait for 100-continue and other expectations', async () => {
    const {https} = server.mtls;
    const seen: string[] = [];
    const onContinue: RequestListener = (_, response) => {
      seen.push('checkContinue');
      response.end('continued');
    };
    https.on('checkContinue', onContinue);
    https.on('checkExpectation', (_, response) => {
      seen.push('checkExpectation');
      response.end('expected');
    });
    for (const expect of ['100-continue', 'something']) {
      assert.equal((await get(server.port, alice, {path: '//', headers: {host: 'localhost', expect}})).status, 400);
      assert.equal((await get(server.port, alice, {headers: {host: 'localhost', expect}})).status, 200);
    }
    https.removeListener('checkContinue', onContinue).removeAllListeners('checkExpectation');
    assert.deepEqual(seen, ['checkContinue', 'checkExpectation']);
  });

  it('asks for the body only of a request that it admits', async () => {
    const ask = async (path: string): Promise<string> => {
      const socket = await open(server.port, alice);
      socket.write(`POST ${path} HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n`);
      const answer = received(socket);
      socket.once('data', () => socket.end('{}'));
      return answer;
    };
    assert.match(await ask('/a'), /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
    assert.match(await ask('//a'), /^HTTP\/1\.1 400 Bad Request\r\n/);
    assert.equal(served, 1);
  });

  it('gives a request of another server no service', async () => {
    const plain = createServer((request, response) => {
      const admission = server.mtls.admit(request);
      assert.ok(!(admission instanceof Promise) && admission.verdict === 'refuse');
      answerRefusal(request, response, admission.why.code);
    });
    plain.listen(0, '127.0.0.1');
    await new Promise(resolve => plain.once('listening', resolve));
    const {port} = plain.address() as AddressInfo;
    const incoming = await new Promise<IncomingMessage>(resolve =>
      httpGet({port, host: '127.0.0.1', agent: false}, resolve),
    );
    assert.equal(incoming.statusCode, 401);
    assert.equal(incoming.headers.connection, 'close');
    incoming.resume();
    plain.close();
  });

  it('hands on nothing that was emitted by hand with an unverified socket', () => {
    const {https} = server.mtls;
    const request = new IncomingMessage(new Socket());
    https.emit('request', request, {} as never);
    https.emit('secureConnection', new Socket() as never);
    https.emit('tlsClientError', new Error('x'), new Socket() as never);
    https.emit('upgrade', request, {} as never, Buffer.alloc(0));
    assert.equal(https.emit('connection', {} as never), false);
    assert.equal(https.emit('clientError', new Error('x'), new Socket()), false);
    assert.equal(served, 0);
  });

  it('leaves malformed HTTP of a verified client to Node', async () => {
    const socket = await open(server.port, alice);
    socket.write('GET / HTTP/1.1\r\nhost: localhost\r\nbad header\r\n\r\n');
    assert.match(await received(socket), /^HTTP\/1\.1 400 /);
    assert.equal(served, 0);
  });
});

describe('an upgrade', () => {
  const UPGRADE = 'GET /chat HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: chat\r\n\r\n';
  const folder = new Folder();
  const options = workingOptions(folder);
  let server: Running;

  after(() => {
    folder.remove();
  });
  afterEach(() => server.stop());

  async function ask(head = UPGRADE): Promise<string> {
    server.mtls.https.on('upgrade', (_, socket: Socket) => {
      socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: chat\r\n\r\n');
    });
    server.mtls.https.on('connect', (_, socket: Socket) => {
      socket.end('HTTP/1.1 200 Connected\r\n\r\n');
    });
    const socket = await open(server.port, alice);
    socket.write(head);
    return received(socket);
  }

  it('is refused without a rule, and recorded', async () => {
    server = await start(options);
    const recorder = new Recorder('authorization');
    const answer = await ask();
    assert.match(answer, /^HTTP\/1\.1 403 Forbidden\r\n/);
    assert.match(answer, /"code":"ERR_MTLS_FORBIDDEN"/);
    assert.equal(recorder.of('authorization')[0]?.why?.code, 'ERR_MTLS_UPGRADE_REFUSED');
    recorder.stop();
  });

  it('is allowed by the hook, which sees who asks', async () => {
    const asked: string[] = [];
    server = await start(options, undefined, {
      authorizeUpgrade: (request, state) => {
        asked.push(`${state.principal.id} ${String(request.url)}`);
        return {verdict: 'allow'};
      },
    });
    assert.match(await ask(), /^HTTP\/1\.1 101 /);
    assert.deepEqual(asked, ['spiffe://clinic.example/alice /chat']);
  });

  it('is refused with the reason of the hook', async () => {
    const why = {code: 'ERR_MTLS_ACCESS_DENIED', required: 'role admin', found: 'clinician'} as const;
    server = await start(options, undefined, {
      authorizeUpgrade: () => Promise.resolve({verdict: 'refuse', why}),
    });
    assert.match(await ask(), /^HTTP\/1\.1 403 /);
  });

  it('is refused before the hook where the request is', async () => {
    server = await start(options, undefined, {authorizeUpgrade: () => ({verdict: 'allow'})});
    assert.match(await ask(UPGRADE.replace('/chat', '//chat')), /^HTTP\/1\.1 400 /);
  });

  it('ends the connection when the hook throws', async () => {
    server = await start(options, undefined, {
      authorizeUpgrade: () => {
        throw new Error('broken');
      },
    });
    assert.equal(await ask(), '');
  });

  it('is a recorded refusal for a tunnel that nobody listens for', async () => {
    server = await start(options);
    const recorder = new Recorder('authorization');
    const socket = await open(server.port, alice);
    socket.write('CONNECT localhost:22 HTTP/1.1\r\nhost: localhost\r\n\r\n');
    assert.match(await received(socket), /^HTTP\/1\.1 403 /);
    const [event] = recorder.of('authorization');
    assert.deepEqual([event?.method, event?.why?.code], ['CONNECT', 'ERR_MTLS_UPGRADE_REFUSED']);
    recorder.stop();
  });

  it('is never a tunnel', async () => {
    server = await start(options, undefined, {authorizeUpgrade: () => ({verdict: 'allow'})});
    assert.match(await ask('CONNECT localhost:22 HTTP/1.1\r\nhost: localhost\r\n\r\n'), /^HTTP\/1\.1 403 /);
  });
});
