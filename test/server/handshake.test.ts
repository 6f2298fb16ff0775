import assert from 'node:assert/strict';
import {Socket} from 'node:net';
import {TLSSocket} from 'node:tls';
import type {Code} from '../../src/errors';
import {createAuthority} from '../../src/pki/authority';
import type {Credential} from '../../src/pki/credential';
import {Connections} from '../../src/server/connections';
import {Handshakes} from '../../src/server/handshakes';
import {Judge} from '../../src/server/judge';
import {DEFAULT_LIMITS} from '../../src/server/limits';
import {DEFAULT_TRUST} from '../../src/trust/policy';
import type {RevocationView} from '../../src/trust/revocation';
import {clientRoot, Folder, get, issueClient, Recorder, start, withChain, workingOptions} from './harness';
import type {Presentable, Running} from './harness';

const HOUR_MS = 3_600_000;
const now = Date.now();
const stranger = createAuthority({subject: {commonName: 'Client Root'}});
const weakRoot = createAuthority({subject: {commonName: 'Weak Root'}, key: 'rsa-1024'});
const intermediate = clientRoot.issueAuthority({subject: {commonName: 'Known Issuer'}});
const unknownIssuer = clientRoot.issueAuthority({subject: {commonName: 'Unknown Issuer'}});
const notIssuer = clientRoot.issueClient({subject: {commonName: 'No Issuer'}});

/** What a client presents, which code tells why it is refused, what OpenSSL says, and at which stage. */
const REFUSED: readonly (readonly [string, () => Credential | undefined, Code, string, string])[] = [
  [
    'no certificate',
    () => undefined,
    'ERR_MTLS_CERTIFICATE_MISSING',
    'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE',
    'handshake',
  ],
  [
    'a certificate of another CA with the same name',
    () => issueClient({}, stranger),
    'ERR_MTLS_CHAIN_UNTRUSTED',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'handshake',
  ],
  [
    'a certificate of a CA nobody knows',
    () => issueClient({}, createAuthority({subject: {commonName: 'Nobody'}})),
    'ERR_MTLS_CHAIN_UNTRUSTED',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'handshake',
  ],
  [
    'an expired certificate',
    () => issueClient({validity: {notBefore: new Date(now - 2 * HOUR_MS), notAfter: new Date(now - HOUR_MS)}}),
    'ERR_MTLS_EXPIRED',
    'CERT_HAS_EXPIRED',
    'handshake',
  ],
  [
    'a certificate of the future',
    () => issueClient({validity: {notBefore: new Date(now + HOUR_MS), notAfter: new Date(now + 2 * HOUR_MS)}}),
    'ERR_MTLS_NOT_YET_VALID',
    'CERT_NOT_YET_VALID',
    'handshake',
  ],
  [
    'a certificate for servers only',
    () => issueClient({extendedKeyUsage: ['serverAuth']}),
    'ERR_MTLS_EXTENDED_KEY_USAGE',
    'INVALID_PURPOSE',
    'handshake',
  ],
  ['a self-signed certificate', selfSigned, 'ERR_MTLS_CHAIN_UNTRUSTED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'handshake'],
  [
    'an RSA key of 1024 bits',
    () => issueClient({key: 'rsa-1024'}),
    'ERR_MTLS_OPENSSL_REFUSED',
    'UNSPECIFIED',
    'handshake',
  ],
  [
    'a certificate signed with SHA-1',
    () => issueClient({scheme: 'ecdsa-sha1'}),
    'ERR_MTLS_OPENSSL_REFUSED',
    'UNSPECIFIED',
    'handshake',
  ],
  [
    'a certificate without extendedKeyUsage, which OpenSSL takes for any purpose',
    () => issueClient({without: ['extendedKeyUsage']}),
    'ERR_MTLS_EXTENDED_KEY_USAGE',
    'authorized',
    'verification',
  ],
  [
    'a NUL in a name, which OpenSSL does not mind',
    () => issueClient({subject: {commonName: 'Alice\0', organizationalUnit: 'Clinicians'}}),
    'ERR_MTLS_NAME_FORBIDDEN_CHARACTER',
    'authorized',
    'verification',
  ],
  [
    'an identity that no rule maps',
    () => issueClient({subject: {commonName: 'Bob', organizationalUnit: 'NotClinicians'}}),
    'ERR_MTLS_IDENTITY_UNMAPPED',
    'authorized',
    'identity',
  ],
];

function selfSigned(): Credential {
  return createAuthority({
    subject: {commonName: 'Alice', organizationalUnit: 'Clinicians'},
    basicConstraints: {ca: false},
    keyUsage: ['digitalSignature'],
    extendedKeyUsage: ['clientAuth'],
  }).credential;
}

/** Certificates that pass, beside each of the above. */
const ACCEPTED: readonly (readonly [string, () => Presentable])[] = [
  ['a certificate of the configured CA', () => issueClient()],
  [
    'one that ends in an hour',
    () => issueClient({validity: {notBefore: new Date(now - HOUR_MS), notAfter: new Date(now + HOUR_MS)}}),
  ],
  ['one for clients and servers', () => issueClient({extendedKeyUsage: ['serverAuth', 'clientAuth']})],
  ['an RSA key of 2048 bits', () => issueClient({key: 'rsa-2048'})],
  ['P-384', () => issueClient({key: 'ecdsa-p384'})],
  ['P-521', () => issueClient({key: 'ecdsa-p521'})],
  ['Ed25519', () => issueClient({key: 'ed25519'})],
  ['Ed448', () => issueClient({key: 'ed448'})],
  ['a signature with SHA-512', () => issueClient({scheme: 'ecdsa-sha512'})],
  ['an issuer that is configured and was not sent', () => leafOnly(issueClient({}, intermediate))],
  ['an issuer that is configured and was sent as well', () => issueClient({}, intermediate)],
];

function leafOnly(credential: Credential): Presentable {
  return withChain(credential, credential.pem);
}

describe('a new connection', () => {
  const folder = new Folder();
  let server: Running;
  let recorder: Recorder;

  before(async () => {
    const options = workingOptions(folder);
    const ca = folder.write('roots.crt', clientRoot.pem + weakRoot.pem);
    const intermediates = folder.write('intermediates.crt', intermediate.pem);
    server = await start({...options, clients: {...options.clients, ca, intermediates}});
  });
  after(async () => {
    await server.stop();
    folder.remove();
  });
  beforeEach(() => {
    recorder = new Recorder('handshake', 'refusal', 'authentication');
  });
  afterEach(() => {
    recorder.stop();
  });

  for (const [name, credential, code, openssl, stage] of REFUSED) {
    it(`is refused with ${name}`, async () => {
      await assert.rejects(get(server.port, credential()));
      const refusal = await recorder.next('refusal');
      assert.equal(refusal.why.code, code);
      assert.equal(refusal.openssl, openssl);
      assert.equal(refusal.stage, stage);
      assert.equal(refusal.peer.remoteAddress, '127.0.0.1');
      assert.equal(refusal.generation, 1);
      assert.equal(recorder.events.length, 1);
    });
  }

  for (const [name, credential] of ACCEPTED) {
    it(`is accepted with ${name}`, async () => {
      assert.equal((await get(server.port, credential())).status, 200);
      assert.deepEqual(recorder.of('refusal'), []);
    });
  }

  it('is not misled by a certificate that was sent and is no issuer', async () => {
    const forged = issueClient();
    const chain = withChain(forged, forged.pem + notIssuer.pem);
    assert.equal((await get(server.port, chain)).status, 200);
  });

  it('tells subject, issuer and fingerprint of a certificate it refused itself', async () => {
    await assert.rejects(get(server.port, issueClient({without: ['extendedKeyUsage']})));
    const {peer} = await recorder.next('refusal');
    assert.match(peer.subject ?? '', /CN=Alice/);
    assert.equal(peer.issuer, 'CN=Client Root');
    assert.match(peer.fingerprint ?? '', /^[0-9a-f]{64}$/);
  });

  it('uses what the client sent where the runtime shows it, and names what to configure where not', async () => {
    const outcome = await get(server.port, issueClient({}, unknownIssuer)).then(
      answer => answer.status,
      () => 'refused',
    );
    if (outcome === 'refused') {
      const {why} = await recorder.next('refusal');
      assert.equal(why.code, 'ERR_MTLS_CHAIN_UNTRUSTED');
      assert.match(why.required, /clients\.intermediates/);
    } else assert.equal(outcome, 200);
  });
});

describe('a socket', () => {
  function handshakes(): {readonly handshakes: Handshakes; readonly end: () => void} {
    const judge = new Judge(
      {
        anchors: [],
        intermediates: [],
        policy: DEFAULT_TRUST,
        revocation: NOTHING,
        rules: {kind: 'rules', rules: []},
        resumption: 'refuse',
        generation: 1,
      },
      () => Promise.resolve(),
    );
    const connections = new Connections(judge);
    return {
      handshakes: new Handshakes(judge, connections, DEFAULT_LIMITS),
      end: () => {
        connections.stop();
      },
    };
  }

  it('that was never counted in is destroyed', async () => {
    const {handshakes: unit, end} = handshakes();
    const socket = new TLSSocket(new Socket());
    assert.equal(await unit.secure(socket), 'refused');
    assert.ok(socket.destroyed);
    const failed = new TLSSocket(new Socket());
    unit.fail('no error at all', failed);
    assert.ok(failed.destroyed);
    end();
  });

  it('that cannot be judged in a way nobody thought of is refused, and that is recorded', async () => {
    const folder = new Folder();
    const recorder = new Recorder('refusal');
    const server = await start(workingOptions(folder));
    const {getCipher} = Object.getOwnPropertyDescriptors(TLSSocket.prototype);
    Object.defineProperty(TLSSocket.prototype, 'getCipher', {
      ...getCipher,
      value: () => {
        throw new RangeError('the runtime failed');
      },
    });
    try {
      await assert.rejects(get(server.port, issueClient()));
      const {why} = await recorder.next('refusal');
      assert.deepEqual([why.code, why.found], ['ERR_MTLS_CONNECTION_UNVERIFIED', 'RangeError while judging']);
    } finally {
      Object.defineProperty(TLSSocket.prototype, 'getCipher', getCipher);
      recorder.stop();
      await server.stop();
      folder.remove();
    }
  });

  it('that OpenSSL did not authorise is refused, even where it is said to be secure', async () => {
    const recorder = new Recorder('refusal');
    const {handshakes: unit, end} = handshakes();
    const raw = new Socket();
    assert.ok(unit.arrive(raw));
    const socket = new TLSSocket(raw);
    assert.equal(await unit.secure(socket), 'refused');
    assert.equal(recorder.of('refusal')[0]?.why.code, 'ERR_MTLS_VERIFIERS_DISAGREE');
    raw.destroy();
    recorder.stop();
    end();
  });
});

const NOTHING: RevocationView = {statusOf: () => ({status: 'unknown', required: 'anything', found: 'nothing'})};
