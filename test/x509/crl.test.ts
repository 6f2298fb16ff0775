import assert from 'node:assert/strict';
import {createAuthority} from '../../src/pki/authority';
import type {CrlSpec} from '../../src/pki/crl';
import {parseCrl} from '../../src/x509/crl';
import type {CrlFacts} from '../../src/x509/crl';
import {parseCertificate} from '../../src/x509/certificate';

const authority = createAuthority({subject: {commonName: 'Test CA'}});
const thisUpdate = new Date('2026-03-01T12:00:00Z');
const nextUpdate = new Date('2026-03-08T12:00:00Z');

function factsOf(spec: CrlSpec): CrlFacts {
  return parseCrl(authority.issueCrl({thisUpdate, nextUpdate, ...spec}).der);
}

function extension(oid: string, hex: string, critical = true): CrlSpec {
  return {
    otherExtensions: [{oid, critical, value: Buffer.from(hex, 'hex')}],
    without: ['number', 'authorityKeyIdentifier'],
  };
}

const ISSUING_DISTRIBUTION_POINT = '2.5.29.28';
const CRL_NUMBER = '2.5.29.20';

describe('parseCrl', () => {
  it('reads issuer, dates and what was signed', () => {
    const facts = factsOf({number: 7});
    assert.equal(facts.issuer.comparable, parseCertificate(authority.certificate).subject.comparable);
    assert.deepEqual(facts.thisUpdate, thisUpdate);
    assert.deepEqual(facts.nextUpdate, nextUpdate);
    assert.equal(facts.entries, undefined);
    assert.equal(facts.extensions.crlNumber, 7n);
    assert.ok(facts.extensions.authorityKeyIdentifier?.keyIdentifier?.equals(authority.keyIdentifier));
    assert.ok(facts.der.includes(facts.tbs));
  });

  it('leaves nextUpdate out when it is absent', () => {
    assert.equal('nextUpdate' in factsOf({without: ['nextUpdate']}), false);
  });

  it('reads version 1 without extensions', () => {
    assert.deepEqual(factsOf({version: 1}).extensions, {all: [], unknownCritical: []});
  });

  it('reads the base of a delta CRL and where fresher ones are', () => {
    const {extensions} = factsOf({deltaOf: 3, freshestCrl: ['http://crl.example/delta.crl']});
    assert.equal(extensions.baseCrlNumber, 3n);
    assert.deepEqual(extensions.freshestCrl?.[0]?.fullName, [{kind: 'uri', value: 'http://crl.example/delta.crl'}]);
  });

  const SCOPES = [
    [{covers: 'user certificates'}, {covers: 'user certificates', indirectCrl: false}],
    [{covers: 'CA certificates'}, {covers: 'CA certificates', indirectCrl: false}],
    [{covers: 'attribute certificates'}, {covers: 'attribute certificates', indirectCrl: false}],
    [{indirect: true}, {covers: 'everything', indirectCrl: true}],
    [
      {onlySomeReasons: ['keyCompromise', 'aACompromise']},
      {covers: 'everything', onlySomeReasons: [1, 8], indirectCrl: false},
    ],
    [
      {name: {fullName: ['uri:http://crl.example/1.crl']}},
      {
        point: {fullName: [{kind: 'uri', value: 'http://crl.example/1.crl'}]},
        covers: 'everything',
        indirectCrl: false,
      },
    ],
  ] as const;
  for (const [spec, expected] of SCOPES) {
    it(`reads the scope ${JSON.stringify(spec)}`, () => {
      assert.deepEqual(factsOf({issuingDistributionPoint: spec}).extensions.issuingDistributionPoint, expected);
    });
  }

  it('collects critical extensions it does not know, and passes over others', () => {
    assert.deepEqual(factsOf(extension('1.2.3.4', '0500')).extensions.unknownCritical, ['1.2.3.4']);
    assert.deepEqual(factsOf(extension('1.2.3.4', '0500', false)).extensions.unknownCritical, []);
  });

  it('decides nothing by an alternative name of the issuer', () => {
    assert.deepEqual(factsOf(extension('2.5.29.18', '30098207612e746573742e')).extensions.unknownCritical, []);
  });

  const BREACHES = [
    ['a negative CRL number', extension(CRL_NUMBER, '0201ff'), 'ERR_MTLS_CRL_MALFORMED'],
    ['a CRL number of 21 octets', extension(CRL_NUMBER, `0215${'01'.repeat(21)}`), 'ERR_MTLS_CRL_MALFORMED'],
    ['two onlyContains flags', extension(ISSUING_DISTRIBUTION_POINT, '30068101ff8201ff'), 'ERR_MTLS_CRL_MALFORMED'],
    ['an encoded default in its scope', extension(ISSUING_DISTRIBUTION_POINT, '3003840100'), 'ERR_MTLS_CRL_MALFORMED'],
    ['an unknown field in its scope', extension(ISSUING_DISTRIBUTION_POINT, '30038701ff'), 'ERR_MTLS_DER'],
    ['two algorithms', {mistakes: {outerScheme: 'ecdsa-sha512'}}, 'ERR_MTLS_CRL_MALFORMED'],
    ['an issuer without a name', {mistakes: {issuer: []}}, 'ERR_MTLS_CRL_MALFORMED'],
    ['version 1 with extensions', {version: 1, ...extension('1.2.3.4', '0500')}, 'ERR_MTLS_CRL_MALFORMED'],
  ] as const satisfies readonly (readonly [string, CrlSpec, string])[];
  for (const [name, spec, code] of BREACHES) {
    it(`refuses ${name}`, () => {
      assert.throws(() => factsOf(spec), {code});
    });
  }

  it('reads a CRL number of 20 octets', () => {
    assert.equal(
      factsOf(extension(CRL_NUMBER, `0214${'01'.repeat(20)}`)).extensions.crlNumber,
      BigInt(`0x${'01'.repeat(20)}`),
    );
  });

  it('refuses a CRL that is cut off anywhere', () => {
    const {der} = authority.issueCrl({entries: [{serialNumber: 1n, revokedAt: thisUpdate}]});
    for (let length = 0; length < der.length; length++) {
      assert.throws(() => parseCrl(der.subarray(0, length)), {code: 'ERR_MTLS_DER'});
    }
  });

  it('refuses another version', () => {
    const {der} = authority.issueCrl();
    const at = der.indexOf(Buffer.from('020101', 'hex'));
    const changed = Buffer.from(der);
    changed[at + 2] = 2;
    assert.throws(() => parseCrl(changed), {code: 'ERR_MTLS_CRL_MALFORMED'});
  });
});
