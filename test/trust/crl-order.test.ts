import assert from 'node:assert/strict';
import {createAuthority} from '../../src/pki/authority';
import type {CrlSpec} from '../../src/pki/crl';
import {regressionOf} from '../../src/trust/crl-order';
import {verifyCrl} from '../../src/trust/crl-signature';
import type {VerifiedCrl} from '../../src/trust/crl-signature';
import {parseCertificate} from '../../src/x509/certificate';
import {parseCrl} from '../../src/x509/crl';

const subject = {commonName: 'Root'};
const oldKey = createAuthority({subject});
const newKey = createAuthority({subject});
const other = createAuthority({subject: {commonName: 'Other'}});
const MINUTE = 60_000;
const issued = new Date('2026-03-01T12:00:00Z');
const after = (minutes: number): Date => new Date(issued.getTime() + minutes * MINUTE);

async function crl(number: number | 'none', minutes: number, spec: CrlSpec = {}, by = oldKey): Promise<VerifiedCrl> {
  const numbered: CrlSpec = number === 'none' ? {without: ['number']} : {number};
  const {der} = by.issueCrl({thisUpdate: after(minutes), nextUpdate: after(1_000), ...numbered, ...spec});
  const outcome = await verifyCrl(parseCrl(der), [parseCertificate(by.certificate)], 'test', () => Promise.resolve());
  assert.ok('facts' in outcome);
  return outcome;
}

const users: CrlSpec = {issuingDistributionPoint: {covers: 'user certificates'}};

type Crls = readonly Promise<VerifiedCrl>[];
const ROWS: readonly (readonly [string, Crls, Crls, 'takes' | 'keeps'])[] = [
  ['a higher number of a later time', [crl(2, 1)], [crl(1, 0)], 'takes'],
  ['a higher number of the same second', [crl(2, 0)], [crl(1, 0)], 'takes'],
  ['the same number of the same second', [crl(1, 0)], [crl(1, 0)], 'takes'],
  ['a lower number', [crl(1, 0)], [crl(2, 0)], 'keeps'],
  ['a lower number of a later time', [crl(1, 1)], [crl(2, 0)], 'keeps'],
  ['a higher number of an earlier time', [crl(2, -1)], [crl(1, 0)], 'keeps'],
  ['no number of a later time after one with a number', [crl('none', 1)], [crl(1, 0)], 'keeps'],
  ['a number after one without', [crl(1, 1)], [crl('none', 0)], 'takes'],
  ['a later time without numbers', [crl('none', 1)], [crl('none', 0)], 'takes'],
  ['an earlier time without numbers', [crl('none', -1)], [crl('none', 0)], 'keeps'],
  ['a lower number of another scope', [crl(1, -1, users)], [crl(2, 0)], 'takes'],
  ['a lower number of another CA', [crl(1, -1, {}, other)], [crl(2, 0)], 'takes'],
  ['a lower number of a delta', [crl(2, -1, {deltaOf: 1})], [crl(3, 0)], 'takes'],
  ['a lower number of a delta after another', [crl(2, -1, {deltaOf: 1})], [crl(3, 0, {deltaOf: 1})], 'keeps'],
  ['the next number by the new key of the CA', [crl(2, 1, {}, newKey)], [crl(1, 0)], 'takes'],
  ['an old number by the old key, where the new one is in force', [crl(1, -1)], [crl(2, 0, {}, newKey)], 'keeps'],
  ['both keys, of which one went back', [crl(3, 0, {}, newKey), crl(1, -1)], [crl(2, 0)], 'keeps'],
  ['both keys, of which none went back', [crl(3, 0, {}, newKey), crl(2, 0)], [crl(2, 0)], 'takes'],
  ['an old one beside the one in force', [crl(1, -1), crl(2, 0)], [crl(1, -1), crl(2, 0)], 'takes'],
];

describe('CRLs in force, and then', () => {
  for (const [name, candidates, inForce, expected] of ROWS) {
    it(`${expected} ${name}`, async () => {
      const regression = regressionOf(await Promise.all(candidates), await Promise.all(inForce));
      assert.equal(regression === undefined ? 'takes' : 'keeps', expected);
    });
  }
});
