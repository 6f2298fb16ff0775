import assert from 'node:assert/strict';
import type {RevocationPolicyOptions} from '../../src/server/revocation-options';
import {resolveRevocationPolicy} from '../../src/server/revocation-policy';

const now = new Date('2026-03-01T12:00:00Z');
const softFail = {graceHours: 12, reason: 'the CA moves', until: '2026-03-01T12:00:01Z'};

describe('resolveRevocationPolicy', () => {
  const ROWS: readonly (readonly [RevocationPolicyOptions, readonly string[]])[] = [
    [{}, []],
    [{shortLivedHours: 1}, []],
    [{shortLivedHours: 168}, []],
    [{shortLivedHours: 0}, ['p.shortLivedHours']],
    [{shortLivedHours: 169}, ['p.shortLivedHours']],
    [{shortLivedHours: 1.5}, ['p.shortLivedHours']],
    [{unknown: softFail}, []],
    [{unknown: {...softFail, graceHours: 0}}, ['p.unknown.graceHours']],
    [{unknown: {...softFail, graceHours: 169}}, ['p.unknown.graceHours']],
    [{unknown: {...softFail, reason: '  short  '}}, ['p.unknown.reason']],
    [{unknown: {...softFail, until: '2026-03-01T12:00:00Z'}}, ['p.unknown.until']],
    [{unknown: {...softFail, until: 'soon'}}, ['p.unknown.until']],
  ];
  for (const [options, faults] of ROWS) {
    it(`finds ${faults.join() || 'no fault'} in ${JSON.stringify(options)}`, () => {
      const found: string[] = [];
      resolveRevocationPolicy(options, 'p', now, ({where}) => found.push(where));
      assert.deepEqual(found, faults);
    });
  }

  it('is strict where nothing is said', () => {
    assert.deepEqual(
      resolveRevocationPolicy({}, 'p', now, () => undefined),
      {
        ocsp: 'off',
        distributionPoints: 'ignore',
        agreement: 'any',
        unknown: 'hard-fail',
        indirectCrl: 'deny',
      },
    );
  });
});
