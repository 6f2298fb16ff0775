import assert from 'node:assert/strict';
import {randomBytes} from 'node:crypto';
import {createServer as createHttpsServer, Server as HttpsServer} from 'node:https';
import {connect as connectTcp} from 'node:net';
import type {AddressInfo} from 'node:net';
import {createServer as createTlsServer} from 'node:tls';
import type {ConnectionOptions, TLSSocket} from 'node:tls';
import {MtlsError} from '../../src/errors';
import {encodePem} from '../../src/x509/pem';
import {secureContextOptions} from '../../src/tls/node-options';
import {Secret} from '../../src/tls/secret';
import {
  clientRoot,
  closed,
  Folder,
  get,
  issueClient,
  issueServer,
  open,
  presenting,
  received,
  Recorder,
  start,
  workingOptions,
} from './harness';
import type {Running} from './harness';

const REQUEST = 'GET / HTTP/1.1\r\nhost: localhost\r\n\r\n';
const credential = issueServer();
const alice = issueClient();

/** What a client offers, and what OpenSSL answers on the server's side. */
const REFUSED_OFFERS: readonly (readonly [string, ConnectionOptions, RegExp])[] = [
  ['TLS 1.1', {minVersion: 'TLSv1', maxVersion: 'TLSv1.1'}, /UNSUPPORTED_PROTOCOL|VERSION/],
  ['CBC with SHA-1', offer('ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA'), /NO_SHARED_CIPHER/],
  ['CBC with SHA-384', offer('ECDHE-ECDSA-AES256-SHA384'), /NO_SHARED_CIPHER/],
  ['RSA key exchange', offer('AES256-GCM-SHA384'), /NO_SHARED_CIPHER/],
  ['finite-field Diffie-Hellman', offer('DHE-RSA-AES256-GCM-SHA384'), /NO_SHARED_CIPHER/],
  ['a weak group', {ecdhCurve: 'secp224r1', maxVersion: 'TLSv1.2'}, /NO_SHARED|GROUP|CIPHER/],
  ['HTTP/2 alone', {ALPNProtocols: ['h2']}, /NO_APPLICATION_PROTOCOL/],
];

function offer(suites: string): ConnectionOptions {
  return {ciphers: `${suites}:@SECLEVEL=0`, maxVersion: 'TLSv1.2'};
}

describe('the protocol', () => {
  const folder = new Folder();
  let server: Running;
  let recorder: Recorder;

  before(async () => {
    server = await start(workingOptions(folder, credential));
  });
  after(async () => {
    await server.stop();
    folder.remove();
  });
  beforeEach(() => {
    recorder = new Recorder('handshake', 'refusal');
  });
  afterEach(() => {
    recorder.stop();
  });

  for (const [name, options, said] of REFUSED_OFFERS) {
    it(`refuses a client that offers ${name}`, async () => {
      await assert.rejects(open(server.port, alice, options));
      const refusal = await recorder.next('refusal');
      assert.equal(refusal.why.code, 'ERR_MTLS_HANDSHAKE');
      assert.match(refusal.openssl ?? '', said);
    });
  }

  it('speaks TLS 1.2 with an authenticated cipher and forward secrecy', async () => {
    assert.equal((await get(server.port, alice, {maxVersion: 'TLSv1.2'})).status, 200);
    const {protocol, cipher} = await recorder.next('handshake');
    assert.equal(protocol, 'TLSv1.2');
    assert.match(cipher, /^ECDHE-ECDSA-AES256-GCM-SHA384$/);
  });

  it('lets the server choose the suite', async () => {
    const ciphers = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384';
    assert.equal((await get(server.port, alice, {ciphers, minVersion: 'TLSv1.3'})).status, 200);
    assert.equal((await recorder.next('handshake')).cipher, 'TLS_AES_256_GCM_SHA384');
  });

  it('refuses plain HTTP', async () => {
    const socket = connectTcp(server.port, '127.0.0.1', () => socket.write(REQUEST));
    let answer = '';
    socket.on('data', chunk => (answer += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    await new Promise(resolve => socket.once('close', resolve));
    assert.doesNotMatch(answer, /HTTP/);
    assert.equal((await recorder.next('refusal')).openssl, 'ERR_SSL_HTTP_REQUEST');
  });

  it('does not renegotiate, so that no client swaps its certificate', async () => {
    const socket = await open(server.port, alice, {maxVersion: 'TLSv1.2'});
    const outcome = new Promise<Error | null>(resolve => {
      socket.renegotiate({}, resolve);
      socket.once('close', () => {
        resolve(new Error('closed'));
      });
    });
    assert.ok((await outcome) instanceof Error);
    socket.destroy();
  });

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`resumes no ${maxVersion} session`, async () => {
      const session = await sessionOf(server.port, {...presenting(alice), maxVersion});
      const again = await open(server.port, alice, {session, maxVersion});
      assert.equal(again.isSessionReused(), false);
      again.destroy();
    });

    it(`asks for the certificate again where a ${maxVersion} session is offered instead of one`, async () => {
      const session = await sessionOf(server.port, {...presenting(alice), maxVersion});
      await assert.rejects(get(server.port, undefined, {session, maxVersion}));
      assert.equal((await recorder.next('refusal')).why.code, 'ERR_MTLS_CERTIFICATE_MISSING');
    });
  }

  it('accepts no ticket of another server of the process, even with the same ticket keys', async () => {
    const keys = randomBytes(48);
    const other = createTlsServer(
      {key: credential.exportKeyPem(), cert: credential.chainPem, ticketKeys: keys},
      socket => socket.end('x'),
    );
    other.listen(0, '127.0.0.1');
    await new Promise(resolve => other.once('listening', resolve));
    const session = await sessionOf((other.address() as AddressInfo).port, presenting(undefined));
    other.close();
    HttpsServer.prototype.setTicketKeys.call(server.mtls.https, keys);
    await assert.rejects(get(server.port, undefined, {session}));
    assert.equal((await recorder.next('refusal')).why.code, 'ERR_MTLS_CERTIFICATE_MISSING');
  });

  it('cannot be turned off on the server object', () => {
    const {https} = server.mtls;
    assert.throws(() => {
      https.setSecureContext({});
    }, MtlsError);
    assert.throws(() => {
      https.addContext('a.example', {});
    }, MtlsError);
    assert.throws(() => {
      https.setTicketKeys(randomBytes(48));
    }, MtlsError);
    assert.throws(() => https.getTicketKeys(), MtlsError);
    assert.equal(Reflect.set(https, 'requestCert', false), false);
    assert.equal(Reflect.set(https, 'rejectUnauthorized', false), false);
  });

  it('gives key material and sessions to no listener', async () => {
    const seen: string[] = [];
    for (const event of ['keylog', 'newSession', 'resumeSession'] as const)
      server.mtls.https.on(event, () => seen.push(event));
    assert.equal((await get(server.port, alice, {maxVersion: 'TLSv1.2'})).status, 200);
    server.mtls.https.removeAllListeners('keylog').removeAllListeners('newSession').removeAllListeners('resumeSession');
    assert.deepEqual(seen, []);
  });
});

describe('a resumed session', () => {
  it('is refused even where tickets were switched on behind the back of this library', async () => {
    const folder = new Folder();
    const server = await start(workingOptions(folder, credential));
    const recorder = new Recorder('refusal');
    const options = secureContextOptions({
      key: new Secret(credential.exportKeyPem()),
      chain: credential.chainPem,
      clientAuthorities: [encodePem(clientRoot.certificate, 'CERTIFICATE')],
    });
    HttpsServer.prototype.setSecureContext.call(server.mtls.https, {...options, secureOptions: 0});
    const session = await sessionOf(server.port, presenting(alice));
    await assert.rejects(get(server.port, alice, {session}));
    assert.equal((await recorder.next('refusal')).why.code, 'ERR_MTLS_SESSION_RESUMED');
    recorder.stop();
    await server.stop();
    folder.remove();
  });
});

describe('a server without a context of its own', () => {
  it('is a plain https.Server to compare with: it does resume', async () => {
    const plain = createHttpsServer({key: credential.exportKeyPem(), cert: credential.chainPem}, (_, response) =>
      response.end('x'),
    );
    plain.listen(0, '127.0.0.1');
    await new Promise(resolve => plain.once('listening', resolve));
    const {port} = plain.address() as AddressInfo;
    const session = await sessionOf(port, presenting(undefined));
    const again = await open(port, undefined, {session});
    assert.equal(again.isSessionReused(), true);
    again.destroy();
    plain.close();
  });
});

/** A session as a client keeps it: the newest it was given before the first answer was complete. */
async function sessionOf(port: number, options: ConnectionOptions): Promise<Buffer> {
  const socket: TLSSocket = await open(port, undefined, options);
  let session = socket.getSession();
  socket.on('session', newer => (session = newer));
  socket.write('GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n');
  await received(socket);
  await closed(socket);
  assert.ok(session);
  return session;
}
