import assert from 'node:assert/strict';
import {X509Certificate, createPrivateKey} from 'node:crypto';
import {once} from 'node:events';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import tls from 'node:tls';
import {format, inspect} from 'node:util';
import {createAuthority} from '../../src/pki/authority';
import type {Credential} from '../../src/pki/credential';
import type {KeyKind} from '../../src/pki/keys';
import {decodePem} from '../../src/x509/pem';
import {hasOpenssl, openssl, withFolder} from './openssl';

const serverRoot = createAuthority({subject: 'Server Root'});
const server = serverRoot.issueServer({subject: 'localhost', subjectAltNames: ['dns:localhost']});
const clientRoot = createAuthority({subject: 'Client Root', key: 'ed25519'});
const issuing = clientRoot.issueAuthority({subject: 'Client Issuing', pathLength: 0});
const alice = issuing.issueClient({subject: 'alice', subjectAltNames: ['uri:spiffe://clinic.example/alice']});

describe('a credential', () => {
  it('presents the certificate and its intermediates, without the root', () => {
    assert.deepEqual(decodePem(alice.chainPem, 'CERTIFICATE'), [alice.certificate, issuing.certificate]);
    assert.deepEqual(decodePem(alice.pem, 'CERTIFICATE'), [alice.certificate]);
    assert.deepEqual(server.intermediates, []);
    const below = issuing.issueAuthority({subject: 'Deeper'}).issueClient({subject: 'x'});
    assert.equal(below.intermediates.length, 2);
  });

  it('exports its key as PKCS#8, encrypted when there is a passphrase', () => {
    assert.ok(createPrivateKey(alice.exportKeyPem()).equals(alice.key));
    const encrypted = alice.exportKeyPem('correct horse');
    assert.match(encrypted, /BEGIN ENCRYPTED PRIVATE KEY/);
    assert.ok(createPrivateKey({key: encrypted, passphrase: 'correct horse'}).equals(alice.key));
    assert.throws(() => createPrivateKey({key: encrypted, passphrase: 'wrong'}));
  });
});

describe('secrets', () => {
  /** What would give the key away: its PEM, its base64, its hex and its raw bytes. */
  const leaks = (text: string, {key}: Credential) => {
    const der = key.export({type: 'pkcs8', format: 'der'});
    const secret = der.subarray(-32);
    return (
      [der, secret].some(
        bytes => text.includes(bytes.toString('base64').slice(0, 40)) || text.includes(bytes.toString('hex')),
      ) || text.includes('PRIVATE KEY')
    );
  };
  const options = {depth: Infinity, showHidden: true, getters: false} as const;
  const HOLDERS = [
    ['an authority', issuing, issuing.credential],
    ['a root', clientRoot, clientRoot.credential],
    ['a credential', alice, alice],
    ['a list of them', [alice, issuing], alice],
  ] as const;
  for (const [name, holder, credential] of HOLDERS)
    it(`stay inside ${name}`, () => {
      const printed = [inspect(holder, options), format('%o %O %s', holder, holder, holder), JSON.stringify({holder})];
      for (const text of printed) assert.equal(leaks(text, credential), false);
      assert.match(inspect(holder), /\[secret\]/);
      assert.match(JSON.stringify(holder), /\[secret\]/);
      assert.doesNotMatch(JSON.stringify(Object.entries(holder)), /PRIVATE/);
      assert.doesNotMatch(JSON.stringify(structuredCloneable(holder)), /PRIVATE/);
    });

  it('would be noticed by these tests', () => {
    assert.equal(leaks(alice.exportKeyPem(), alice), true);
  });
});

function structuredCloneable(value: object): unknown {
  return {...value};
}

describe('PKCS#12', () => {
  const KINDS: readonly KeyKind[] = ['ecdsa-p256', 'rsa-2048'];
  for (const key of KINDS)
    it(`is taken by Node as key and certificates with ${key}`, async () => {
      const credential = issuing.issueClient({subject: 'p12', key});
      const pfx = credential.exportPkcs12('geheim ü', 'Alice Ä');
      const subject = await handshake({pfx, passphrase: 'geheim ü'});
      assert.equal(subject, 'CN=p12');
    });

  it('is refused with another passphrase', () => {
    assert.throws(() => tls.createSecureContext({pfx: alice.exportPkcs12('right', 'x'), passphrase: 'wrong'}));
  });

  if (hasOpenssl)
    it('is read by openssl, its MAC by SHA-256', () => {
      withFolder(folder => {
        const file = join(folder, 'alice.p12');
        writeFileSync(file, alice.exportPkcs12('secret', 'alice'));
        const read = openssl('pkcs12', '-in', file, '-passin', 'pass:secret', '-info', '-nokeys');
        assert.match(read.text, /MAC: sha256, Iteration 10000/);
        assert.match(read.text, /AES-256-CBC/);
        assert.match(read.text, /friendlyName: alice/);
        assert.equal(read.text.match(/BEGIN CERTIFICATE/g)?.length, 2);
        const wrong = openssl('pkcs12', '-in', file, '-passin', 'pass:wrong', '-info', '-nokeys');
        assert.match(wrong.text, /Mac verify error/);
      });
    });
});

describe('a TLS handshake', () => {
  it('accepts a client of the client root', async () => {
    assert.equal(await handshake({key: alice.exportKeyPem(), cert: alice.chainPem}), 'CN=alice');
  });

  it('refuses a client of another root', async () => {
    const mallory = createAuthority({subject: 'Client Root'}).issueClient({subject: 'mallory'});
    await assert.rejects(handshake({key: mallory.exportKeyPem(), cert: mallory.chainPem}));
  });

  it('refuses a revoked client by the CRLs of root and intermediate', async () => {
    const {serialNumber} = new X509Certificate(alice.certificate);
    const crl = (entries: readonly {readonly serialNumber: string; readonly revokedAt: Date}[]) => [
      clientRoot.issueCrl().pem,
      issuing.issueCrl({entries}).pem,
    ];
    const client = {key: alice.exportKeyPem(), cert: alice.chainPem};
    assert.equal(await handshake(client, crl([])), 'CN=alice');
    await assert.rejects(handshake(client, crl([{serialNumber, revokedAt: new Date()}])), /CERT_REVOKED/);
  });
});

/** A TLS 1.2 handshake, in which the client hears of its refusal; resolves to the subject that the server saw. */
async function handshake(client: tls.SecureContextOptions, crl?: string[]): Promise<string> {
  const listener = tls.createServer({
    key: server.exportKeyPem(),
    cert: server.chainPem,
    ca: clientRoot.pem,
    requestCert: true,
    rejectUnauthorized: true,
    maxVersion: 'TLSv1.2',
    ...(crl ? {crl} : {}),
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  assert.ok(typeof address === 'object' && address);
  try {
    return await new Promise((resolve, reject) => {
      listener.on('secureConnection', socket => {
        resolve(socket.getPeerX509Certificate()?.subject ?? 'nobody');
        socket.destroy();
      });
      listener.on('tlsClientError', (error, socket) => {
        reject(new Error(`${error.message}: ${String(socket.authorizationError)}`));
      });
      const options = {port: address.port, servername: 'localhost', ca: serverRoot.pem, ...client};
      tls.connect(options).on('error', () => undefined);
    });
  } finally {
    listener.close();
  }
}
