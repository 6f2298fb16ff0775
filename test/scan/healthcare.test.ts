import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {mtls} from '../cli/terminal';

describe('scan of the healthcare example', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mtls-healthcare-'));
  const certs = join(folder, 'certs');
  let server: ChildProcess;
  let port = '';

  before(async function () {
    this.timeout(60_000);
    assert.equal((await mtls(['pki', 'example', '--dir', certs])).code, 0);
    const program = join(__dirname, 'healthcare-server.js');
    server = spawn(process.execPath, [program, certs, join(folder, 'data.json')], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const line = await new Promise<string>(resolve =>
      server.stdout?.once('data', chunk => {
        resolve(String(chunk));
      }),
    );
    port = new URL(line.trim()).port;
  });

  after(async () => {
    const exited = once(server, 'exit');
    server.kill();
    await exited;
    rmSync(folder, {recursive: true});
  });

  /** The report about one path of the example, for one of its people. */
  async function reportFor(who: string, path: string, ...more: readonly string[]) {
    const {code, out} = await mtls(
      [
        ...['scan', `https://localhost:${port}${path}`, '--json', '--ca', 'server-ca.crt'],
        ...['--cert', `${who}.crt`, '--key', `${who}.key`],
        ...['--issuer', 'clients-issuing-ca.crt', '--issuer-key', 'ca/clients-issuing-ca.key'],
        ...more,
      ],
      {cwd: certs},
    );
    const report = JSON.parse(out) as {grade: string; connections: number; findings: {id: string; status: string}[]};
    return {code, ...report, failed: report.findings.filter(({status}) => status === 'fail').map(({id}) => id)};
  }

  it('gives an A for what a clinician sees', async () => {
    const {code, grade, failed, connections} = await reportFor('clinician-alice', '/patients');
    assert.deepEqual({code, grade, failed}, {code: 0, grade: 'A', failed: []});
    assert.ok(connections < 200);
  });

  it('gives an A for every operation of the API description', async () => {
    const openapi = `https://localhost:${port}/openapi.json`;
    const {code, grade, failed, findings} = await reportFor('admin-erin', '/openapi.json', '--openapi', openapi);
    assert.deepEqual({code, grade, failed}, {code: 0, grade: 'A', failed: []});
    assert.equal(findings.find(({id}) => id === 'api-anonymous')?.status, 'pass');
  });

  it('says that a stranger with a certificate of the clinic is not accepted', async () => {
    const {code, failed} = await reportFor('stranger-mallory', '/patients');
    assert.deepEqual(failed, ['client-certificate-accepted']);
    assert.equal(code, 1);
  });
});
