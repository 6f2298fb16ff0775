import assert from 'node:assert/strict';
import {generateKeyPairSync} from 'node:crypto';
import type {KeyObject} from 'node:crypto';
import {symlinkSync} from 'node:fs';
import {join} from 'node:path';
import {inspect} from 'node:util';
import type {ConfigFault} from '../../src/errors';
import {createAuthority} from '../../src/pki/authority';
import type {Credential} from '../../src/pki/credential';
import {integer, sequence} from '../../src/pki/der';
import type {SignatureScheme} from '../../src/pki/signing';
import {inspectKeyFile} from '../../src/tls/key-file';
import {loadCredentials} from '../../src/tls/credentials';
import type {CredentialOptions, ServerCredentials} from '../../src/tls/credentials';
import {Folder, issueServer, serverRoot} from '../server/harness';

const HOUR_MS = 3_600_000;
const now = new Date();
const PASSPHRASE = 'correct horse';

interface Outcome {
  readonly credentials: ServerCredentials | undefined;
  readonly faults: readonly ConfigFault[];
}

async function load(
  options: CredentialOptions,
  exposedKeyFile: 'refuse' | 'allow' = 'refuse',
  at: Date = new Date(),
): Promise<Outcome> {
  const faults: ConfigFault[] = [];
  const credentials = await loadCredentials(options, exposedKeyFile, at, fault => void faults.push(fault));
  return {credentials, faults};
}

describe('server credentials', () => {
  let folder: Folder;

  beforeEach(() => {
    folder = new Folder();
  });
  afterEach(() => {
    folder.remove();
  });

  function pair(server: Credential, chain = server.chainPem, key = server.exportKeyPem()): CredentialOptions {
    return {key: folder.write('key', key), cert: folder.write('cert', chain)};
  }

  const GOOD: readonly (readonly [string, () => Credential])[] = [
    ['ECDSA P-256', () => issueServer()],
    ['RSA of 2048 bits', () => issueServer({key: 'rsa-2048'})],
    ['Ed25519', () => issueServer({key: 'ed25519'})],
    ['a signature with RSASSA-PSS and SHA-256', () => viaRsa('rsa-pss-sha256')],
    ['an IP address only', () => issueServer({subjectAltNames: ['ip:192.0.2.1']})],
    ['an intermediate behind it', () => viaIntermediate()],
    ['a first moment of validity', () => issueServer({validity: {notBefore: second(now), notAfter: later(1)}})],
  ];
  for (const [name, issue] of GOOD) {
    it(`are accepted with ${name}`, async () => {
      const server = issue();
      const {credentials, faults} = await load(pair(server));
      assert.deepEqual(faults, []);
      assert.equal(credentials?.chainPem, server.chainPem);
      assert.equal(credentials.key.reveal(), server.exportKeyPem());
    });
  }

  const BAD: readonly (readonly [string, () => Credential, RegExp])[] = [
    ['an RSA key of 1024 bits', () => issueServer({key: 'rsa-1024'}), /at least 2048 bits.*1024 bits/],
    ['a weak curve', () => issueServer({key: weakCurve()}), /P-256.*secp|P-256.*1\.3\.132/],
    ['a key of another kind', () => issueServer({key: otherKind()}), /known key algorithm/],
    ['a signature with SHA-1', () => issueServer({scheme: 'ecdsa-sha1'}), /SHA-256 or better/],
    ['a signature with RSASSA-PSS and SHA-1', () => viaRsa('rsa-pss-sha1'), /SHA-256 or better/],
    ['an end in the past', () => issueServer({validity: {notBefore: later(-2), notAfter: later(-1)}}), /notAfter/],
    [
      'a beginning in the future',
      () => issueServer({validity: {notBefore: later(1), notAfter: later(2)}}),
      /notBefore/,
    ],
    [
      'client authentication only',
      () => issueServer({extendedKeyUsage: ['clientAuth']}),
      /serverAuth.*1\.3\.6\.1\.5\.5\.7\.3\.2/,
    ],
    ['no extendedKeyUsage', () => issueServer({without: ['extendedKeyUsage']}), /serverAuth.*no extendedKeyUsage/],
    ['a common name for all names', () => issueServer({without: ['subjectAltNames']}), /subjectAltName/],
    ['an e-mail address for all names', () => issueServer({subjectAltNames: ['email:a@b.example']}), /subjectAltName/],
  ];
  for (const [name, issue, evidence] of BAD) {
    it(`are refused with ${name}`, async () => {
      const {faults} = await load(pair(issue()));
      assert.equal(faults.length, 1);
      assert.equal(faults[0]?.code, 'ERR_MTLS_CREDENTIALS');
      assert.equal(faults[0].where, 'server.cert');
      assert.match(`${faults[0].required} ${faults[0].found}`, evidence);
    });
  }

  it('are refused with all their faults at once', async () => {
    const server = issueServer({key: 'rsa-1024', without: ['subjectAltNames'], extendedKeyUsage: ['clientAuth']});
    assert.equal((await load(pair(server))).faults.length, 3);
  });

  it('are refused when an intermediate has ended, or the chain has a gap or no order', async () => {
    const ended = serverRoot.issueAuthority({
      subject: {commonName: 'Ended'},
      validity: {notBefore: later(-2), notAfter: later(-1)},
    });
    const below = ended.issueServer({subject: {commonName: 's'}, subjectAltNames: ['dns:localhost']});
    assert.match((await load(pair(below))).faults[0]?.found ?? '', /certificate 2 of the chain/);

    const server = viaIntermediate();
    const [leaf = '', issuer = ''] = server.chainPem.split(/(?<=-----END CERTIFICATE-----\n)/);
    const unrelated = issueServer().pem;
    assert.match(
      (await load(pair(server, leaf + unrelated + issuer))).faults[0]?.required ?? '',
      /issuer of certificate 1/,
    );
    const swapped = await load(pair(server, issuer + leaf));
    assert.ok(swapped.faults.some(({where, found}) => where === 'server.key' && found.startsWith('another key in ')));
  });

  it('are refused when the key belongs to another certificate', async () => {
    const {credentials, faults} = await load(pair(issueServer(), issueServer().chainPem));
    assert.equal(credentials, undefined);
    assert.equal(faults[0]?.where, 'server.key');
    assert.match(faults[0].found, /^another key in /);
  });

  const UNREADABLE: readonly (readonly [string, (folder: Folder) => CredentialOptions, string, RegExp])[] = [
    [
      'a missing key',
      f => ({key: join(f.path, 'none'), cert: f.write('c', issueServer().chainPem)}),
      'server.key',
      /no such file/,
    ],
    [
      'a folder for a key',
      f => ({key: f.path, cert: f.write('c', issueServer().chainPem)}),
      'server.key',
      /not a regular file|EISDIR/,
    ],
    [
      'an empty certificate',
      f => ({key: f.write('k', issueServer().exportKeyPem()), cert: f.write('c', '')}),
      'server.cert',
      /empty/,
    ],
    [
      'a certificate for a key',
      f => ({key: f.write('k', issueServer().pem), cert: f.write('c', issueServer().pem)}),
      'server.key',
      /something else/,
    ],
    ['a key among the certificates', f => keyAmongCertificates(f), 'server.cert', /PRIVATE KEY.*line/],
    ['an encrypted key without passphrase', f => encrypted(f, undefined), 'server.key', /^none$/],
    [
      'an encrypted key with the wrong passphrase',
      f => encrypted(f, f.write('p', 'wrong')),
      'server.key',
      /does not open/,
    ],
    [
      'an unset variable',
      () => ({key: {env: 'MTLS_TEST_UNSET'}, cert: {env: 'MTLS_TEST_UNSET'}}),
      'server.key',
      /empty/,
    ],
    ['a function that throws', () => ({key: fails, cert: fails}), 'server.key', /vault sealed/],
    ['a function that throws what is no error', () => ({key: failsOddly, cert: failsOddly}), 'server.key', /no error/],
    ['a function that gives nothing', () => ({key: (() => null) as never, cert: fails}), 'server.key', /null/],
    ['a function that gives a number', () => ({key: (() => 7) as never, cert: fails}), 'server.key', /number/],
  ];
  for (const [name, options, where, found] of UNREADABLE) {
    it(`are refused with ${name}`, async () => {
      const {credentials, faults} = await load(options(folder));
      assert.equal(credentials, undefined);
      assert.equal(faults[0]?.where, where);
      assert.match(faults[0].found, found);
    });
  }

  function keyAmongCertificates(f: Folder): CredentialOptions {
    const server = issueServer();
    return {key: f.write('k', server.exportKeyPem()), cert: f.write('c', server.pem + server.exportKeyPem())};
  }

  function encrypted(f: Folder, passphrase: string | undefined): CredentialOptions {
    const server = issueServer();
    const files = {key: f.write('k', server.exportKeyPem(PASSPHRASE)), cert: f.write('c', server.chainPem)};
    return passphrase === undefined ? files : {...files, passphrase};
  }

  it('open with a passphrase from a file, whose last line feed is no part of it', async () => {
    const {credentials, faults} = await load(encrypted(folder, folder.write('p', `${PASSPHRASE}\n`)));
    assert.deepEqual(faults, []);
    assert.match(credentials?.key.reveal() ?? '', /^-{5}BEGIN PRIVATE KEY-{5}/);
  });

  it('come from variables and functions as well', async () => {
    const server = issueServer();
    process.env['MTLS_TEST_KEY'] = server.exportKeyPem();
    const {credentials, faults} = await load({
      key: {env: 'MTLS_TEST_KEY'},
      cert: () => Promise.resolve(Buffer.from(server.chainPem)),
    });
    delete process.env['MTLS_TEST_KEY'];
    assert.deepEqual(faults, []);
    assert.equal(credentials?.chain.length, 1);
  });

  it('print no key', async () => {
    const {credentials} = await load(pair(issueServer()));
    const printed =
      inspect(credentials, {depth: 10, showHidden: true}) + JSON.stringify(credentials?.key) + String(credentials?.key);
    assert.doesNotMatch(printed, /PRIVATE/);
    assert.match(printed, /\[secret\]/);
  });

  const MODES: readonly (readonly [number, 'accepted' | 'refused'])[] = [
    [0o600, 'accepted'],
    [0o400, 'accepted'],
    [0o440, 'accepted'],
    [0o640, 'accepted'],
    [0o660, 'refused'],
    [0o604, 'refused'],
    [0o601, 'refused'],
    [0o644, 'refused'],
  ];
  for (const [mode, outcome] of MODES) {
    it(`with a key file of mode 0${mode.toString(8)} are ${outcome}`, async () => {
      const server = issueServer();
      const options = {key: folder.write('k', server.exportKeyPem(), mode), cert: folder.write('c', server.chainPem)};
      const {faults} = await load(options);
      assert.equal(faults.length, outcome === 'accepted' ? 0 : 1);
      if (outcome === 'refused') assert.match(faults[0]?.remedy ?? '', /^chmod 0600/);
      assert.deepEqual((await load(options, 'allow')).faults, []);
    });
  }

  it('are judged by the file behind a symbolic link, as Kubernetes mounts have them', async () => {
    const server = issueServer();
    folder.write('real', server.exportKeyPem(), 0o440);
    const key = join(folder.path, 'link');
    symlinkSync('real', key);
    assert.deepEqual((await load({key, cert: folder.write('c', server.chainPem)})).faults, []);
  });

  it('are refused when somebody else owns the key file', () => {
    const faults: ConfigFault[] = [];
    const file = {mode: 0o100600, uid: (process.geteuid?.() ?? 0) + 1, gid: 0};
    inspectKeyFile({bytes: Buffer.alloc(1), origin: 'key', file}, 'server.key', fault => void faults.push(fault));
    assert.match(faults[0]?.required ?? '', /root or the user of this process/);
    const rootFile = {...file, uid: 0};
    faults.length = 0;
    inspectKeyFile(
      {bytes: Buffer.alloc(1), origin: 'key', file: rootFile},
      'server.key',
      fault => void faults.push(fault),
    );
    assert.deepEqual(faults, []);
  });

  describe('in PKCS#12', () => {
    function options(content: Buffer, passphrase = PASSPHRASE): CredentialOptions {
      return {pkcs12: folder.write('p12', content), passphrase: folder.write('pass', passphrase)};
    }

    it('are read with their chain', async () => {
      const server = viaIntermediate();
      const {credentials, faults} = await load(options(server.exportPkcs12(PASSPHRASE, 'server')));
      assert.deepEqual(faults, []);
      assert.equal(credentials?.chainPem, server.chainPem);
      assert.equal(credentials.key.reveal(), server.exportKeyPem());
    });

    it('are read from base64, for environment variables', async () => {
      const text = issueServer().exportPkcs12(PASSPHRASE, 'server').toString('base64');
      assert.deepEqual((await load(options(Buffer.from(text)))).faults, []);
    });

    const REFUSED: readonly (readonly [string, () => CredentialOptions, RegExp])[] = [
      ['the wrong passphrase', () => options(issueServer().exportPkcs12(PASSPHRASE, 's'), 'wrong'), /does not open/],
      ['what is no PKCS#12', () => options(issueServer().certificate), /in .*p12/],
      ['text', () => options(Buffer.from('hello')), /in .*p12/],
      ['version 2', () => options(sequence(integer(2))), /version 2/],
    ];
    for (const [name, given, found] of REFUSED) {
      it(`are refused with ${name}`, async () => {
        const {credentials, faults} = await load(given());
        assert.equal(credentials, undefined);
        assert.equal(faults[0]?.code, 'ERR_MTLS_CREDENTIALS');
        assert.equal(faults[0].where, 'server.pkcs12');
        assert.match(faults[0].found, found);
      });
    }

    it('are refused when the file is exposed', async () => {
      const pkcs12 = folder.write('p12', issueServer().exportPkcs12(PASSPHRASE, 's'), 0o644);
      const {faults} = await load({pkcs12, passphrase: folder.write('pass', PASSPHRASE)});
      assert.equal(faults[0]?.where, 'server.pkcs12');
    });
  });
});

const rsaRoot = createAuthority({subject: {commonName: 'RSA Root'}, key: 'rsa-2048'});

function viaRsa(scheme: SignatureScheme): Credential {
  return rsaRoot.issueServer({subject: {commonName: 's'}, subjectAltNames: ['dns:localhost'], scheme});
}

function weakCurve(): KeyObject {
  return generateKeyPairSync('ec', {namedCurve: 'secp224r1'}).privateKey;
}

function otherKind(): KeyObject {
  return generateKeyPairSync('dsa', {modulusLength: 2048, divisorLength: 256}).privateKey;
}

function fails(): never {
  throw new Error('vault sealed');
}

function failsOddly(): never {
  // eslint-disable-next-line @typescript-eslint/only-throw-error -- what a careless function does
  throw 'secret text';
}

function later(hours: number): Date {
  return second(new Date(now.getTime() + hours * HOUR_MS));
}

function second(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1000) * 1000);
}

function viaIntermediate(): Credential {
  const intermediate = serverRoot.issueAuthority({subject: {commonName: 'Server Issuer'}});
  return intermediate.issueServer({subject: {commonName: 's'}, subjectAltNames: ['dns:localhost']});
}
