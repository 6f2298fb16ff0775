import assert from 'node:assert/strict';
import {currencyAt, endWithGrace} from '../../src/trust/grace';
import type {GraceUse} from '../../src/trust/grace';
import {OcspAnswers} from '../../src/trust/ocsp-answers';
import {DenyList} from '../../src/trust/deny-list';
import {PolicyView} from '../../src/trust/revocation-policy';
import type {RevocationRules} from '../../src/trust/revocation-policy';
import type {RevocationStatus} from '../../src/trust/revocation';
import {createAuthority} from '../../src/pki/authority';
import {parseCertificate} from '../../src/x509/certificate';

const HOUR = 3_600_000;
const now = new Date('2026-03-01T12:00:00Z');
const later = (ms: number): Date => new Date(now.getTime() + ms);
const authority = createAuthority({subject: {commonName: 'Root'}});
const issuer = parseCertificate(authority.certificate);
const subject = parseCertificate(authority.issueClient({subject: {commonName: 'client'}}).certificate);
const anchor = {name: 'root', certificate: issuer, authority: {}};

describe('a grace', () => {
  for (const [name, grace, expectedMs] of [
    ['is none where nobody signed one off', undefined, 0],
    ['adds its hours', {hours: 2, until: later(9 * HOUR)}, 2 * HOUR],
    ['ends with its signature', {hours: 2, until: later(HOUR)}, HOUR],
    ['takes nothing away when its signature has ended', {hours: 2, until: later(-HOUR)}, 0],
  ] as const) {
    it(name, () => {
      assert.equal(endWithGrace(now.getTime(), grace) - now.getTime(), expectedMs);
    });
  }

  it('begins one millisecond past the end of the data', () => {
    const end = now.getTime();
    assert.deepEqual(currencyAt(now, end, end + HOUR, 'a source'), {untilMs: end});
    const until = later(HOUR);
    const used = {untilMs: until.getTime(), grace: {source: 'a source', until}};
    assert.deepEqual(currencyAt(later(1), end, until.getTime(), 'a source'), used);
    assert.deepEqual(currencyAt(until, end, until.getTime(), 'a source'), used);
    assert.equal(currencyAt(later(HOUR + 1), end, until.getTime(), 'a source'), undefined);
  });

  it('shows in the status of an OCSP answer that has ended, and in no other', () => {
    const answers = new OcspAnswers(1);
    const statement = {
      status: {kind: 'good'},
      thisUpdate: later(-HOUR),
      nextUpdate: now,
      usableFrom: later(-HOUR),
      usableUntil: later(HOUR),
    } as const;
    answers.put({about: {subject, issuer, anchor}, statement, receivedAtMs: 0});
    assert.deepEqual(answers.statusOf(subject, issuer, anchor, now), {status: 'good', freshUntil: now, source: 'OCSP'});
    assert.deepEqual(answers.statusOf(subject, issuer, anchor, later(1)), {
      status: 'good',
      freshUntil: later(HOUR),
      source: 'OCSP',
      grace: {source: 'OCSP', until: later(HOUR)},
    });
  });
});

describe('several statements about one certificate', () => {
  const grace: GraceUse = {source: 'old', until: later(9 * HOUR)};
  const current: RevocationStatus = {status: 'good', freshUntil: later(HOUR), source: 'new'};
  const inGrace: RevocationStatus = {status: 'good', freshUntil: grace.until, source: 'old', grace};
  const unknown: RevocationStatus = {status: 'unknown', required: 'a current CRL', found: 'none'};

  function statusBy(said: readonly RevocationStatus[], rules: Partial<RevocationRules>): RevocationStatus {
    const sources = said.map(status => ({statusOf: () => status}));
    const all: RevocationRules = {sources, agreement: 'any', unknown: 'deny', ...rules};
    return new PolicyView(new DenyList([]), [], () => all).statusOf(subject, issuer, anchor, now);
  }

  it('rest on what needs no grace, where any of them is enough', () => {
    assert.deepEqual(statusBy([inGrace, current], {}), current);
    assert.deepEqual(statusBy([unknown, inGrace], {}), inGrace);
    assert.deepEqual(statusBy([current, {...current, freshUntil: later(2 * HOUR)}], {}), {
      ...current,
      freshUntil: later(2 * HOUR),
    });
  });

  it('rest on all of them where all must agree, and end with the first', () => {
    const together = {status: 'good', freshUntil: later(HOUR), source: 'old, new', grace};
    assert.deepEqual(statusBy([inGrace, current], {agreement: 'all'}), together);
    assert.equal(statusBy([inGrace, unknown], {agreement: 'all'}).status, 'unknown');
  });

  it('count only as long as the shared deny-list is current', () => {
    const stale = {status: 'unknown', required: 'a shared deny-list', found: 'none'} as const;
    const short = {status: 'good', freshUntil: later(1), source: 'shared'} as const;
    assert.deepEqual(statusBy([current], {sharedDenyList: () => stale}), stale);
    const both = statusBy([current], {sharedDenyList: () => short});
    assert.deepEqual(both.status === 'good' && both.freshUntil, later(1));
    const revoked = {status: 'revoked', since: now, reason: 'keyCompromise', source: 'new'} as const;
    assert.deepEqual(statusBy([revoked], {sharedDenyList: () => stale}), revoked);
  });
});
