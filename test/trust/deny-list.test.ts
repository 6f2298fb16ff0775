import assert from 'node:assert/strict';
import {DenyList, denyEntryText, parseDenyEntry} from '../../src/trust/deny-list';

const now = new Date('2026-03-01T12:00:00Z');
const hash = 'ab'.repeat(32);

describe('a deny-list entry', () => {
  for (const written of [
    {certificate: hash},
    {key: hash, reason: 'lost'},
    {issuer: hash, serialNumber: 'a11ce', since: '2026-01-01T00:00:00.000Z'},
    {issuer: hash, serialNumber: '-1'},
    {principal: 'alice'},
  ]) {
    it(`is written as it was read: ${Object.keys(written).join(' and ')}`, () => {
      const entry = parseDenyEntry(written, now);
      assert.ok(typeof entry !== 'string');
      const defaults = {reason: 'unspecified', since: now.toISOString()};
      assert.deepEqual(denyEntryText(entry), {...defaults, ...written});
    });
  }

  it('may have colons, capitals and leading zeros', () => {
    const entry = parseDenyEntry({issuer: hash.toUpperCase().match(/../g)?.join(':'), serialNumber: '00:0A:11'}, now);
    assert.deepEqual(typeof entry !== 'string' && entry.subject, {kind: 'serial', issuer: hash, serialNumber: 'a11'});
  });

  for (const value of [
    null,
    7,
    'text',
    [],
    {},
    {certificate: hash, key: hash},
    {serialNumber: '5'},
    {certificate: hash, serialNumber: '5'},
    {issuer: hash, serialNumber: ''},
    {issuer: hash, serialNumber: '0x5'},
    {principal: 'a', since: 'yesterday'},
    {principal: ['a']},
    {principal: 'a', until: 'x'},
  ]) {
    it(`is not ${JSON.stringify(value)}`, () => {
      assert.equal(typeof parseDenyEntry(value, now), 'string');
    });
  }
});

describe('DenyList', () => {
  it('holds an entry once, the last one', () => {
    const entries = ['first', 'second'].map(reason => parseDenyEntry({principal: 'alice', reason}, now));
    const list = new DenyList(entries.filter(entry => typeof entry !== 'string'));
    assert.equal(list.size, 1);
    assert.equal(list.aboutPrincipal('alice')?.reason, 'second');
    assert.equal(list.aboutPrincipal('Alice'), undefined);
  });
});
