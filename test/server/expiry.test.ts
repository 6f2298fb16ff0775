import assert from 'node:assert/strict';
import type {AuditEvent} from '../../src/audit/events';
import {ExpiryWatch, nearnessOf, perishablesOf} from '../../src/server/expiry';
import type {Perishable} from '../../src/server/expiry';
import {healthOf} from '../../src/server/health';
import {crlRevocationFixture} from './expiry-fixture';

const NOW = new Date('2026-06-01T00:00:00Z');
const DAY_MS = 86_400_000;
const at = (ms: number): Date => new Date(NOW.getTime() + ms);

/** Something with a lifetime in days, of which this many milliseconds are left at `NOW`. */
function lasting(lifetimeDays: number, leftMs: number): Perishable {
  const notAfter = at(leftMs);
  const notBefore = new Date(notAfter.getTime() - lifetimeDays * DAY_MS);
  return {kind: 'server-certificate', subject: 'CN=server', notBefore, notAfter};
}

describe('what ends', () => {
  const VECTORS: readonly (readonly [string, Perishable, string | undefined])[] = [
    ['is no matter a millisecond before 30 days', lasting(90, 30 * DAY_MS + 1), undefined],
    ['is told of at 30 days, which is a third as well', lasting(90, 30 * DAY_MS), '30 days'],
    ['is told of at 30 days of a long life', lasting(365, 30 * DAY_MS), '30 days'],
    ['is told of at a third of a long life', lasting(365, 121 * DAY_MS), '1/3 of lifetime'],
    ['is told of at a tenth of a long life', lasting(365, 36 * DAY_MS), '1/10 of lifetime'],
    ['is no matter a millisecond before a third', lasting(365, (365 / 3) * DAY_MS + 1), undefined],
    ['is told of at 7 days', lasting(365, 7 * DAY_MS), '7 days'],
    ['is still at 30 days a millisecond before 7 days', lasting(365, 7 * DAY_MS + 1), '30 days'],
    ['is told of at 1 day', lasting(365, DAY_MS), '1 day'],
    ['is not told of at 1 day where it lives one', lasting(1, DAY_MS - 1), undefined],
    ['is told of at a third of a day', lasting(1, DAY_MS / 3), '1/3 of lifetime'],
    ['is told of at a tenth of a day', lasting(1, DAY_MS / 10), '1/10 of lifetime'],
    ['has ended at its end', lasting(1, 0), 'end'],
    ['has not ended a millisecond before', lasting(365, 1), '1 day'],
    ['counts in days where its beginning is unknown', {...lasting(1, DAY_MS), notBefore: undefined}, '1 day'],
  ];
  for (const [name, perishable, threshold] of VECTORS)
    it(name, () => {
      assert.equal(nearnessOf(perishable, NOW)?.threshold, threshold);
    });

  it('is told of once per threshold, and again for what takes its place', () => {
    const events: AuditEvent[] = [];
    let list = [lasting(90, 31 * DAY_MS)];
    const watch = new ExpiryWatch(
      () => list,
      event => void events.push(event),
    );
    for (const day of [0, 0.5, 1, 2, 23, 24, 25, 29, 30, 31, 32]) watch.check(at(day * DAY_MS));
    assert.deepEqual(
      events.map(event => event.family === 'expiry' && [event.phase, event.threshold, event.remainingSeconds / 86_400]),
      [
        ['approaching', '30 days', 30],
        ['approaching', '1/10 of lifetime', 8],
        ['approaching', '7 days', 7],
        ['approaching', '1 day', 1],
        ['expired', 'end', 0],
      ],
    );
    list = [lasting(90, 60 * DAY_MS)];
    watch.check(at(50 * DAY_MS));
    assert.equal(events.length, 6);
  });

  it('is the chain, the anchors, the latest CRL of each scope, the staple and the weakenings', async () => {
    const list = perishablesOf(await crlRevocationFixture(NOW));
    assert.deepEqual(
      list.map(({kind, subject}) => `${kind} ${subject}`),
      [
        'server-certificate CN=Server',
        'client-ca clients',
        'crl CN=Client Root from new.crl',
        'crl CN=Client Root from delta.crl',
        'stapled-ocsp http://ocsp',
        'weakening old-runtime',
      ],
    );
  });
});

describe('health', () => {
  const notYet = lasting(90, 60 * DAY_MS);
  const soon = lasting(90, 6 * DAY_MS);
  const ended = {...lasting(90, -1), kind: 'crl'} as const;

  const dispensable = {...ended, kind: 'stapled-ocsp', afterEnd: 'degraded'} as const;

  const VECTORS = [
    ['is ok while nothing ends soon', [notYet], 'none', 'ok'],
    ['is ok at the first notice', [lasting(90, 29 * DAY_MS)], 'applied', 'ok'],
    ['is degraded within 7 days', [notYet, soon], 'none', 'degraded'],
    ['is failing when something has ended', [soon, ended], 'none', 'failing'],
    ['is degraded when something has ended that it can do without', [notYet, dispensable], 'none', 'degraded'],
    ['is degraded after a rejected reload', [notYet], 'rejected', 'degraded'],
    ['is ok again after an unchanged one', [notYet], 'unchanged', 'ok'],
  ] as const;
  for (const [name, list, latest, status] of VECTORS)
    it(name, () => {
      assert.equal(healthOf(list, latest, 'ready', NOW).status, status);
    });

  it('names what is wrong, the worst first', () => {
    const {details} = healthOf([soon, ended], 'rejected', 'ready', NOW);
    assert.deepEqual(
      details.map(({status}) => status),
      ['failing', 'degraded', 'degraded'],
    );
    assert.match(details[0]?.message ?? '', /^crl CN=server ended 2026-05-31T23:59:59.999Z$/);
  });
});
