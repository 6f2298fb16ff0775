import assert from 'node:assert/strict';
import {existsSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {Folder, issueClient, workingOptions} from '../server/harness';
import {healthcare} from './applications';
import {mtls} from './terminal';
import type {Outcome, World} from './terminal';

const NOW = new Date();
const DAY_MS = 86_400_000;

describe('mtls explain', () => {
  const folder = new Folder();
  const clinic = healthcare(folder);
  const cwd = folder.path;

  function pki(line: string): Promise<Outcome> {
    return mtls(['pki', ...line.split(' ')], {cwd, now: NOW});
  }

  function explain(line: string, world: World = {}): Promise<Outcome> {
    return mtls(['explain', ...line.split(' ')], {cwd, ...world});
  }

  before(async () => {
    assert.equal((await pki('example')).code, 0);
  });

  after(() => {
    folder.remove();
  });

  it('names the principal, the checks, the rules and the endpoints of a certificate that is accepted', async () => {
    const {code, out, err} = await explain(`certs/clinician-alice.crt --app ${clinic}`);
    assert.deepEqual([code, err], [0, '']);
    assert.match(out, /^ACCEPTED at .*\n {2}principal {2}spiffe:\/\/clinic\.example\/clinician\/alice \(san\.uri\)\n/);
    assert.match(out, /\n {2}roles {6}clinician\n {2}by {9}clinicians\n/);
    assert.match(out, /Path: leaf CN=clinician-alice,.* < issuer 1 CN=.* < anchor CN=/);
    for (const check of ['strength', 'signatures', 'profile', 'validity', 'authorities', 'purpose', 'name constraints'])
      assert.match(out, new RegExp(`\n {2}pass {2}${check} `), check);
    assert.match(out, /pass {2}revocation {8}issuer 1 not revoked by .*clients\.crl, until/);
    assert.match(out, /match {5}clinicians: organizationalUnit is Clinicians\n/);
    assert.match(out, /Endpoints: 5 of 12\n/);
    assert.match(out, /\n {2}yes {2}GET \/patients +PatientController\.find\n/);
    assert.match(out, /\n {2}if {3}GET \/patients\/\{id\} +voters decide/);
    assert.match(out, /\n {2}- {4}POST \/patients +required one of the roles admin, found clinician\n/);
    assert.ok(!existsSync(join(cwd, 'clinic.json')), 'nothing was started');
  });

  it('says the same in JSON', async () => {
    const {code, out} = await explain(`certs/clinician-alice.crt --app ${clinic} --json`);
    assert.equal(code, 0);
    const explanation: unknown = JSON.parse(out);
    assert.ok(typeof explanation === 'object' && explanation !== null && 'outcome' in explanation);
    assert.deepEqual(Object.keys(explanation).sort(), [
      ...['at', 'certificate', 'deadEnds', 'endpoints', 'outcome', 'paths', 'rules', 'warnings'],
    ]);
  });

  it('refuses whom no rule knows, and names the rule that nearly did', async () => {
    await pki('client typo --ca clients-issuing-ca --ou clinicians --san uri:spiffe://clinic.example/typo');
    const {code, out} = await explain(`certs/typo.crt --app ${clinic}`);
    assert.equal(code, 1);
    assert.match(out, /^REFUSED at .*, ERR_MTLS_IDENTITY_UNMAPPED\n {2}why .*\n {2}fix {2}issue the certificate with/);
    assert.match(
      out,
      /near {6}clinicians: organizationalUnit should be Clinicians, and is clinicians \(they differ in/,
    );
    assert.match(out, /no match {2}devices: dns should be \*\.devices\.clinic\.example, and there is none\n/);
    assert.doesNotMatch(out, /Endpoints/);
  });

  it('decides for another moment', async () => {
    const at = new Date(NOW.getTime() + 89 * DAY_MS).toISOString();
    const late = new Date(NOW.getTime() + 91 * DAY_MS).toISOString();
    assert.match((await explain(`certs/clinician-alice.crt --app ${clinic} --at ${late}`)).out, /ERR_MTLS_EXPIRED/);
    // The certificate is valid then; the CRL of today no longer is, and neither is the root.
    assert.doesNotMatch(
      (await explain(`certs/clinician-alice.crt --app ${clinic} --at ${at}`)).out,
      /leaf: .*notAfter/,
    );
  });

  it('tells who revoked it, and that this is for ever', async () => {
    await pki('client eve --ca clients-issuing-ca --ou Clinicians --san uri:spiffe://clinic.example/eve');
    await pki('revoke eve --reason keyCompromise');
    const {out} = await explain(`certs/eve.crt --app ${clinic}`);
    assert.match(out, /ERR_MTLS_REVOKED\n.*keyCompromise.*\n {2}fix {2}issue a new certificate for a new key/);
    assert.match(out, /FAIL {2}revocation/);
  });

  it('reads a configuration file, relative to which the paths in it are', async () => {
    writeFileSync(
      join(cwd, 'certs', 'mtls.json'),
      JSON.stringify({
        server: {key: 'no-such-key', cert: 'no-such-certificate'},
        clients: {ca: 'clients-ca.crt', revocation: {unknown: 'deny-list-only'}},
        identity: {
          rules: [{name: 'staff', when: {organization: 'Example Clinic'}, roles: ['staff'], id: 'fingerprint'}],
        },
      }),
    );
    const alone = await explain('certs/auditor-dan.crt --config certs/mtls.json');
    // The client's file has the intermediate behind the leaf.
    assert.equal(alone.code, 0, alone.out);
    assert.match(alone.out, /roles {6}staff/);
    assert.doesNotMatch(alone.out, /Endpoints/);
  });

  it('takes what the client sends from another file', async () => {
    const leaf = issueClient();
    const options = workingOptions(folder);
    writeFileSync(join(cwd, 'small.json'), JSON.stringify(options));
    folder.write('leaf.crt', leaf.chainPem);
    assert.equal((await explain('leaf.crt --config small.json')).code, 0);
    assert.match(
      (await explain('certs/clinician-bob.crt --config small.json')).out,
      /Dead ends\n {2}issuer 1: no path/,
    );
    assert.equal((await explain('leaf.crt --config small.json --chain certs/clinician-bob.crt')).code, 0);
  });

  const USAGE = [
    ['', 'which certificate?'],
    ['a.crt', 'whose configuration?'],
    ['a.crt --app x --config y', 'whose configuration?'],
    ['a.crt b.crt --app x', "unexpected argument 'b.crt'"],
    ['a.crt --app x --at tomorrow', "'tomorrow' is not a time"],
    ['a.crt --app x --at 2026-13-01', "'2026-13-01' is not a time"],
    ['a.crt --event 1', 'a certificate and --event exclude each other'],
    ['--colour', "Unknown option '--colour'"],
  ] as const;
  for (const [line, message] of USAGE)
    it(`does not understand '${line}'`, async () => {
      const {code, out, err} = await mtls(['explain', ...line.split(' ').filter(word => word !== '')], {cwd});
      assert.deepEqual([code, out, err.split('\n')[0]], [2, '', `error: ${message}`]);
      assert.match(err, /\nhint: /);
    });
});
