import assert from 'node:assert/strict';
import {X509Certificate, createPrivateKey} from 'node:crypto';
import {chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {inspect} from 'node:util';
import {MtlsError} from '../../src/errors';
import {DevelopmentCa} from '../../src/pki/development-ca';
import {Store} from '../../src/pki/store';
import {parseCrl} from '../../src/x509/crl';
import {childrenOf} from '../../src/x509/der';
import {parseOcspResponse} from '../../src/x509/ocsp';
import {encodeOcspRequest} from '../../src/x509/ocsp-request';
import {decodePem, parseCertificates} from '../../src/x509/pem';
import {hasOpenssl, openssl, withFolder} from './openssl';

/** A CA whose clock is set by the test. */
class Bench {
  now = new Date('2026-11-23T12:00:00Z');
  readonly folder: string;
  readonly ca: DevelopmentCa;

  constructor(folder: string) {
    this.folder = join(folder, 'certs');
    this.ca = new DevelopmentCa(new Store(this.folder), () => this.now);
  }

  withAuthorities(): this {
    this.ca.createRoot('clients-ca', {subject: 'Clients'});
    this.ca.createIntermediate('issuing-ca', 'clients-ca', {subject: 'Issuing', pathLength: 0});
    return this;
  }

  wait(minutes: number): void {
    this.now = new Date(this.now.getTime() + minutes * 60_000);
  }

  read(file: string): Buffer {
    return readFileSync(join(this.folder, file));
  }

  mode(file: string): number {
    return statSync(join(this.folder, file)).mode & 0o777;
  }

  /** Serial numbers in the CRL of one authority. */
  revokedBy(authority: string, suffix = ''): number {
    const {entries} = parseCrl(this.read(`ca/${authority}${suffix}.crl`));
    return entries ? childrenOf(entries).length : 0;
  }
}

function bench(name: string, work: (bench: Bench) => void): void {
  it(name, () => {
    withFolder(folder => {
      work(new Bench(folder));
    });
  });
}

describe('a development CA in a folder', () => {
  bench('writes a root with its CRL, and the key where nobody else reads', test => {
    assert.deepEqual(test.ca.createRoot('clients-ca', {subject: 'Clients'}, {days: 30}), [
      'ca/clients-ca.key',
      'clients-ca.crt',
      'ca/clients-ca.crl',
      'clients.crl',
    ]);
    assert.equal(test.mode('.'), 0o700);
    assert.equal(test.mode('ca'), 0o700);
    assert.equal(test.mode('ca/clients-ca.key'), 0o600);
    assert.equal(test.mode('ca/index.json'), 0o600);
    assert.equal(test.mode('clients-ca.crt'), 0o644);
    const crl = parseCrl(test.read('ca/clients-ca.crl'));
    assert.equal(crl.nextUpdate?.toISOString(), '2026-12-23T12:00:00.000Z');
    assert.equal(crl.extensions.crlNumber, 1n);
  });

  bench('writes a client with its intermediates and a key that fits', test => {
    test.withAuthorities().ca.issue('alice', 'issuing-ca', 'client', {subject: 'alice'});
    const [leaf, issuing, ...more] = parseCertificates(test.read('alice.crt'));
    assert.ok(leaf && issuing);
    assert.equal(more.length, 0);
    assert.deepEqual(issuing.der, parseCertificates(test.read('issuing-ca.crt'))[0]?.der);
    assert.deepEqual(leaf.extensions.extendedKeyUsage, ['1.3.6.1.5.5.7.3.2']);
    assert.ok(new X509Certificate(leaf.der).checkPrivateKey(createPrivateKey(test.read('alice.key'))));
    assert.equal(test.mode('alice.key'), 0o600);
    assert.equal(test.mode('alice.crt'), 0o644);
  });

  bench('writes a server below a root without intermediates', test => {
    test.withAuthorities().ca.issue('server', 'clients-ca', 'server', {subject: 'server'});
    const certificates = parseCertificates(test.read('server.crt'));
    assert.equal(certificates.length, 1);
    assert.deepEqual(certificates[0]?.extensions.extendedKeyUsage, ['1.3.6.1.5.5.7.3.1']);
  });

  bench('keeps public files readable whatever the umask', test => {
    const umask = process.umask(0o077);
    try {
      test.withAuthorities();
    } finally {
      process.umask(umask);
    }
    assert.equal(test.mode('clients-ca.crt'), 0o644);
  });

  bench('leaves the mode of a folder that is already there', test => {
    mkdirSync(test.folder);
    chmodSync(test.folder, 0o755);
    test.withAuthorities();
    assert.equal(test.mode('.'), 0o755);
    assert.equal(test.mode('ca'), 0o700);
  });

  bench('leaves no temporary file and no lock behind', test => {
    test.withAuthorities();
    assert.throws(() => test.ca.issue('clients-ca', 'clients-ca', 'client', {subject: 'x'}), isPkiError);
    const files = [...readdirSync(test.folder), ...readdirSync(join(test.folder, 'ca'))];
    assert.deepEqual(
      files.filter(file => file.endsWith('.tmp') || file === 'lock'),
      [],
    );
  });

  bench('lets one process at a time write', test => {
    test.withAuthorities();
    writeFileSync(join(test.folder, 'ca/lock'), '');
    const before = test.read('ca/index.json');
    assert.throws(() => test.ca.issue('alice', 'issuing-ca', 'client', {subject: 'alice'}), /lock/);
    assert.deepEqual(test.read('ca/index.json'), before);
    assert.ok(existsSync(join(test.folder, 'ca/lock')));
  });

  bench('writes the index before the files, so that whatever exists can be revoked', test => {
    test.withAuthorities();
    // A folder in the place of a file makes the second write fail.
    mkdirSync(join(test.folder, 'alice.key'));
    assert.throws(() => test.ca.issue('alice', 'issuing-ca', 'client', {subject: 'alice'}));
    assert.equal(test.ca.certificates.at(-1)?.name, 'alice');
    assert.equal(
      readdirSync(test.folder).some(file => file.endsWith('.tmp')),
      false,
    );
    test.ca.revoke('alice', 'unspecified');
    assert.equal(test.revokedBy('issuing-ca'), 1);
  });

  bench('refuses an issuer that is not there or is no authority', test => {
    assert.throws(() => test.ca.issue('alice', 'clients-ca', 'client', {subject: 'alice'}), isPkiError);
    test.withAuthorities().ca.issue('alice', 'clients-ca', 'client', {subject: 'alice'});
    assert.throws(() => test.ca.issue('bob', 'alice', 'client', {subject: 'bob'}), isPkiError);
    assert.throws(() => test.ca.createIntermediate('bob-ca', 'alice', {subject: 'bob'}), isPkiError);
    assert.equal(test.ca.certificates.length, 3);
  });
});

describe('renewing', () => {
  bench('keeps the contents and changes serial number, dates and key', test => {
    test.withAuthorities().ca.issue('alice', 'issuing-ca', 'client', {
      subject: {organizationalUnit: 'Clinicians', commonName: 'alice'},
      subjectAltNames: ['uri:spiffe://clinic.example/alice'],
      extendedKeyUsage: ['clientAuth', '1.3.6.1.4.1.32473.1.1'],
      key: 'ed25519',
      validity: {minutes: 90},
    });
    const [before] = parseCertificates(test.read('alice.crt'));
    test.wait(30);
    test.ca.renew('alice');
    const [after] = parseCertificates(test.read('alice.crt'));
    assert.ok(before && after);
    const contents = (facts: typeof before) =>
      facts.extensions.all
        .filter(({oid}) => oid !== '2.5.29.14')
        .map(({oid, value}) => [oid, value.toString('hex')])
        .sort();
    assert.deepEqual(contents(after), contents(before));
    assert.deepEqual(after.subject.der, before.subject.der);
    assert.notEqual(after.serialNumber, before.serialNumber);
    assert.equal(after.publicKey.kind, 'ed25519');
    assert.notDeepEqual(after.publicKey.spki, before.publicKey.spki);
    assert.equal(after.notBefore.getTime(), test.now.getTime() - 1000);
    assert.equal(after.notAfter.getTime(), test.now.getTime() - 1000 + 90 * 60_000);
    assert.ok(new X509Certificate(after.der).checkPrivateKey(createPrivateKey(test.read('alice.key'))));
  });

  bench('keeps the key and takes another lifetime when it is told to', test => {
    test.withAuthorities().ca.issue('alice', 'issuing-ca', 'client', {subject: 'alice'});
    const key = test.read('alice.key');
    test.ca.renew('alice', {key: 'keep', lifetime: {minutes: 5}});
    assert.deepEqual(test.read('alice.key'), key);
    const [facts] = parseCertificates(test.read('alice.crt'));
    assert.equal(facts?.notAfter.getTime(), test.now.getTime() - 1000 + 5 * 60_000);
  });

  for (const name of ['clients-ca', 'issuing-ca'])
    bench(`keeps the key of ${name}, so that old certificates still verify`, test => {
      test.withAuthorities().ca.issue('alice', 'issuing-ca', 'client', {subject: 'alice'});
      test.wait(60);
      test.ca.renew(name);
      const [root] = parseCertificates(test.read('clients-ca.crt'));
      const [issuing] = parseCertificates(test.read('issuing-ca.crt'));
      const [leaf] = parseCertificates(test.read('alice.crt'));
      assert.ok(root && issuing && leaf);
      assert.ok(new X509Certificate(leaf.der).verify(new X509Certificate(issuing.der).publicKey));
      assert.ok(new X509Certificate(issuing.der).verify(new X509Certificate(root.der).publicKey));
      assert.ok(new X509Certificate(issuing.der).checkIssued(new X509Certificate(root.der)));
      test.ca.issue('bob', 'issuing-ca', 'client', {subject: 'bob'});
    });
});

describe('revoking', () => {
  bench('puts all certificates of a name on the CRL of their issuer, and numbers it one higher', test => {
    test.withAuthorities().ca.issue('alice', 'issuing-ca', 'client', {subject: 'alice'});
    test.ca.renew('alice');
    const before = parseCrl(test.read('ca/issuing-ca.crl')).extensions.crlNumber ?? 0n;
    const written = test.ca.revoke('alice', 'keyCompromise');
    assert.deepEqual(written, ['ca/clients-ca.crl', 'ca/issuing-ca.crl', 'clients.crl']);
    assert.equal(test.revokedBy('issuing-ca'), 2);
    assert.equal(test.revokedBy('clients-ca'), 0);
    assert.equal(parseCrl(test.read('ca/issuing-ca.crl')).extensions.crlNumber, before + 1n);
    assert.equal(decodePem(test.read('clients.crl').toString(), 'X509 CRL').length, 2);
    assert.equal(test.ca.certificates.filter(record => record.revoked?.reason === 'keyCompromise').length, 2);
  });

  bench('revokes one certificate by its serial number', test => {
    test.withAuthorities().ca.issue('alice', 'issuing-ca', 'client', {subject: 'alice'});
    test.ca.renew('alice');
    test.ca.revoke(parseCertificates(test.read('alice.crt'))[0]?.serialNumber ?? '', 'superseded');
    assert.equal(test.revokedBy('issuing-ca'), 1);
  });

  bench('revokes an intermediate on the CRL of the root', test => {
    test.withAuthorities().ca.revoke('issuing-ca', 'cACompromise');
    assert.equal(test.revokedBy('clients-ca'), 1);
  });

  bench('is for good: what is revoked cannot be renewed', test => {
    test.withAuthorities().ca.issue('alice', 'issuing-ca', 'client', {subject: 'alice'});
    test.ca.revoke('alice', 'keyCompromise');
    assert.throws(() => test.ca.renew('alice', {key: 'keep'}), isPkiError);
  });

  bench('lets the name be used again', test => {
    test.withAuthorities().ca.issue('alice', 'issuing-ca', 'client', {subject: 'alice'});
    test.ca.revoke('alice', 'unspecified');
    test.ca.issue('alice', 'issuing-ca', 'client', {subject: 'alice again'});
    assert.equal(parseCertificates(test.read('alice.crt'))[0]?.subject.rdns[0]?.[0]?.value, 'alice again');
  });
});

describe('signing CRLs again', () => {
  bench('keeps the lifetime of the last ones unless told otherwise', test => {
    test.withAuthorities();
    test.wait(24 * 60);
    test.ca.signCrls({minutes: 10});
    assert.equal(parseCrl(test.read('ca/issuing-ca.crl')).nextUpdate?.getTime(), test.now.getTime() + 10 * 60_000);
    test.wait(5);
    test.ca.signCrls();
    assert.equal(parseCrl(test.read('ca/issuing-ca.crl')).nextUpdate?.getTime(), test.now.getTime() + 10 * 60_000);
  });

  bench('signs deltas of what was revoked since the complete ones, in the same sequence of numbers', test => {
    test.withAuthorities();
    for (const name of ['alice', 'bob']) test.ca.issue(name, 'issuing-ca', 'client', {subject: name});
    test.ca.revoke('alice', 'keyCompromise');
    const base = parseCrl(test.read('ca/issuing-ca.crl')).extensions.crlNumber;
    test.wait(10);
    assert.deepEqual(test.ca.signDeltaCrls(), [
      'ca/clients-ca.delta.crl',
      'ca/issuing-ca.delta.crl',
      'clients.delta.crl',
    ]);
    const delta = parseCrl(test.read('ca/issuing-ca.delta.crl')).extensions;
    assert.equal(delta.baseCrlNumber, base);
    assert.equal(delta.crlNumber, (base ?? 0n) + 1n);
    test.wait(10);
    test.ca.revoke('bob', 'keyCompromise');
    assert.equal(parseCrl(test.read('ca/issuing-ca.crl')).extensions.crlNumber, (base ?? 0n) + 2n);
    assert.equal(test.revokedBy('issuing-ca'), 2);
  });

  bench('lists in a delta only what the base does not have', test => {
    test.withAuthorities().ca.issue('alice', 'issuing-ca', 'client', {subject: 'alice'});
    test.ca.revoke('alice', 'keyCompromise');
    test.wait(1);
    test.ca.signCrls();
    test.wait(1);
    test.ca.signDeltaCrls();
    assert.equal(test.revokedBy('issuing-ca', '.delta'), 0);
  });
});

describe('answering OCSP from the folder', () => {
  bench('knows good, revoked and unknown', test => {
    test.withAuthorities().ca.issue('alice', 'issuing-ca', 'client', {subject: 'alice'});
    const [alice, issuing] = parseCertificates(test.read('alice.crt'));
    const [root] = parseCertificates(test.read('clients-ca.crt'));
    assert.ok(alice && issuing && root);
    const ask = (subject: typeof alice, issuer: typeof alice) => {
      const response = parseOcspResponse(test.ca.answerOcsp(encodeOcspRequest(subject, issuer, 'sha256', undefined)));
      assert.ok(response.status === 'successful');
      return response.basic.responses[0]?.status;
    };
    assert.deepEqual(ask(alice, issuing), {kind: 'good'});
    assert.deepEqual(ask(issuing, root), {kind: 'good'});
    // Alice's serial number was never issued by the root.
    assert.deepEqual(ask(alice, root), {kind: 'unknown'});
    test.ca.revoke('alice', 'certificateHold');
    assert.deepEqual(ask(alice, issuing), {kind: 'revoked', since: test.now, reason: 'certificateHold'});
  });
});

describe('PKCS#12 of a folder', () => {
  bench('holds key and chain, and is for the owner only', test => {
    test.withAuthorities().ca.issue('alice', 'issuing-ca', 'client', {subject: 'alice'});
    assert.deepEqual(test.ca.exportPkcs12('alice', 'secret'), ['alice.p12']);
    assert.equal(test.mode('alice.p12'), 0o600);
    if (!hasOpenssl) return;
    const file = join(test.folder, 'alice.p12');
    const {text} = openssl('pkcs12', '-in', file, '-passin', 'pass:secret', '-nokeys');
    assert.equal(text.match(/BEGIN CERTIFICATE/g)?.length, 2);
  });
});

describe('secrets of a folder', () => {
  bench('stay in their files', test => {
    test.withAuthorities().ca.issue('alice', 'issuing-ca', 'client', {subject: 'alice'});
    const printed = inspect(test.ca, {depth: Infinity, showHidden: true}) + JSON.stringify(test.ca);
    assert.doesNotMatch(printed, /PRIVATE KEY/);
    assert.doesNotMatch(test.read('ca/index.json').toString(), /PRIVATE KEY/);
    const [key] = test.read('alice.key').toString().split('\n').slice(1);
    assert.ok(key && !printed.includes(key) && !test.read('ca/index.json').includes(key));
  });
});

if (hasOpenssl)
  describe('openssl verify with the files of a folder', () => {
    it('accepts a client until it is revoked', () => {
      withFolder(folder => {
        const ca = new DevelopmentCa(new Store(folder), () => new Date());
        ca.createRoot('clients-ca', {subject: 'Clients'});
        ca.createIntermediate('issuing-ca', 'clients-ca', {subject: 'Issuing'});
        ca.issue('alice', 'issuing-ca', 'client', {subject: 'alice'});
        const at = (file: string) => join(folder, file);
        const trust = ['-CAfile', at('clients-ca.crt'), '-untrusted', at('issuing-ca.crt')];
        const crls = ['-crl_check_all', '-CRLfile', at('clients.crl')];
        const verify = () => openssl('verify', ...trust, ...crls, '-purpose', 'sslclient', at('alice.crt')).text;
        assert.match(verify(), /alice\.crt: OK/);
        ca.revoke('alice', 'keyCompromise');
        assert.match(verify(), /certificate revoked/);
      });
    });
  });

function isPkiError(error: unknown): boolean {
  return error instanceof MtlsError && error.code === 'ERR_MTLS_PKI';
}
