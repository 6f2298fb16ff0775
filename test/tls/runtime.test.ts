import assert from 'node:assert/strict';
import type {ConfigFault} from '../../src/errors';
import {availableGroups} from '../../src/tls/policy';
import {inspectRuntime} from '../../src/tls/runtime';
import type {Runtime} from '../../src/tls/runtime';

const CURRENT: Runtime = {version: '24.22.3', openssl: '3.5.8', flags: [], environment: {}};

function inspect(
  runtime: Partial<Runtime>,
  old: 'refuse' | 'allow' = 'refuse',
): readonly [readonly string[], readonly ConfigFault[]] {
  const faults: ConfigFault[] = [];
  const remarks = inspectRuntime({...CURRENT, ...runtime}, old, fault => void faults.push(fault));
  return [remarks, faults];
}

describe('the runtime', () => {
  it('is accepted without a word when it is current', () => {
    assert.deepEqual(inspect({}), [[], []]);
  });

  const UNSAFE: readonly (readonly [string, Partial<Runtime>, string])[] = [
    ['--tls-keylog', {flags: ['--tls-keylog=/tmp/k']}, 'process.execArgv'],
    ['--tls-keylog', {environment: {NODE_OPTIONS: '--max-old-space-size=100 --tls-keylog=/tmp/k'}}, 'NODE_OPTIONS'],
    ['--tls-keylog', {environment: {NODE_OPTIONS: '"--tls-keylog=/tmp/a b"'}}, 'NODE_OPTIONS'],
    ['--tls-min-v1.0', {flags: ['--tls-min-v1.0']}, 'process.execArgv'],
    ['--tls-min-v1.1', {environment: {NODE_OPTIONS: '--tls-min-v1.1'}}, 'NODE_OPTIONS'],
    ['--tls_min_v1.1', {flags: ['--tls_min_v1.1']}, 'process.execArgv'],
    ['--openssl-legacy-provider', {flags: ['--openssl-legacy-provider']}, 'process.execArgv'],
    ['--security-revert', {flags: ['--security-revert=CVE-2023-46809']}, 'process.execArgv'],
    ['--insecure-http-parser', {environment: {NODE_OPTIONS: '--insecure-http-parser'}}, 'NODE_OPTIONS'],
    ['NODE_TLS_REJECT_UNAUTHORIZED=0', {environment: {NODE_TLS_REJECT_UNAUTHORIZED: '0'}}, 'environment'],
  ];
  for (const [found, runtime, where] of UNSAFE) {
    it(`is refused with ${found} in ${where}`, () => {
      const [, [fault, ...more]] = inspect(runtime);
      assert.equal(fault?.code, 'ERR_MTLS_RUNTIME');
      assert.equal(fault.where, where);
      assert.equal(fault.found, found);
      assert.deepEqual(more, []);
    });
  }

  const SAFE: readonly Partial<Runtime>[] = [
    {flags: ['--enable-source-maps', '--tls-min-v1.2', '--tls-min-v1.3']},
    {environment: {NODE_OPTIONS: '--max-http-header-size=16000', NODE_TLS_REJECT_UNAUTHORIZED: '1'}},
    {environment: {NODE_OPTIONS: ''}},
  ];
  it('is accepted with switches that do no harm', () => {
    for (const runtime of SAFE) assert.deepEqual(inspect(runtime), [[], []]);
  });

  const VERSIONS: readonly (readonly [string, 'accepted' | 'refused' | 'remarked', RegExp?])[] = [
    ['24.22.3', 'accepted'],
    ['24.23.0', 'accepted'],
    ['24.22.2', 'remarked', /lacks the TLS fixes of 24\.22\.3/],
    ['24.13.0', 'remarked', /lacks/],
    ['24.12.9', 'refused'],
    ['22.22.0', 'remarked', /not known to have/],
    ['22.21.9', 'refused'],
    ['20.20.2', 'remarked', /no more security fixes/],
    ['20.19.6', 'refused'],
    ['18.20.8', 'refused'],
    ['23.11.0', 'refused'],
    ['nonsense', 'refused'],
  ];
  for (const [version, outcome, says] of VERSIONS) {
    it(`${version} is ${outcome}`, () => {
      const [remarks, faults] = inspect({version});
      assert.equal(faults.length, outcome === 'refused' ? 1 : 0);
      if (outcome === 'accepted') assert.deepEqual(remarks, []);
      if (says !== undefined) assert.match(remarks[0] ?? '', says);
    });
  }

  it('that is old is accepted when that was signed off, and remarked on', () => {
    const [remarks, faults] = inspect({version: '18.20.8'}, 'allow');
    assert.deepEqual(faults, []);
    assert.equal(remarks.length, 1);
  });

  it('offers the hybrid group from OpenSSL 3.5 on, and says so where it cannot', () => {
    assert.equal(availableGroups('3.5.0')[0], 'X25519MLKEM768');
    assert.equal(availableGroups('4.0.0')[0], 'X25519MLKEM768');
    assert.equal(availableGroups('3.4.9+quic')[0], 'X25519');
    assert.equal(availableGroups('1.1.1w')[0], 'X25519');
    assert.match(inspect({openssl: '3.0.19'})[0][0] ?? '', /X25519MLKEM768/);
  });
});
