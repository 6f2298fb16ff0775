import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Explanation} from '../../src/cli/explain/explanation';
import type {MtlsComponentOptions} from '../../src/loopback/options';
import {createAuthority} from '../../src/pki/authority';
import {parseOcspRequest} from '../../src/pki/ocsp-request';
import type {CertificateSpec} from '../../src/pki/certificate';
import {clientRoot, Folder, issueClient} from '../server/harness';
import {RevocationWeb} from '../server/revocation-web';
import {moduleIn, smallApplication} from './applications';
import type {Routes, Snippets} from './applications';
import {mtls} from './terminal';
import type {Outcome} from './terminal';

const RULES = [
  {name: 'clinicians', when: {organizationalUnit: 'Clinicians'}, roles: ['clinician'], id: 'san.uri'},
] as const;
const ROUTES: Routes = {'GET /wards': {allowedRoles: ['clinician']}};

describe('mtls explain decides', () => {
  const folder = new Folder();
  const cwd = folder.path;
  let count = 0;

  before(() => {
    folder.write('clients-ca.crt', clientRoot.pem);
    folder.write('alice.crt', issueClient().chainPem);
  });

  after(() => {
    folder.remove();
  });

  function options(changes: Partial<MtlsComponentOptions>): Partial<MtlsComponentOptions> {
    return {
      server: {key: 'no-such.key', cert: 'no-such.crt'},
      clients: {ca: join(cwd, 'clients-ca.crt'), revocation: {unknown: 'deny-list-only'}},
      identity: {rules: RULES},
      ...changes,
    };
  }

  /** Explains a certificate to an application. */
  async function run(
    changes: Partial<MtlsComponentOptions> = {},
    {routes = ROUTES, more = {}, certificate = 'alice.crt', args = []}: Given = {},
  ): Promise<Outcome> {
    const app = moduleIn(folder, `app-${++count}.js`, smallApplication(options(changes), routes, more));
    return mtls(['explain', certificate, '--app', app, ...args], {cwd});
  }

  interface Given {
    readonly routes?: Routes;
    readonly more?: Snippets;
    readonly certificate?: string;
    readonly args?: readonly string[];
  }

  async function explain(changes: Partial<MtlsComponentOptions> = {}, given: Given = {}): Promise<Explanation> {
    const {out, err} = await run(changes, {...given, args: ['--json', ...(given.args ?? [])]});
    assert.equal(err, '');
    return JSON.parse(out) as Explanation;
  }

  function issue(spec: Partial<CertificateSpec>): string {
    const file = `client-${++count}.crt`;
    folder.write(file, issueClient(spec).chainPem);
    return file;
  }

  function codeOf({outcome}: Explanation): string {
    return outcome.decision === 'accept' ? 'accept' : outcome.why.code;
  }

  it('by a resolver, which has no rules to show', async () => {
    const more = {options: "options.identity = {resolver: () => ({id: 'alice', roles: ['clinician']})};"};
    const {outcome, rules, endpoints} = await explain({}, {more});
    assert.ok(outcome.decision === 'accept');
    assert.deepEqual([outcome.principal.id, outcome.matched, rules], ['alice', ['resolver'], []]);
    assert.deepEqual(endpoints, [{endpoint: 'GET /wards', servedBy: 'handler', verdict: 'allow'}]);
  });

  it('by what the resolver fails with', async () => {
    const more = {options: 'options.identity = {resolver() { throw new Error(); }};'};
    assert.equal(codeOf(await explain({}, {more})), 'ERR_MTLS_IDENTITY_RESOLVER');
  });

  it('by a deny-list of principals', async () => {
    const denyList = folder.write('deny.json', '[{"principal": "spiffe://clinic.example/alice", "reason": "left"}]');
    const clients = {ca: join(cwd, 'clients-ca.crt'), revocation: {unknown: 'deny-list-only', denyList}} as const;
    const explanation = await explain({clients});
    assert.ok(explanation.outcome.decision === 'reject');
    assert.deepEqual([explanation.outcome.stage, codeOf(explanation)], ['identity', 'ERR_MTLS_REVOKED']);
    assert.match(explanation.outcome.why.found, /^left, denied /);
  });

  it('by a deny-list that a configuration file names', async () => {
    folder.write('deny-all.json', JSON.stringify([{principal: 'spiffe://clinic.example/alice'}]));
    const clients = {ca: 'clients-ca.crt', revocation: {unknown: 'deny-list-only', denyList: 'deny-all.json'}} as const;
    writeFileSync(join(cwd, 'mtls.json'), JSON.stringify(options({clients})));
    const {code, out} = await mtls(['explain', 'alice.crt', '--config', 'mtls.json'], {cwd});
    assert.equal(code, 1);
    assert.match(out, /ERR_MTLS_REVOKED\n/);
  });

  it('with the answer of an OCSP responder, which it asks as the server would', async () => {
    const web = new RevocationWeb(({body}, response) => {
      const {certificates, nonce} = parseOcspRequest(body);
      const answers = certificates.map(({der}) => ({certificate: der, status: {kind: 'good'} as const}));
      response.end(clientRoot.answerOcsp({answers, ...(nonce && {nonce})}));
    });
    await web.listen();
    try {
      const clients = {ca: join(cwd, 'clients-ca.crt'), revocation: {ocsp: {responder: web.url}}};
      const {paths, outcome} = await explain({clients});
      assert.equal(outcome.decision, 'accept');
      assert.match(paths[0]?.revocation[0] ?? '', /^leaf not revoked by OCSP, until /);
      assert.equal(web.asked, 1);
    } finally {
      await web.close();
    }
  });

  it('that nobody knows where the responder does not answer', async () => {
    const clients = {ca: join(cwd, 'clients-ca.crt'), revocation: {ocsp: {responder: 'http://127.0.0.1:1/'}}};
    const explanation = await explain({clients});
    assert.equal(codeOf(explanation), 'ERR_MTLS_REVOCATION_UNKNOWN');
    assert.match(explanation.paths[0]?.revocation[0] ?? '', /^leaf unknown: required /);
  });

  it('what voters, requirements and the protocol leave open', async () => {
    const routes = {
      'GET /a': {allowedRoles: ['clinician'], certificate: {minVersion: 'TLSv1.3'}},
      'GET /b': {allowedRoles: ['clinician'], certificate: {organizationalUnit: 'Surgeons'}},
      'GET /c': {allowedRoles: ['clinician'], certificate: {maxAgeHours: 1}},
      'GET /d': {},
    };
    const {endpoints, warnings} = await explain({}, {routes});
    assert.deepEqual(
      endpoints?.map(({endpoint, verdict, because}) => [endpoint, verdict, because]),
      [
        ['GET /a', 'conditional', 'over TLSv1.3 only'],
        ['GET /b', 'deny', 'required organizationalUnit Surgeons, found Clinicians'],
        ['GET /c', 'allow', undefined],
        ['GET /d', 'deny', 'required a rule that says who is allowed, found only x-mtls-access'],
      ],
    );
    assert.match(warnings[0] ?? '', /^GET \/d: required /);
  });

  it('under weakenings, which it names', async () => {
    const until = new Date(Date.now() + 86_400_000).toISOString();
    const more = {
      options: `options.danger = [danger.dangerouslyAllowUnknownRevocation({reason: 'trying it out', until: new Date('${until}')})];`,
    };
    const {out} = await run({}, {more});
    assert.ok(out.includes(`\nWarnings\n  unknown-revocation until ${until}: trying it out\n`), out);
  });

  it('that what is no certificate gets nowhere', async () => {
    const [alice] = [issueClient()];
    const broken = Buffer.from(alice.certificate);
    broken[10] = 0xff;
    folder.write('broken.crt', broken);
    const {code, out} = await run({}, {certificate: 'broken.crt'});
    assert.equal(code, 1);
    assert.match(out, /^REFUSED at .*, ERR_MTLS_/);
    assert.doesNotMatch(out, /Path|subject/);
  });

  it('without certificates beside the leaf that do not parse', async () => {
    const leaf = issueClient().chainPem;
    folder.write('with-garbage.crt', `${leaf}-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n`);
    assert.equal((await run({}, {certificate: 'with-garbage.crt'})).code, 0);
  });

  it('about every path, and shows the one that came furthest', async () => {
    const other = createAuthority({subject: {commonName: 'Client Root'}});
    folder.write('other-ca.crt', other.pem);
    const clients = {
      ca: [
        {ca: join(cwd, 'other-ca.crt'), name: 'other'},
        {ca: join(cwd, 'clients-ca.crt'), name: 'mine', mayVouchFor: {organizations: ['Clinic']}, maxLifetimeHours: 1},
      ],
      revocation: {unknown: 'deny-list-only'},
    } as const;
    const {out} = await run({clients});
    assert.match(out, /ERR_MTLS_LIFETIME\n/);
    assert.match(out, /Path: leaf .* < anchor mine CN=Client Root\n[^]*Path: leaf .* < anchor other CN=Client Root\n/);
    assert.match(out, /FAIL {2}signatures/);
  });

  it('and says what each check saw', async () => {
    const root = createAuthority({
      subject: {commonName: 'Limited'},
      key: 'rsa-2048',
      nameConstraints: {permitted: ['dns:clinic.example']},
    });
    folder.write('limited-ca.crt', root.pem);
    const names = {subjectAltNames: ['dns:a.clinic.example'], certificatePolicies: ['1.2.3']} as const;
    const spec = {subject: {commonName: 'Alice', organizationalUnit: 'Clinicians'}, key: 'ed25519', ...names} as const;
    folder.write('limited.crt', root.issueClient(spec).chainPem);
    const ca = {ca: join(cwd, 'limited-ca.crt'), mayVouchFor: {subjectAltNames: ['dns:*.clinic.example']}};
    const clients = {ca: {...ca, requiredPolicies: ['1.2.3']}, revocation: {unknown: 'deny-list-only'}} as const;
    const identity = {rules: [{...RULES[0], id: 'san.dns'}]} as const;
    const {paths} = await explain({clients, identity}, {certificate: 'limited.crt'});
    const seen = paths[0]?.checks.map(check => (check.verdict === 'pass' ? check.evidence : ''));
    assert.deepEqual(
      seen?.filter((_, index) => index !== 3 && index < 9),
      [
        'anchor RSA 2048, leaf ed25519',
        'leaf signed by the anchor',
        '2 certificates follow RFC 5280',
        'anchor is a CA',
        'extendedKeyUsage clientAuth; keyUsage digitalSignature',
        'a.clinic.example, inside what anchor permits',
        'inside subjectAltNames',
        'required 1.2.3, carried 1.2.3',
      ],
    );
  });

  const NEAR: readonly (readonly [string, string, 'near' | 'no match', RegExp])[] = [
    ['another case', 'CLINICIANS', 'near', /differ in case or spaces/],
    ['a space', 'Clin icians', 'near', /differ in case or spaces/],
    ['an accent', 'Clinicíans', 'near', /differ in case or spaces/],
    ['two letters', 'Clinicans', 'near', /look alike/],
    ['three letters', 'Klinicanz', 'no match', /and is Klinicanz$/],
  ];
  for (const [name, organizationalUnit, verdict, reason] of NEAR)
    it(`that a rule ${verdict === 'near' ? 'nearly' : 'does not'} match ${name}`, async () => {
      const {rules} = await explain({}, {certificate: issue({subject: {commonName: 'A', organizationalUnit}})});
      assert.equal(rules[0]?.verdict, verdict);
      assert.match(rules[0].reasons[0] ?? '', reason);
    });

  it('that a rule nearly matches of whose conditions one holds', async () => {
    const identity = {
      rules: [{when: {organizationalUnit: 'Clinicians', organization: 'X'}, roles: ['a'], id: 'san.uri'}],
    } as const;
    const {rules} = await explain({identity}, {routes: {'GET /wards': {allowedRoles: ['a']}}});
    assert.deepEqual(
      rules.map(({verdict, reasons}) => [verdict, reasons]),
      [['near', ['organization should be X, and there is none']]],
    );
  });

  it('nothing under a configuration with faults, and tells them all', async () => {
    const {code, out, err} = await run({clients: {ca: join(cwd, 'no-such-ca.crt')}, identity: {rules: []}});
    assert.deepEqual([code, out], [1, '']);
    assert.match(err, /^error: clients\.ca: .*\n/);
    assert.match(err, /\nerror: identity\.rules: /);
  });

  it('nothing about a key', async () => {
    folder.write('key.pem', issueClient().exportKeyPem());
    const {code, err} = await run({}, {certificate: 'key.pem'});
    assert.equal(code, 1);
    assert.match(err, /^error: line 1: .*ERR_MTLS_PEM/);
    assert.doesNotMatch(err, /[A-Za-z0-9+/]{40}/);
  });

  it('in colours on a terminal', async () => {
    const app = moduleIn(folder, 'colours.js', smallApplication(options({}), ROUTES));
    const {out} = await mtls(['explain', 'alice.crt', '--app', app], {cwd, terminal: true});
    assert.match(out, /^\u001b\[32mACCEPTED\u001b\[39m at /);
  });
});
