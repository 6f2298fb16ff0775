import assert from 'node:assert/strict';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {ALICE, CA, https, NAIVE, start, STRICT} from '../scan/servers';
import type {Running} from '../scan/servers';
import {mtls as runMtls} from './terminal';
import type {World} from './terminal';

const folder = mkdtempSync(join(tmpdir(), 'mtls-cli-scan-'));

const mtls = (args: readonly string[], world: World = {}) => runMtls(args, {cwd: folder, ...world});

describe('mtls scan', () => {
  let naive: Running;
  let strict: Running;

  before(async () => {
    naive = await start(https(NAIVE));
    strict = await start(
      https(STRICT, (request, response) => {
        const headers = {
          'Strict-Transport-Security': 'max-age=31536000',
          'X-Content-Type-Options': 'nosniff',
          'Cache-Control': 'no-store',
        };
        const isForeign = request.headers.host?.startsWith('localhost:') !== true;
        const openApi = {openapi: '3.0.3', paths: {'/x': {get: {security: [{mutualTLS: []}], responses: {'200': {}}}}}};
        response.writeHead(isForeign ? 421 : 200, headers).end(JSON.stringify(openApi));
      }),
    );
    writeFileSync(join(folder, 'ca.crt'), CA.pem);
    writeFileSync(join(folder, 'ca.key'), CA.credential.exportKeyPem('ca secret'));
    writeFileSync(join(folder, 'alice.crt'), ALICE.chain);
    writeFileSync(join(folder, 'alice.key'), ALICE.key);
    const locked = CA.issueClient({subject: 'locked'});
    writeFileSync(join(folder, 'locked.crt'), locked.chainPem);
    writeFileSync(join(folder, 'locked.key'), locked.exportKeyPem('secret'));
    writeFileSync(join(folder, 'secret'), 'secret\nsecond line\n');
    writeFileSync(join(folder, 'ca-secret'), 'ca secret');
    writeFileSync(join(folder, 'openapi.json'), '{"openapi": "3.0.3", "paths": {}}');
  });

  after(async () => {
    await naive.stop();
    await strict.stop();
    rmSync(folder, {recursive: true});
  });

  const alice = ['--cert', 'alice.crt', '--key', 'alice.key', '--ca', 'ca.crt'];

  it('prints a report and exits 1 when something failed', async () => {
    const {code, out} = await mtls(['scan', naive.url]);
    assert.equal(code, 1);
    assert.match(out, /grade F[^]*FAIL a client without certificate is refused/);
  });

  it('exits 0 when nothing failed at or above the threshold', async () => {
    const {code, out} = await mtls(['scan', strict.url, ...alice]);
    assert.equal(code, 0, out);
    assert.match(out, /grade A/);
  });

  it('exits by the threshold alone', async () => {
    assert.equal((await mtls(['scan', naive.url, '--fail-on', 'critical'])).code, 1);
    assert.equal((await mtls(['scan', naive.url, '--fail-on', 'never'])).code, 0);
  });

  it('exits 3 when too little could be tested, and when there is no server', async () => {
    const {code} = await mtls(['scan', strict.url, ...alice, '--max-connections', '3']);
    assert.equal(code, 3);
    const gone = await start(createServer());
    await gone.stop();
    const none = await mtls(['scan', gone.url]);
    assert.equal(none.code, 3);
    assert.match(none.err, /^error: .*ERR_MTLS_SCAN_TARGET[^]*\nhint: /);
  });

  it('writes every format to a file, and JSON for short to the terminal', async () => {
    const formats = [
      ['json', /^\{\n {2}"reportVersion": 1/],
      ['sarif', /"version": "2\.1\.0"/],
      ['html', /^<!doctype html>/],
    ] as const;
    for (const [format, pattern] of formats) {
      const {out} = await mtls(['scan', naive.url, '--format', format, '--output', `report.${format}`]);
      assert.equal(out, '');
      assert.match(readFileSync(join(folder, `report.${format}`), 'utf8'), pattern);
    }
    assert.match((await mtls(['scan', naive.url, '--json'])).out, /"reportVersion": 1/);
  });

  it('shows and counts only what the baseline did not know', async () => {
    await mtls(['scan', naive.url, '--json', '--output', 'baseline.json']);
    const {code, out} = await mtls(['scan', naive.url, '--baseline', 'baseline.json']);
    assert.equal(code, 0);
    assert.ok(!out.includes('FAIL'), out);
    writeFileSync(join(folder, 'clean.json'), JSON.stringify({reportVersion: 1, findings: []}));
    assert.equal((await mtls(['scan', naive.url, '--baseline', 'clean.json'])).code, 1);
  });

  it('watches until it is told to stop', async () => {
    const reports = (text: string) => text.split('grade F').length - 1;
    const stop = new AbortController();
    let seen = '';
    const {code, out} = await mtls(['scan', naive.url, '--watch', '1'], {
      signal: stop.signal,
      onOutput: text => {
        seen += text;
        if (reports(seen) === 2) stop.abort();
      },
    });
    assert.equal(reports(out), 2);
    // The second report is compared with the first, so nothing in it is new.
    assert.equal(code, 0);
  });

  it('uses colour and a progress line on a terminal only, and no colour under NO_COLOR', async () => {
    const terminal = await mtls(['scan', naive.url], {terminal: true});
    assert.ok(terminal.out.includes('\u001b[31m'));
    assert.match(terminal.err, /\d+ of \d+ checks, \d+ connections/);
    const grey = await mtls(['scan', naive.url], {terminal: true, env: {NO_COLOR: '1'}});
    assert.ok(!grey.out.includes('\u001b['));
    assert.equal((await mtls(['scan', naive.url])).err, '');
  });

  it('takes an encrypted key, an issuer, other names and limits', async () => {
    const {out} = await mtls([
      ...[
        'scan',
        strict.url,
        '--cert',
        'locked.crt',
        '--key',
        'locked.key',
        '--passphrase-file',
        'secret',
        '--ca',
        'ca.crt',
      ],
      ...['--issuer', 'ca.crt', '--issuer-key', 'ca.key', '--issuer-passphrase-file', 'ca-secret'],
      ...['--name', 'other.localhost', '--parallel', '2', '--timeout', '19', '--verbose'],
    ]);
    assert.match(out, /the given client certificate works client-certificate-accepted\n +served/);
    assert.match(out, /it was issued by the given CA/);
  });

  it('reads the OpenAPI document from a file or from the scanned server', async () => {
    const file = await mtls(['scan', strict.url, '--openapi', 'openapi.json', '--verbose', ...alice]);
    assert.match(file.out, /every operation declares its security[^\n]*\n +0 operations/);
    const url = await mtls(['scan', strict.url, '--openapi', `${strict.url}openapi.json`, '--verbose', ...alice]);
    assert.match(url.out, /every operation declares its security[^\n]*\n +1 operations/);
  });

  it('prints the schema of its reports', async () => {
    const {code, out} = await mtls(['scan', '--schema']);
    assert.equal(code, 0);
    const schema: unknown = JSON.parse(out);
    const documented: unknown = JSON.parse(
      readFileSync(join(__dirname, '../../../docs/scan-report.schema.json'), 'utf8'),
    );
    assert.deepEqual(documented, schema);
  });

  const USAGE: readonly (readonly [string, readonly string[]])[] = [
    ['no server', []],
    ['two servers', ['a', 'b']],
    ['a certificate without key', ['localhost', '--cert', 'alice.crt']],
    ['a key without certificate', ['localhost', '--key', 'alice.key']],
    ['an issuer without key', ['localhost', '--issuer', 'ca.crt']],
    ['an issuer key without issuer', ['localhost', '--issuer-key', 'ca.key']],
    ['an OpenAPI document on another host', ['localhost:1', '--openapi', 'https://localhost:2/openapi.json']],
    ['an unknown format', ['localhost', '--format', 'pdf']],
    ['an unknown threshold', ['localhost', '--fail-on', 'info']],
    ['unknown methods', ['localhost', '--methods', 'some']],
    ['a limit that is no number', ['localhost', '--parallel', 'many']],
    ['an unknown option', ['localhost', '--fast']],
  ];
  for (const [name, args] of USAGE) {
    it(`exits 2 for ${name}`, async () => {
      const {code, err} = await mtls(['scan', ...args]);
      assert.equal(code, 2, err);
      assert.match(err, /^error: .+\nhint: /);
    });
  }

  it('exits 1 for a key of another certificate, and for one that does not open', async () => {
    const mixed = await mtls([
      'scan',
      'localhost',
      '--cert',
      'alice.crt',
      '--key',
      'locked.key',
      '--passphrase-file',
      'secret',
    ]);
    assert.match(mixed.err, /ERR_MTLS_SCAN_OPTION/);
    for (const more of [[], ['--passphrase-file', 'ca-secret']]) {
      const locked = await mtls(['scan', 'localhost', '--cert', 'locked.crt', '--key', 'locked.key', ...more]);
      assert.equal(locked.code, 1);
      assert.match(locked.err, /does not open/);
    }
  });

  it('exits 1 for a file that is not there and for a baseline that is none', async () => {
    assert.equal((await mtls(['scan', 'localhost', '--ca', 'nowhere.crt'])).code, 1);
    assert.equal((await mtls(['scan', 'localhost', '--baseline', 'ca.crt'])).code, 1);
  });

  it('has help with examples and exit codes', async () => {
    const {code, out} = await mtls(['scan', '--help']);
    assert.equal(code, 0);
    assert.match(out, /Usage: mtls scan[^]*Examples:[^]*Exit codes:/);
  });
});
