import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createAuthority} from '../../src/pki/authority';

const PROGRAM = join(__dirname, '../../examples/verify-chain/main.js');

describe('examples/verify-chain', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mtls-chain-'));
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const run = (...args: readonly string[]) => spawnSync(process.execPath, [PROGRAM, ...args], {encoding: 'utf8'});

  const root = createAuthority({subject: 'Root'});
  const issuing = root.issueAuthority({subject: 'Issuing'});
  const client = issuing.issueClient({subject: 'alice', serialNumber: 7n});
  const ca = file('roots.pem', root.pem);
  const chain = file('chain.pem', client.chainPem);
  const crls = [file('root.crl', root.issueCrl().pem), file('issuing.crl', issuing.issueCrl().pem)];
  const revoked = file('revoked.crl', issuing.issueCrl({entries: [{serialNumber: 7n, revokedAt: new Date()}]}).pem);

  after(() => {
    rmSync(folder, {recursive: true});
  });

  it('accepts a chain that is in order', () => {
    const {status, stdout} = run('--ca', ca, ...crls.flatMap(crl => ['--crl', crl]), chain);
    assert.equal(status, 0);
    assert.match(stdout, /^accepted, from the client up:\n {2}CN=alice\n {2}CN=Issuing\n {2}CN=Root\n/);
  });

  it('refuses a revoked client', () => {
    const {status, stderr} = run('--ca', ca, '--crl', crls[0] ?? '', '--crl', revoked, chain);
    assert.equal(status, 1);
    assert.match(stderr, /ERR_MTLS_REVOKED/);
  });

  it('refuses a chain without CRLs unless told otherwise', () => {
    assert.match(run('--ca', ca, chain).stderr, /ERR_MTLS_REVOCATION_UNKNOWN/);
    assert.equal(run('--ca', ca, '--without-revocation', chain).status, 0);
  });

  it('tells what does not parse', () => {
    const {status, stderr} = run('--ca', ca, file('broken.pem', 'nothing'));
    assert.equal(status, 1);
    assert.match(stderr, /^refused: .*ERR_MTLS_PEM/);
  });
});
