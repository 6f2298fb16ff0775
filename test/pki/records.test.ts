import assert from 'node:assert/strict';
import {MtlsError} from '../../src/errors';
import {currentOf, familyOf, requireFree, revocableIn, rootOf, rootsIn} from '../../src/pki/index-queries';
import {EMPTY_INDEX, isCrlReason, parseIndex} from '../../src/pki/records';
import type {CertificateRecord, Index, Purpose} from '../../src/pki/records';

const BEFORE = new Date('2026-01-01T00:00:00Z');
const NOW = new Date('2026-02-01T00:00:00Z');
const AFTER = new Date('2026-03-01T00:00:00Z');

function record(name: string, purpose: Purpose, issuer: string, serialNumber: string): CertificateRecord {
  return {name, purpose, issuer, serialNumber, notBefore: BEFORE, notAfter: AFTER};
}

const INDEX: Index = {
  certificates: [
    record('clients-ca', 'root', 'clients-ca', '1'),
    record('issuing-ca', 'intermediate', 'clients-ca', '2'),
    record('alice', 'client', 'issuing-ca', 'a1'),
    {...record('bob', 'client', 'issuing-ca', 'b0'), revoked: {at: NOW, reason: 'superseded'}},
    {...record('carol', 'client', 'issuing-ca', 'c0'), notAfter: NOW},
    record('alice', 'client', 'issuing-ca', 'a2'),
    record('server-ca', 'root', 'server-ca', '3'),
  ],
  crls: {'clients-ca': {number: 3, lastNumber: 4, thisUpdate: BEFORE, nextUpdate: AFTER}},
};

describe('the index of a development CA', () => {
  it('is read back as it was written', () => {
    assert.deepEqual(parseIndex(JSON.stringify(INDEX)), INDEX);
    assert.deepEqual(parseIndex(JSON.stringify(EMPTY_INDEX)), EMPTY_INDEX);
  });

  const [valid] = INDEX.certificates;
  const MALFORMED: readonly (readonly [string, unknown])[] = [
    ['a list', []],
    ['null', null],
    ['no list of certificates', {certificates: {}, crls: {}}],
    ['no CRLs', {certificates: []}],
    ['a certificate that is text', {certificates: ['x'], crls: {}}],
    ['a certificate without a name', {certificates: [{...valid, name: undefined}], crls: {}}],
    ['an unknown purpose', {certificates: [{...valid, purpose: 'spy'}], crls: {}}],
    ['a date that is none', {certificates: [{...valid, notAfter: 'soon'}], crls: {}}],
    ['an unknown reason', {certificates: [{...valid, revoked: {at: NOW, reason: 'toString'}}], crls: {}}],
    ['a CRL without a number', {certificates: [], crls: {a: {...INDEX.crls['clients-ca'], number: '3'}}}],
  ];
  for (const [name, value] of MALFORMED)
    it(`is refused with ${name}`, () => {
      assert.throws(() => parseIndex(JSON.stringify(value)), isPkiError);
    });

  it('is refused when it is not JSON', () => {
    assert.throws(() => parseIndex('{'), isPkiError);
  });

  it('knows the reasons of RFC 5280', () => {
    assert.ok(isCrlReason('keyCompromise'));
    assert.equal(isCrlReason('boredom'), false);
  });
});

describe('asking the index', () => {
  it('takes the last certificate of a name as the current one', () => {
    assert.equal(currentOf(INDEX, 'alice').serialNumber, 'a2');
    assert.throws(() => currentOf(INDEX, 'nobody'), /alice/);
    assert.throws(() => currentOf(EMPTY_INDEX, 'nobody'), /no names yet/);
  });

  it('finds roots and families', () => {
    assert.equal(rootOf(INDEX, 'issuing-ca'), 'clients-ca');
    assert.deepEqual(rootsIn(INDEX), ['clients-ca', 'server-ca']);
    assert.deepEqual(familyOf(INDEX, 'clients-ca'), ['clients-ca', 'issuing-ca']);
    assert.deepEqual(familyOf(INDEX, 'server-ca'), ['server-ca']);
  });

  it('finds what can be revoked', () => {
    const serials = (target: string) => revocableIn(INDEX, target).map(({serialNumber}) => serialNumber);
    assert.deepEqual(serials('alice'), ['a1', 'a2']);
    assert.deepEqual(serials('A1'), ['a1']);
    for (const target of ['bob', 'nobody', 'clients-ca', '1'])
      assert.throws(() => revocableIn(INDEX, target), isPkiError, target);
  });

  const FREE = [
    ['dan', 'client'],
    ['Dan-2', 'server'],
    ['bob', 'client'],
    ['carol', 'client'],
    ['other-ca', 'root'],
    ['x'.repeat(64), 'client'],
  ] as const;
  for (const [name, purpose] of FREE)
    it(`lets ${name} be the name of a ${purpose}`, () => {
      requireFree(INDEX, name, purpose, NOW);
    });

  const TAKEN = [
    ['alice', 'client'],
    ['clients-ca', 'root'],
    ['other', 'root'],
    ['other', 'intermediate'],
    ['other-ca', 'client'],
    ['', 'client'],
    ['..', 'client'],
    ['a/b', 'client'],
    ['a.b', 'client'],
    ['-a', 'client'],
    ['a--b', 'client'],
    ['x'.repeat(65), 'client'],
  ] as const;
  for (const [name, purpose] of TAKEN)
    it(`does not let '${name}' be the name of a ${purpose}`, () => {
      assert.throws(() => {
        requireFree(INDEX, name, purpose, NOW);
      }, isPkiError);
    });
});

function isPkiError(error: unknown): boolean {
  return error instanceof MtlsError && error.code === 'ERR_MTLS_PKI';
}
