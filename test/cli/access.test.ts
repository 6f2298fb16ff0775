import assert from 'node:assert/strict';
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {MtlsComponentOptions} from '../../src/loopback/options';
import {Folder} from '../server/harness';
import {healthcare, moduleIn, optionsOf, smallApplication} from './applications';
import type {Routes, Snippets} from './applications';
import {mtls} from './terminal';
import type {Outcome} from './terminal';

const RULES = [
  {name: 'nurses', when: {organizationalUnit: 'Nurses'}, roles: ['nurse'], id: 'san.uri'},
  {name: 'admins', when: {organizationalUnit: 'Admins'}, roles: ['admin'], id: 'san.uri'},
] as const;

const ROUTES: Routes = {'GET /wards': {allowedRoles: ['nurse', 'admin']}, 'POST /wards': {allowedRoles: ['admin']}};

describe('mtls access', () => {
  const folder = new Folder();
  const cwd = folder.path;
  const clinic = healthcare(folder);
  let count = 0;

  after(() => {
    folder.remove();
  });

  function access(app: string, ...args: readonly string[]): Promise<Outcome> {
    return mtls(['access', '--app', app, ...args], {cwd});
  }

  /** Writes an application with these identity rules, anchors and routes. */
  function small(changes: Partial<MtlsComponentOptions> = {}, routes = ROUTES, more: Snippets = {}): string {
    const options = optionsOf({identity: {rules: RULES}, ...changes});
    return moduleIn(folder, `small-${++count}.js`, smallApplication(options, routes, more));
  }

  async function findings(
    changes: Partial<MtlsComponentOptions>,
    routes = ROUTES,
    more: Snippets = {},
  ): Promise<string[]> {
    const {out} = await access(small(changes, routes, more), '--json');
    const document: unknown = JSON.parse(out);
    assert.ok(typeof document === 'object' && document !== null && 'findings' in document);
    assert.ok(Array.isArray(document.findings));
    return document.findings.map(String);
  }

  it('prints the matrix of the healthcare example without certificates, key or listener', async () => {
    const {code, out, err} = await access(clinic);
    assert.deepEqual([code, err], [0, '']);
    assert.match(out, /^ENDPOINT +SERVED BY +admin +auditor +clinician +device +pharmacist\n/);
    assert.match(out, /\nGET \/patients\/\{id\} +PatientController\.findById +- +- +if +- +-\n/);
    assert.match(out, /\nPOST \/patients +RegistrationController\.create +yes +- +- +- +-\n/);
    assert.match(out, /\nyes: allowed; if: /);
    assert.doesNotMatch(out, /Findings/);
  });

  it('prints Markdown, CSV and HTML that no name can break out of', async () => {
    const app = small(
      {},
      {
        'GET /a|b': {allowedRoles: ['nurse'], certificate: {organization: ['A, "B"', '<i>']}},
        'GET /c<script>': {allowedRoles: ['admin']},
      },
    );
    assert.match((await access(app, '--format', 'markdown')).out, /^\| Endpoint .*\n\| --- .*\n\| GET \/a\\\|b \|/);
    const csv = (await access(app, '--format', 'csv')).out.split('\r\n');
    assert.equal(csv[0], 'endpoint,kind,served by,requirements,admin,nurse');
    assert.equal(csv[1], 'GET /a|b,handler,handler,"organization A, ""B"" or <i>",deny,conditional');
    const html = (await access(app, '--format', 'html')).out;
    assert.match(html, /<th scope="row">GET \/c&#60;script&#62;<\/th>/);
    assert.match(html, /<td class="conditional">if<\/td>/);
    assert.doesNotMatch(html, /<script/);
  });

  it('prints which path each route takes', async () => {
    const {out} = await access(clinic, '--paths');
    assert.match(out, /^ENDPOINT +PATH +HOW\n/);
    assert.match(out, /\nGET \/patients +compiled +injected\n/);
    const routes: unknown = JSON.parse((await access(clinic, '--paths', '--json')).out);
    assert.ok(Array.isArray(routes) && routes.length === 11);
  });

  it('prints why a route stays on the path of LoopBack', async () => {
    assert.match((await access(small(), '--paths')).out, /\nGET \/wards +stock +no controller route\n/);
    const mounts = "this.middleware((_, next) => next(), {key: 'middleware.own'});";
    const {out} = await access(small({}, ROUTES, {mounts}), '--paths');
    assert.match(out, /\nPOST \/wards +stock +a sequence or middleware of the application\n/);
  });

  it('finds a committed matrix unchanged, and says what changed', async () => {
    const before = small();
    assert.deepEqual(await access(before, '--write', 'access.json'), {code: 0, out: 'wrote access.json\n', err: ''});
    assert.equal((await access(before, '--check', 'access.json')).out, 'access.json is what the application does\n');
    assert.equal((await access(before, '--json')).out, readFileSync(join(cwd, 'access.json'), 'utf8'));
    const now = small({}, {'GET /wards': {allowedRoles: ['admin']}, 'GET /beds': {allowedRoles: ['nurse']}});
    const {code, out, err} = await access(now, '--check', 'access.json');
    assert.equal(code, 1);
    assert.deepEqual(
      out.split('\n').filter(line => !/voters|scopes|deniedRoles|requirements/.test(line)),
      [
        '~ GET /wards, allowedRoles: nurse, admin -> admin',
        '~ GET /wards, role nurse: allow -> deny',
        '- POST /wards: handler, handler',
        '- POST /wards, allowedRoles: admin',
        '- POST /wards, role admin: allow',
        '- POST /wards, role nurse: deny',
        '+ GET /beds: handler, handler',
        '+ GET /beds, allowedRoles: nurse',
        '+ GET /beds, role admin: deny',
        '+ GET /beds, role nurse: allow',
        '',
      ],
    );
    assert.match(err, /^error: access\.json and the application differ in \d+ places\nhint: .*--write access\.json\n$/);
    const json: unknown = JSON.parse((await access(now, '--check', 'access.json', '--json')).out);
    assert.ok(Array.isArray(json));
    assert.deepEqual(json[0], {where: 'GET /wards, allowedRoles', before: 'nurse, admin', after: 'admin'});
  });

  for (const text of ['', '[]', '{"roles": [], "findings": []}', '{"roles": [], "findings": [], "endpoints": [{}]}'])
    it(`takes '${text}' for no matrix`, async () => {
      writeFileSync(join(cwd, 'broken.json'), text);
      const {code, err} = await access(small(), '--check', 'broken.json');
      assert.equal(code, 1);
      assert.match(err, /^error: broken\.json holds no access matrix\nhint: .*--write broken\.json writes one\n/);
    });

  it('is no success where the application would not start', async () => {
    const {code, out, err} = await access(small({}, {...ROUTES, 'GET /open': {}}));
    assert.equal(code, 1);
    assert.match(out, /\nGET \/open +handler +- +-\n/);
    assert.match(out, /\n- GET \/open has no usable rule, so nobody reaches it: required /);
    assert.match(err, /^error: GET \/open.*ERR_MTLS_ROUTE_UNPROTECTED/);
  });

  it('names folders relative to where it runs', async () => {
    const more = {mounts: "this.static('/files', join(folder, 'public'));"};
    const app = small({access: {'/files/**': {allowedRoles: ['nurse']}}}, ROUTES, more);
    assert.match((await access(app)).out, /\nANY \/files\/\*\* +public +- +yes\n/);
  });

  const CLEAN: readonly (readonly [string, Partial<MtlsComponentOptions>, Routes?])[] = [
    ['an application in order', {}],
    ['rules about different values', {identity: {rules: RULES}}],
    [
      'a rule that one of two anchors may end in',
      {
        clients: {
          ca: [
            {ca: 'a.crt', mayVouchFor: {roles: ['nurse', 'admin']}},
            {ca: 'b.crt', mayVouchFor: {roles: []}},
          ],
        },
      },
    ],
    [
      'a name that the anchor may vouch for',
      {
        clients: {ca: {ca: 'a.crt', name: 'a', mayVouchFor: {subjectAltNames: ['dns:*.a.example', 'uri:x:**']}}},
        identity: {
          rules: [
            {when: {dns: 'x.a.example', issuer: 'a'}, roles: ['nurse'], id: 'san.dns'},
            {when: {uri: 'x://**', issuer: 'a'.repeat(64)}, roles: ['admin'], id: 'san.uri'},
          ],
        },
      },
    ],
    [
      'a role that counts beside another',
      {
        identity: {rules: [{when: {organizationalUnit: 'Nurses'}, roles: ['nurse', 'night'], id: 'san.uri'}]},
        scopes: {nurse: ['read'], night: ['write']},
      },
      {'GET /wards': {allowedRoles: ['nurse'], scopes: ['read', 'write']}},
    ],
  ];
  for (const [name, changes, routes] of CLEAN)
    it(`finds nothing in ${name}`, async () => {
      assert.deepEqual(await findings(changes, routes), []);
    });

  it('finds nothing where a resolver gives roles that nobody can list', async () => {
    assert.deepEqual(await findings({}, ROUTES, {options: 'options.identity = {resolver() {}};'}), []);
  });

  const ODD: readonly (readonly [string, Partial<MtlsComponentOptions>, Routes, RegExp])[] = [
    [
      'an endpoint that is closed',
      {},
      {...ROUTES, 'GET /off': {deniedRoles: ['$everyone']}},
      /^GET \/off is closed to everybody by x-mtls-access$/,
    ],
    [
      'an endpoint that needs what no rule gives alone',
      {scopes: {nurse: ['read'], admin: ['write']}},
      {...ROUTES, 'GET /both': {allowedRoles: ['nurse', 'admin'], scopes: ['read', 'write']}},
      /^GET \/both is reached by nobody: no identity rule alone gives one of nurse, admin and the scopes read, write$/,
    ],
    [
      'an endpoint whose roles come with a denied one',
      {identity: {rules: [{when: {organizationalUnit: 'N'}, roles: ['nurse', 'trainee'], id: 'san.uri'}]}},
      {'GET /a': {allowedRoles: ['nurse'], deniedRoles: ['trainee']}, 'GET /b': {allowedRoles: ['nurse']}},
      /^the role trainee opens no endpoint$/,
    ],
    ['a role that opens nothing', {}, {'GET /a': {allowedRoles: ['nurse']}}, /^the role admin opens no endpoint$/],
    [
      'a role that is given by nobody',
      {},
      {'GET /a': {allowedRoles: ['nurse', 'admin', 'ghost']}},
      /^the role ghost is given by no identity rule$/,
    ],
    [
      'rules that meet in one value',
      {identity: {rules: [...RULES, {when: {organizationalUnit: ['Nurses', 'X']}, roles: ['nurse'], id: 'san.uri'}]}},
      ROUTES,
      /^the identity rules nurses and rules\[2\] can match the same certificate: it gets the roles of both$/,
    ],
    [
      'rules of which one has a pattern for the other',
      {
        identity: {
          rules: [
            {when: {dns: '*.a.example'}, roles: ['nurse'], id: 'san.dns'},
            {when: {dns: 'x.a.example', organization: 'A'}, roles: ['admin'], id: 'fingerprint'},
          ],
        },
      },
      ROUTES,
      /rules\[0\] and rules\[1\] .* identifier from san\.dns and fingerprint: it is refused where they differ$/,
    ],
    [
      'a rule for another organization than the anchors have',
      {
        clients: {ca: {ca: 'a.crt', mayVouchFor: {organizations: ['A']}}},
        identity: {rules: [...RULES, {when: {organization: 'B'}, roles: ['admin'], id: 'san.uri'}]},
      },
      ROUTES,
      /^the identity rule rules\[2\] can make nobody a principal: an anchor may not vouch for organization B$/,
    ],
    [
      'a rule for an extended key usage that no anchor grants',
      {
        clients: {ca: {ca: 'a.crt', name: 'a', mayVouchFor: {extendedKeyUsages: []}}},
        identity: {rules: [...RULES, {when: {extendedKeyUsage: '1.2.3'}, roles: ['admin'], id: 'san.uri'}]},
      },
      ROUTES,
      /nobody a principal: anchor a may not vouch for extendedKeyUsage 1\.2\.3$/,
    ],
    [
      'a rule for a kind of name that the anchor has not',
      {
        clients: {ca: {ca: 'a.crt', mayVouchFor: {subjectAltNames: ['uri:spiffe://a.example/**']}}},
        identity: {rules: [...RULES, {when: {email: '*@a.example'}, roles: ['admin'], id: 'san.uri'}]},
      },
      ROUTES,
      /may not vouch for email \*@a\.example$/,
    ],
    [
      'a rule for an issuer that is another anchor with other roles',
      {
        clients: {
          ca: [
            {ca: 'a.crt', name: 'a', mayVouchFor: {roles: ['nurse']}},
            {ca: 'b.crt', name: 'b'},
          ],
        },
        identity: {rules: [RULES[0], {when: {issuer: 'a'}, roles: ['admin'], id: 'san.uri'}]},
      },
      ROUTES,
      /nobody a principal: anchor a may not vouch for the role admin; anchor b is not the issuer it asks for$/,
    ],
    [
      'a role that every anchor keeps back',
      {clients: {ca: {ca: 'a.crt', mayVouchFor: {roles: ['nurse']}}}},
      ROUTES,
      /^the role admin cannot be had: the limits of the anchors stop every rule that gives it$/,
    ],
  ];
  for (const [name, changes, routes, finding] of ODD)
    it(`finds ${name}`, async () => {
      const found = await findings(changes, routes);
      assert.ok(
        found.some(text => finding.test(text)),
        JSON.stringify(found),
      );
    });

  const WRONG = [
    [[], 2, 'which application?'],
    [['--app', 'x', '--format', 'xml'], 2, "unknown format 'xml'"],
    [['--app', 'nowhere.js'], 1, 'nowhere.js cannot be loaded: Cannot find module'],
  ] as const;
  for (const [args, code, message] of WRONG)
    it(`says what is wrong with '${args.join(' ')}'`, async () => {
      const outcome = await mtls(['access', ...args], {cwd});
      assert.equal(outcome.code, code);
      assert.ok(outcome.err.startsWith(`error: ${message}`), outcome.err);
      assert.match(outcome.err, /\nhint: /);
    });
});
