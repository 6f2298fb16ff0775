import assert from 'node:assert/strict';
import {X509Certificate} from 'node:crypto';
import {readFileSync, readdirSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {createSecureContext} from 'node:tls';
import {parseCrl} from '../../src/x509/crl';
import {parseCertificates} from '../../src/x509/pem';
import {withFolderAsync} from './folder';
import {mtls} from './terminal';

const NOW = new Date('2026-11-23T12:00:00Z');

function command(
  name: string,
  work: (run: (line: string, now?: Date) => ReturnType<typeof mtls>, cwd: string) => Promise<void>,
): void {
  it(name, async () => {
    await withFolderAsync(async cwd => {
      await work((line, now = NOW) => mtls(['pki', ...line.split(' ')], {cwd, now}), cwd);
    });
  });
}

describe('mtls pki', () => {
  command('makes authorities and issues what it is told', async (run, cwd) => {
    assert.deepEqual(await run('init clients-ca --organization Clinic --key ed25519 --days 10'), {
      code: 0,
      out: ['ca/clients-ca.key', 'clients-ca.crt', 'ca/clients-ca.crl', 'clients.crl']
        .map(file => `wrote certs/${file}\n`)
        .join(''),
      err: '',
    });
    const client =
      'client alice --ou Clinicians --ou Surgery --common-name Alice --san uri:spiffe://clinic.example/alice';
    const more = '--san upn:alice@clinic.example --eku 1.3.6.1.4.1.32473.1.1 --policy 1.2.3 --minutes 5';
    const urls = '--crl-url http://127.0.0.1/clients-ca.crl --ocsp-url http://127.0.0.1/';
    assert.equal((await run(`${client} ${more} ${urls}`)).code, 0);
    const [alice] = parseCertificates(readFileSync(join(cwd, 'certs/alice.crt')));
    assert.ok(alice);
    assert.deepEqual(
      alice.subject.rdns.map(([attribute]) => attribute?.value),
      ['Clinicians', 'Surgery', 'Alice'],
    );
    assert.deepEqual(
      alice.subjectAltNames.map(name => name.kind),
      ['uri', 'upn'],
    );
    assert.deepEqual(alice.extensions.extendedKeyUsage, ['1.3.6.1.5.5.7.3.2', '1.3.6.1.4.1.32473.1.1']);
    assert.deepEqual(alice.extensions.certificatePolicies, ['1.2.3']);
    assert.equal(alice.extensions.crlDistributionPoints?.length, 1);
    assert.equal(alice.extensions.authorityInfoAccess?.length, 1);
    assert.equal(alice.notAfter.getTime() - alice.notBefore.getTime(), 5 * 60_000);
  });

  command('issues below an intermediate, for servers that must staple', async (run, cwd) => {
    await run('init server-ca');
    assert.equal((await run('intermediate issuing-ca --path-length 2')).code, 0);
    assert.equal((await run('server server --ca issuing-ca --san dns:localhost --san ip:::1 --must-staple')).code, 0);
    const [server, issuing] = parseCertificates(readFileSync(join(cwd, 'certs/server.crt')));
    assert.deepEqual(server?.extensions.tlsFeatures, [5]);
    assert.deepEqual(issuing?.extensions.basicConstraints, {ca: true, pathLength: 2});
  });

  command('renews, revokes and lists', async run => {
    await run('init clients-ca');
    await run('client alice --days 1');
    await run('client bob --minutes 5');
    await run('client carol');
    assert.equal((await run('renew alice --days 3')).code, 0);
    assert.equal((await run('revoke carol --reason keyCompromise')).code, 0);
    const later = new Date(NOW.getTime() + 5 * 60_000);
    const statuses = (await run('list', later)).out.split('\n').map(line => line.split(/\s+/).slice(0, 4).join(' '));
    assert.deepEqual(statuses, [
      'NAME PURPOSE ISSUER STATUS',
      'clients-ca root clients-ca valid',
      'alice client clients-ca renewed',
      'bob client clients-ca expired',
      'carol client clients-ca revoked',
      'alice client clients-ca valid',
      '',
    ]);
    const rows: unknown = JSON.parse((await run('list --json')).out);
    assert.ok(Array.isArray(rows) && rows.length === 5);
  });

  command('signs CRLs and deltas again', async (run, cwd) => {
    await run('init clients-ca');
    assert.equal((await run('crl --days 2')).code, 0);
    const {nextUpdate} = parseCrl(readFileSync(join(cwd, 'certs/ca/clients-ca.crl')));
    assert.equal(nextUpdate?.toISOString(), '2026-11-25T12:00:00.000Z');
    assert.match((await run('crl --delta')).out, /wrote certs\/clients\.delta\.crl/);
    assert.equal((await run('crl --delta --days 2')).code, 2);
  });

  command('writes JSON when it is asked to, elsewhere too', async (run, cwd) => {
    const {out} = await run('init clients-ca --dir elsewhere --json');
    const written = ['ca/clients-ca.key', 'clients-ca.crt', 'ca/clients-ca.crl', 'clients.crl'];
    assert.deepEqual(JSON.parse(out), {folder: join(cwd, 'elsewhere'), written});
  });

  command('keeps the key when it is told to', async (run, cwd) => {
    await run('init clients-ca');
    await run('client alice');
    const key = readFileSync(join(cwd, 'certs/alice.key'));
    await run('renew alice --keep-key');
    assert.deepEqual(readFileSync(join(cwd, 'certs/alice.key')), key);
    await run('renew alice');
    assert.notDeepEqual(readFileSync(join(cwd, 'certs/alice.key')), key);
  });

  const WRONG = [
    ['init', 'the name of the authority is missing'],
    ['init a-ca b-ca', "unexpected argument 'b-ca'"],
    ['init a-ca --colour red', "Unknown option '--colour'"],
    ['init a-ca --key dsa', "unknown kind of key 'dsa'"],
    ['init a-ca --key rsa-1024', "unknown kind of key 'rsa-1024'"],
    ['init a-ca --days 0', "--days wants a whole number, not '0'"],
    ['init a-ca --days 1.5', "--days wants a whole number, not '1.5'"],
    ['init a-ca --minutes soon', "--minutes wants a whole number, not 'soon'"],
    ['init a-ca --days 1 --minutes 1', '--days and --minutes exclude each other'],
    ['client x', 'there is no authority yet'],
    ['client x --ca a-ca --san localhost', "'localhost' is not a subject alternative name"],
    ['intermediate x-ca --ca a-ca --path-length many', "--path-length wants a number, not 'many'"],
    ['revoke x --reason boredom', "unknown reason 'boredom'"],
    ['revoke x --reason removeFromCRL', "unknown reason 'removeFromCRL'"],
    ['list x', "Unexpected argument 'x'"],
    ['ocsp --port 65536', "'65536' is not a port"],
    ['ocsp --port x', "'x' is not a port"],
    ['p12 x --passphrase-env A --passphrase-file b', '--passphrase-file and --passphrase-env exclude each other'],
    ['p12 x --passphrase-env A', 'there is no passphrase in A'],
  ] as const;
  for (const [line, message] of WRONG)
    command(`does not understand '${line}'`, async run => {
      const {code, out, err} = await run(line);
      assert.equal(err.split('\n')[0], `error: ${message}`);
      assert.match(err, /\nhint: /);
      assert.deepEqual({code, out}, {code: 2, out: ''});
    });

  command('asks which authority when there are several', async run => {
    await run('init a-ca');
    await run('init b-ca');
    const {code, err} = await run('client x');
    assert.equal(code, 2);
    assert.match(err, /choose from a-ca, b-ca/);
  });

  const REFUSED = [
    'init taken-ca',
    'init taken',
    'client x-ca',
    'client ../x',
    'renew nobody',
    'revoke nobody',
    'p12 nobody',
  ];
  for (const line of REFUSED)
    command(`refuses '${line}'`, async run => {
      await run('init taken-ca');
      const {code, err} = await run(line);
      assert.equal(code, 1);
      assert.match(err, /^error: .*ERR_MTLS_PKI/);
    });
});

describe('mtls pki p12', () => {
  command('makes a passphrase once and for all', async (run, cwd) => {
    await run('init clients-ca');
    await run('client alice');
    assert.deepEqual(await run('p12 alice'), {code: 0, out: 'wrote certs/alice.p12\n', err: ''});
    const file = join(cwd, 'certs/pkcs12.passphrase');
    const passphrase = readFileSync(file, 'utf8');
    assert.match(passphrase, /^[\w-]{24}\n$/);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const pfx = readFileSync(join(cwd, 'certs/alice.p12'));
    createSecureContext({pfx, passphrase: passphrase.trim()});
    await run('p12 alice');
    assert.equal(readFileSync(file, 'utf8'), passphrase);
  });

  command('takes the first line of a file', async (run, cwd) => {
    await run('init clients-ca');
    await run('client alice');
    writeFileSync(join(cwd, 'secret'), 'correct horse\r\nsecond line\n');
    assert.equal((await run('p12 alice --passphrase-file secret')).code, 0);
    createSecureContext({pfx: readFileSync(join(cwd, 'certs/alice.p12')), passphrase: 'correct horse'});
    assert.equal((await run('p12 alice --passphrase-file nowhere')).code, 1);
  });

  it('takes an environment variable', async () => {
    await withFolderAsync(async cwd => {
      await mtls(['pki', 'init', 'clients-ca'], {cwd});
      await mtls(['pki', 'client', 'alice'], {cwd});
      const args = ['pki', 'p12', 'alice', '--passphrase-env', 'SECRET'];
      const {out, err} = await mtls(args, {cwd, env: {SECRET: 'correct horse'}});
      assert.doesNotMatch(out + err, /correct horse/);
      createSecureContext({pfx: readFileSync(join(cwd, 'certs/alice.p12')), passphrase: 'correct horse'});
    });
  });
});

describe('mtls pki example', () => {
  const DAY_MS = 24 * 60 * 60_000;
  const after = (days: number) => new Date(NOW.getTime() + days * DAY_MS);

  command('makes everything once', async (run, cwd) => {
    assert.equal((await run('example')).code, 0);
    const files = readdirSync(join(cwd, 'certs'));
    for (const file of [
      'server.key',
      'server.crt',
      'server-ca.crt',
      'clients-ca.crt',
      'clients.crl',
      'pkcs12.passphrase',
    ])
      assert.ok(files.includes(file), file);
    for (const role of ['clinician-alice', 'pharmacist-carol', 'auditor-dan', 'admin-erin', 'device-monitor-1'])
      for (const suffix of ['crt', 'key', 'p12']) assert.ok(files.includes(`${role}.${suffix}`), role);
    const {subjectAltName} = new X509Certificate(readFileSync(join(cwd, 'certs/server.crt')));
    assert.equal(subjectAltName, 'DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1');
    assert.deepEqual(await run('example'), {code: 0, out: '', err: ''});
    assert.deepEqual(await run('example', after(28.9)), {code: 0, out: '', err: ''});
  });

  command('signs CRLs again a day before they are due', async run => {
    await run('example');
    const {out} = await run('example', after(29));
    assert.match(out, /clients\.crl/);
    assert.doesNotMatch(out, /\.crt/);
  });

  command('renews what expires within a day, and its PKCS#12', async run => {
    await run('example');
    const {out} = await run('example', after(89));
    assert.match(out, /wrote certs\/server\.crt/);
    assert.match(out, /wrote certs\/clinician-alice\.crt[^]*wrote certs\/clinician-alice\.p12/);
    assert.doesNotMatch(out, /-ca\.crt/);
  });

  command('keeps revoked what was revoked', async run => {
    await run('example');
    await run('revoke clinician-bob');
    assert.doesNotMatch((await run('example', after(89))).out, /clinician-bob/);
  });

  command('writes a PKCS#12 that is missing', async (run, cwd) => {
    await run('example');
    rmSync(join(cwd, 'certs/auditor-dan.p12'));
    assert.equal((await run('example')).out, 'wrote certs/auditor-dan.p12\n');
  });

  command('says so when a file is gone, rather than leave a server without it', async (run, cwd) => {
    await run('example');
    rmSync(join(cwd, 'certs/server.key'));
    const {code, err} = await run('example');
    assert.equal(code, 1);
    assert.match(err, /server\.key is missing\nhint: .*--force/);
    assert.equal((await run('example --force')).code, 0);
  });

  command('starts over when it is forced to, and leaves other files alone', async (run, cwd) => {
    await run('example');
    await run('client frank --ca clients-issuing-ca');
    writeFileSync(join(cwd, 'certs/README.md'), 'keep me');
    const before = readFileSync(join(cwd, 'certs/clients-ca.crt'));
    assert.equal((await run('example --force')).code, 0);
    assert.notDeepEqual(readFileSync(join(cwd, 'certs/clients-ca.crt')), before);
    const files = readdirSync(join(cwd, 'certs'));
    assert.ok(files.includes('README.md'));
    assert.equal(
      files.some(file => file.startsWith('frank')),
      false,
    );
  });
});
