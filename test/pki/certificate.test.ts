import assert from 'node:assert/strict';
import {X509Certificate, createPublicKey, generateKeyPairSync} from 'node:crypto';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {MtlsError} from '../../src/errors';
import {createAuthority} from '../../src/pki/authority';
import type {KeyKind} from '../../src/pki/keys';
import {generateKey, generateKeyLike, keyIdentifierOf, spkiOf} from '../../src/pki/keys';
import type {SignatureScheme} from '../../src/pki/signing';
import {Tag, childrenOf, parseDer} from '../../src/x509/der';
import {parseCertificate} from '../../src/x509/certificate';
import {hasOpenssl, openssl, withFolder} from './openssl';

const NOW = new Date('2026-11-23T12:00:00Z');
const clock = () => NOW;

const KEY_OF: Readonly<Record<string, ReturnType<typeof generateKey>>> = Object.fromEntries(
  (['rsa-2048', 'rsa-pss-2048', 'ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521', 'ed25519', 'ed448'] as const).map(kind => [
    kind,
    generateKey(kind),
  ]),
);

const SCHEMES: readonly (readonly [KeyKind, SignatureScheme | undefined, string])[] = [
  ['rsa-2048', undefined, '1.2.840.113549.1.1.11'],
  ['rsa-2048', 'rsa-pkcs1-md5', '1.2.840.113549.1.1.4'],
  ['rsa-2048', 'rsa-pkcs1-sha1', '1.2.840.113549.1.1.5'],
  ['rsa-2048', 'rsa-pkcs1-sha384', '1.2.840.113549.1.1.12'],
  ['rsa-2048', 'rsa-pkcs1-sha512', '1.2.840.113549.1.1.13'],
  ['rsa-2048', 'rsa-pss-sha1', '1.2.840.113549.1.1.10'],
  ['rsa-2048', 'rsa-pss-sha256', '1.2.840.113549.1.1.10'],
  ['rsa-2048', 'rsa-pss-sha384', '1.2.840.113549.1.1.10'],
  ['rsa-2048', 'rsa-pss-sha512', '1.2.840.113549.1.1.10'],
  ['rsa-pss-2048', undefined, '1.2.840.113549.1.1.10'],
  ['ecdsa-p256', undefined, '1.2.840.10045.4.3.2'],
  ['ecdsa-p256', 'ecdsa-sha1', '1.2.840.10045.4.1'],
  ['ecdsa-p384', undefined, '1.2.840.10045.4.3.3'],
  ['ecdsa-p521', undefined, '1.2.840.10045.4.3.4'],
  ['ed25519', undefined, '1.3.101.112'],
  ['ed448', undefined, '1.3.101.113'],
];

describe('issuing certificates', () => {
  for (const [kind, scheme, algorithm] of SCHEMES)
    it(`signs with ${kind} and ${scheme ?? 'its default'}`, () => {
      const key = KEY_OF[kind];
      assert.ok(key);
      const root = createAuthority({subject: 'Root', key, ...(scheme ? {scheme} : {})}, clock);
      const facts = parseCertificate(root.certificate);
      assert.equal(facts.signatureAlgorithm.oid, algorithm);
      assert.ok(new X509Certificate(root.certificate).verify(createPublicKey(key)));
    });

  it('fills version, serial number, names, dates and key', () => {
    const root = createAuthority({subject: {organization: 'Clinic', commonName: 'Root'}}, clock);
    const {certificate, key} = root.issueClient({subject: 'alice', serialNumber: 'ff01', validity: {minutes: 5}});
    const facts = parseCertificate(certificate);
    assert.equal(facts.version, 3);
    assert.equal(facts.serialNumber, 'ff01');
    assert.deepEqual(facts.issuer.der, root.name);
    assert.deepEqual(facts.subject.rdns, [[{type: '2.5.4.3', value: 'alice'}]]);
    const beginsMs = NOW.getTime() - 1000;
    assert.equal(facts.notBefore.getTime(), beginsMs);
    assert.equal(facts.notAfter.getTime(), beginsMs + 5 * 60_000);
    assert.deepEqual(facts.publicKey.spki, spkiOf(key));
    assert.deepEqual(facts.extensions.subjectKeyIdentifier, keyIdentifierOf(key));
    assert.deepEqual(facts.extensions.authorityKeyIdentifier?.keyIdentifier, root.keyIdentifier);
  });

  it('takes dates as they are', () => {
    const validity = {notBefore: new Date('1999-12-31T23:59:59Z'), notAfter: new Date('2050-01-01T00:00:00Z')};
    const {notBefore, notAfter} = parseCertificate(createAuthority({subject: 'Root', validity}).certificate);
    assert.deepEqual({notBefore, notAfter}, validity);
  });

  it('makes positive random serial numbers of at most 20 octets', () => {
    const root = createAuthority({subject: 'Root'});
    const serials = Array.from(
      {length: 20},
      () => parseCertificate(root.issue({subject: 'x'}).certificate).serialNumber,
    );
    assert.equal(new Set(serials).size, 20);
    for (const serial of serials) assert.match(serial, /^[4-7][0-9a-f]{31}$/);
  });

  it('gives clients, servers, responders and authorities their profiles', () => {
    const root = createAuthority({subject: 'Root', pathLength: 1});
    const extensionsOf = (der: Buffer) => parseCertificate(der).extensions;
    const rootExtensions = extensionsOf(root.certificate);
    assert.deepEqual(rootExtensions.basicConstraints, {ca: true, pathLength: 1});
    assert.deepEqual(rootExtensions.keyUsage, ['keyCertSign', 'cRLSign']);
    assert.equal(rootExtensions.authorityKeyIdentifier, undefined);
    assert.deepEqual(extensionsOf(root.issueAuthority({subject: 'Sub'}).certificate).basicConstraints, {ca: true});
    const purposes = [
      [root.issueClient({subject: 'c'}), '1.3.6.1.5.5.7.3.2'],
      [root.issueServer({subject: 's'}), '1.3.6.1.5.5.7.3.1'],
      [root.issueOcspResponder({subject: 'o'}), '1.3.6.1.5.5.7.3.9'],
    ] as const;
    for (const [credential, purpose] of purposes) {
      const extensions = extensionsOf(credential.certificate);
      assert.deepEqual(extensions.extendedKeyUsage, [purpose]);
      assert.deepEqual(extensions.keyUsage, ['digitalSignature']);
      assert.deepEqual(extensions.basicConstraints, {ca: false});
    }
    const plain = extensionsOf(root.issue({subject: 'plain'}).certificate);
    assert.deepEqual(
      plain.all.map(extension => extension.oid),
      ['2.5.29.14', '2.5.29.35'],
    );
  });

  it('leaves out what it is told to leave out', () => {
    const root = createAuthority({subject: 'Root'});
    const without = ['basicConstraints', 'keyUsage', 'subjectKeyIdentifier', 'authorityKeyIdentifier'] as const;
    const {extensions} = parseCertificate(root.issueClient({subject: 'x', without}).certificate);
    assert.deepEqual(
      extensions.all.map(extension => extension.oid),
      ['2.5.29.37'],
    );
  });

  it('certifies a public key that somebody else holds', () => {
    const {publicKey} = generateKeyPairSync('ed25519');
    const credential = createAuthority({subject: 'Root'}).issueClient({subject: 'x', key: publicKey});
    assert.deepEqual(parseCertificate(credential.certificate).publicKey.spki, spkiOf(publicKey));
    assert.throws(() => credential.key, isPkiError);
  });

  it('writes versions 1 and 2 without extensions, version 2 with unique identifiers', () => {
    const root = createAuthority({subject: 'Root'});
    const first = root.issueClient({subject: 'x', version: 1});
    assert.equal(parseCertificate(first.certificate).version, 1);
    assert.deepEqual(parseCertificate(first.certificate).extensions.all, []);
    const uniqueIdentifiers = {issuer: Buffer.of(1), subject: Buffer.of(2)};
    const second = root.issueClient({subject: 'x', version: 2, uniqueIdentifiers});
    const [tbs] = childrenOf(parseDer(second.certificate, Tag.SEQUENCE));
    assert.ok(tbs);
    const tags = childrenOf(tbs).map(child => child.tag);
    assert.deepEqual(
      tags.slice(-2),
      [0xa1, 0xa2].map(tag => tag & ~0x20),
    );
  });

  it('makes the alternative names critical when there is no subject', () => {
    const root = createAuthority({subject: 'Root'});
    const critical = (credential: {readonly certificate: Buffer}) =>
      parseCertificate(credential.certificate).extensions.all.find(({oid}) => oid === '2.5.29.17')?.critical;
    assert.equal(critical(root.issueClient({subject: [], subjectAltNames: ['dns:a.example']})), true);
    assert.equal(critical(root.issueClient({subject: 'x', subjectAltNames: ['dns:a.example']})), false);
    const criticality = {subjectAltNames: 'not critical'} as const;
    assert.equal(critical(root.issueClient({subject: [], subjectAltNames: ['dns:a.example'], criticality})), false);
  });

  describe('with mistakes', () => {
    const root = createAuthority({subject: 'Root'}, clock);
    const verifies = (certificate: Buffer) => new X509Certificate(certificate).verify(createPublicKey(root.key));

    it('verifies when there is none', () => {
      assert.equal(verifies(root.issueClient({subject: 'x'}).certificate), true);
    });
    for (const corrupt of ['content', 'signature'] as const)
      it(`does not verify when the ${corrupt} is corrupt`, () => {
        assert.equal(verifies(root.issueClient({subject: 'x', mistakes: {corrupt}}).certificate), false);
      });
    it('does not verify when another key signed', () => {
      const mistakes = {signingKey: generateKey('ecdsa-p256')};
      assert.equal(verifies(root.issueClient({subject: 'x', mistakes}).certificate), false);
    });
    it('names another issuer', () => {
      const {certificate} = root.issueClient({subject: 'x', mistakes: {issuer: 'Somebody'}});
      assert.deepEqual(parseCertificate(certificate).issuer.rdns, [[{type: '2.5.4.3', value: 'Somebody'}]]);
    });
    it('names another algorithm outside than inside', () => {
      const {certificate} = root.issueClient({subject: 'x', mistakes: {outerScheme: 'ecdsa-sha512'}});
      assert.throws(() => parseCertificate(certificate), MtlsError);
      assert.equal(childrenOf(parseDer(certificate)).length, 3);
    });
    it('repeats an extension', () => {
      const otherExtensions = [{oid: '2.5.29.15', critical: true, value: Buffer.from('03020780', 'hex')}];
      const {certificate} = root.issueClient({subject: 'x', otherExtensions});
      assert.throws(() => parseCertificate(certificate), hasCode('ERR_MTLS_EXTENSION_DUPLICATE'));
    });
    it('writes a NUL into names', () => {
      const name = 'dns:good.example\0.evil.example' as const;
      const {certificate} = root.issueClient({subject: 'x', subjectAltNames: [name]});
      assert.ok(certificate.includes(Buffer.from('good.example\0.evil.example')));
      const subject = [{type: 'commonName', value: Buffer.from('a\0b')}];
      assert.ok(root.issueClient({subject}).certificate.includes(Buffer.from('a\0b')));
    });
  });
});

describe('keys', () => {
  it('makes another key of the same kind', () => {
    const kinds: readonly KeyKind[] = ['ecdsa-p256', 'ecdsa-p384', 'ed25519', 'ed448', 'rsa-1024', 'rsa-pss-1024'];
    for (const kind of kinds) {
      const key = generateKey(kind);
      const another = generateKeyLike(key);
      assert.equal(another.asymmetricKeyType, key.asymmetricKeyType);
      assert.equal(another.asymmetricKeyDetails?.namedCurve, key.asymmetricKeyDetails?.namedCurve);
      assert.equal(another.asymmetricKeyDetails?.modulusLength, key.asymmetricKeyDetails?.modulusLength);
      assert.equal(another.equals(key), false);
    }
  });

  it('refuses keys that it does not make or sign with', () => {
    const {privateKey} = generateKeyPairSync('x25519');
    assert.throws(() => generateKeyLike(privateKey), isPkiError);
    assert.throws(() => createAuthority({subject: 'Root', key: privateKey}), isPkiError);
    const brainpool = generateKeyPairSync('ec', {namedCurve: 'brainpoolP256r1'}).privateKey;
    assert.throws(() => generateKeyLike(brainpool), isPkiError);
  });

  it('makes the weak keys that others must refuse', () => {
    const root = createAuthority({subject: 'Root'});
    for (const kind of ['rsa-1024', 'ecdsa-p192', 'ecdsa-p224', 'ecdsa-secp256k1'] as const) {
      const {publicKey} = parseCertificate(root.issueClient({subject: 'weak', key: kind}).certificate);
      assert.ok(publicKey.bits <= 1024);
    }
  });
});

if (hasOpenssl)
  describe('openssl verify', () => {
    const CHAINS: readonly (readonly [KeyKind, KeyKind, KeyKind])[] = [
      ['ecdsa-p384', 'ecdsa-p256', 'ed25519'],
      ['rsa-2048', 'rsa-pss-2048', 'rsa-2048'],
      ['ed25519', 'ecdsa-p521', 'ed448'],
    ];
    for (const [rootKey, subKey, leafKey] of CHAINS)
      it(`accepts ${rootKey} > ${subKey} > ${leafKey}`, () => {
        withFolder(folder => {
          const key = (kind: KeyKind) => KEY_OF[kind] ?? kind;
          const root = createAuthority({subject: 'Root', key: key(rootKey)});
          const sub = root.issueAuthority({subject: 'Sub', key: key(subKey), pathLength: 0});
          const leaf = sub.issueClient({subject: 'alice', key: key(leafKey), subjectAltNames: ['dns:a.example']});
          const [rootFile, leafFile] = [join(folder, 'root.pem'), join(folder, 'leaf.pem')];
          writeFileSync(rootFile, root.pem);
          writeFileSync(leafFile, leaf.chainPem);
          const args = ['-x509_strict', '-purpose', 'sslclient', '-CAfile', rootFile, '-untrusted', leafFile, leafFile];
          assert.match(openssl('verify', ...args).text, /: OK$/m);
        });
      });

    it('refuses a corrupt signature', () => {
      withFolder(folder => {
        const root = createAuthority({subject: 'Root'});
        const file = join(folder, 'x.pem');
        writeFileSync(join(folder, 'root.pem'), root.pem);
        writeFileSync(file, root.issueClient({subject: 'x', mistakes: {corrupt: 'signature'}}).pem);
        assert.match(openssl('verify', '-CAfile', join(folder, 'root.pem'), file).text, /signature failure/);
      });
    });
  });

function isPkiError(error: unknown): boolean {
  return hasCode('ERR_MTLS_PKI')(error);
}

function hasCode(code: string): (error: unknown) => boolean {
  return error => error instanceof MtlsError && error.code === code;
}
