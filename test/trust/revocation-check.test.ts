import assert from 'node:assert/strict';
import type {RevocationStatus, RevocationView} from '../../src/trust/revocation';
import {judge, NOW, testTable} from './fixture';

const good = (freshUntil: Date): RevocationStatus => ({status: 'good', freshUntil, source: 'test'});
const fresh = new Date(NOW.getTime() + 1000);
const revoked: RevocationStatus = {status: 'revoked', since: NOW, reason: 'keyCompromise', source: 'test'};
const unknown: RevocationStatus = {status: 'unknown', required: 'a CRL', found: 'none'};

/** Says one thing about the leaf and another about CAs. */
function saying(leaf: RevocationStatus, ca: RevocationStatus): {readonly revocation: RevocationView} {
  return {revocation: {statusOf: subject => (subject.extensions.basicConstraints?.ca === true ? ca : leaf)}};
}

describe('checkRevocation', () => {
  testTable([
    ['a chain that is good', saying(good(fresh), good(fresh)), 'accept'],
    ['a leaf that is revoked', saying(revoked, good(fresh)), 'ERR_MTLS_REVOKED'],
    ['a CA that is revoked', saying(good(fresh), revoked), 'ERR_MTLS_REVOKED'],
    ['a leaf nobody knows about', saying(unknown, good(fresh)), 'ERR_MTLS_REVOCATION_UNKNOWN'],
    ['a CA nobody knows about', saying(good(fresh), unknown), 'ERR_MTLS_REVOCATION_UNKNOWN'],
    ['a leaf that was good until now', saying(good(NOW), good(fresh)), 'accept'],
    [
      'a leaf that was good until a while ago',
      saying(good(new Date(NOW.getTime() - 1)), good(fresh)),
      'ERR_MTLS_REVOCATION_UNKNOWN',
    ],
    [
      'a leaf that is good until a time that is none',
      saying(good(new Date(NaN)), good(fresh)),
      'ERR_MTLS_REVOCATION_UNKNOWN',
    ],
  ]);

  it('asks about every certificate but the anchor, and names issuer and anchor', () => {
    const asked: string[] = [];
    const revocation: RevocationView = {
      statusOf: (subject, issuer, anchor, now) => {
        asked.push([subject, issuer, anchor.certificate].map(facts => facts.subject.comparable.trim()).join(' < '));
        assert.equal(now, NOW);
        return good(fresh);
      },
    };
    judge({revocation});
    assert.deepEqual(asked, [
      '2.5.4.3=issuing < 2.5.4.3=root < 2.5.4.3=root',
      '2.5.4.3=alice < 2.5.4.3=issuing < 2.5.4.3=root',
    ]);
  });

  it('ends the verdict with the revocation data or the first certificate', () => {
    const end = (chain: Parameters<typeof judge>[0]) => {
      const decision = judge(chain);
      return decision.verdict === 'accept' ? decision.peer.path.validUntil : undefined;
    };
    const soon = {validity: {notBefore: NOW, notAfter: fresh}};
    assert.deepEqual(end(saying(good(fresh), good(new Date(8e15)))), fresh);
    assert.deepEqual(end(saying(good(new Date(8e15)), good(fresh))), fresh);
    for (const part of ['root', 'issuing', 'client']) assert.deepEqual(end({[part]: soon}), fresh);
  });
});
