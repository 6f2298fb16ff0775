import assert from 'node:assert/strict';
import {createAuthority} from '../../src/pki/authority';
import type {TrustPolicy} from '../../src/trust/policy';
import type {RevocationView} from '../../src/trust/revocation';
import {VerdictCache} from '../../src/trust/verdict-cache';
import {anchorOf, clock, codeOf, factsOf, NOW, trustIn} from './fixture';

const HOUR = 3_600_000;
const root = createAuthority({subject: 'Root'}, clock);
const client = root.issueClient({
  subject: 'alice',
  validity: {notBefore: new Date(NOW.getTime() - 10 * HOUR), notAfter: new Date(NOW.getTime() + HOUR)},
});
const evidence = {leaf: factsOf(client), sent: []};
const later = (ms: number) => new Date(NOW.getTime() + ms);

/** Counts how often a path is verified, by the questions it asks. */
function counting(generation = 1, policy: Partial<TrustPolicy> = {}) {
  const asked = {times: 0};
  const revocation: RevocationView = {
    statusOf: subject => {
      asked.times += 1;
      return {status: 'good', freshUntil: subject.notAfter, source: 'test'};
    },
  };
  return {asked, trust: {...trustIn([anchorOf(root)], {revocation, policy}), generation, rules: undefined}};
}

describe('VerdictCache', () => {
  it('verifies once what comes again', () => {
    const {asked, trust} = counting();
    const cache = new VerdictCache();
    const first = cache.decide(evidence, trust, NOW);
    assert.equal(codeOf(first), 'accept');
    assert.equal(cache.decide({leaf: factsOf(client), sent: []}, trust, later(1)), first);
    assert.equal(asked.times, 1);
  });

  it('verifies anew what was sent along with other certificates', () => {
    const {asked, trust} = counting();
    const cache = new VerdictCache();
    cache.decide(evidence, trust, NOW);
    cache.decide({...evidence, sent: [factsOf(root)]}, trust, NOW);
    assert.equal(asked.times, 2);
  });

  it('forgets everything with the next generation', () => {
    const cache = new VerdictCache();
    const old = counting(1);
    cache.decide(evidence, old.trust, NOW);
    const next = counting(2, {requiredExtendedKeyUsage: ['1.2.3']});
    assert.equal(codeOf(cache.decide(evidence, next.trust, NOW)), 'ERR_MTLS_EXTENDED_KEY_USAGE');
    assert.equal(cache.size, 0);
    cache.decide(evidence, old.trust, NOW);
    assert.equal(old.asked.times, 2);
  });

  it('honours the end of a verdict', () => {
    const {trust} = counting();
    const cache = new VerdictCache({lifetimeSeconds: 1e9});
    cache.decide(evidence, trust, NOW);
    assert.equal(codeOf(cache.decide(evidence, trust, later(HOUR))), 'accept');
    assert.equal(codeOf(cache.decide(evidence, trust, later(HOUR + 1))), 'ERR_MTLS_EXPIRED');
  });

  it('honours its own lifetime', () => {
    const {asked, trust} = counting();
    const cache = new VerdictCache({lifetimeSeconds: 10});
    cache.decide(evidence, trust, NOW);
    cache.decide(evidence, trust, later(10_000));
    assert.equal(asked.times, 1);
    cache.decide(evidence, trust, later(10_001));
    assert.equal(asked.times, 2);
  });

  it('trusts no verdict of the future, nor at a time that is none', () => {
    const {trust} = counting();
    const cache = new VerdictCache();
    cache.decide(evidence, trust, NOW);
    assert.equal(codeOf(cache.decide(evidence, trust, later(-11 * HOUR))), 'ERR_MTLS_NOT_YET_VALID');
    cache.decide(evidence, trust, NOW);
    assert.equal(codeOf(cache.decide(evidence, trust, new Date(NaN))), 'ERR_MTLS_NOT_YET_VALID');
  });

  it('keeps no refusal', () => {
    const {trust} = counting();
    const cache = new VerdictCache();
    assert.equal(codeOf(cache.decide(evidence, trust, later(-11 * HOUR))), 'ERR_MTLS_NOT_YET_VALID');
    assert.equal(cache.size, 0);
    assert.equal(codeOf(cache.decide(evidence, trust, NOW)), 'accept');
  });

  it('pushes out what was unused for longest', () => {
    const {asked, trust} = counting();
    const cache = new VerdictCache({size: 2});
    const [a, b, c] = ['a', 'b', 'c'].map(subject => ({leaf: factsOf(root.issueClient({subject})), sent: []}));
    assert.ok(a && b && c);
    for (const one of [a, b, a, c, a]) cache.decide(one, trust, NOW);
    assert.equal(cache.size, 2);
    assert.equal(asked.times, 3);
    cache.decide(b, trust, NOW);
    assert.equal(asked.times, 4);
  });
});
