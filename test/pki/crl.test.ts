import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {createPublicKey, verify} from 'node:crypto';
import {MtlsError} from '../../src/errors';
import {createAuthority} from '../../src/pki/authority';
import {generateKey} from '../../src/pki/keys';
import {serialValue} from '../../src/pki/serial-number';
import {parseCrl} from '../../src/x509/crl';
import {parseCrlEntry} from '../../src/x509/crl-entry';
import {childrenOf} from '../../src/x509/der';
import {hasOpenssl, openssl, withFolder} from './openssl';

const NOW = new Date('2026-11-23T12:00:00Z');
const EARLIER = new Date('2026-11-22T12:00:00Z');
const root = createAuthority({subject: 'Root'}, () => NOW);

describe('issuing CRLs', () => {
  it('issues an empty CRL for seven days, numbered by its time', () => {
    const crl = parseCrl(root.issueCrl().der);
    assert.deepEqual(crl.issuer.der, root.name);
    assert.equal(crl.entries, undefined);
    assert.equal(crl.thisUpdate.getTime(), NOW.getTime());
    assert.equal(crl.nextUpdate?.toISOString(), '2026-11-30T12:00:00.000Z');
    assert.equal(crl.extensions.crlNumber, BigInt(NOW.getTime() / 1000));
    assert.deepEqual(crl.extensions.authorityKeyIdentifier?.keyIdentifier, root.keyIdentifier);
    assert.ok(verify('sha256', crl.tbs, createPublicKey(root.key), crl.signature));
  });

  it('writes entries with reason, time and issuer', () => {
    const {der} = root.issueCrl({
      entries: [
        {serialNumber: 1n, revokedAt: EARLIER},
        {serialNumber: 'ff', revokedAt: EARLIER, reason: 'removeFromCRL', invalidSince: NOW},
        {serialNumber: '-1', revokedAt: EARLIER, certificateIssuer: 'Other', reason: 'aACompromise'},
        {
          serialNumber: 4n,
          revokedAt: EARLIER,
          otherExtensions: [{oid: '1.2.3', critical: true, value: Buffer.from('0500', 'hex')}],
        },
      ],
    });
    const {entries} = parseCrl(der);
    assert.ok(entries);
    const [first, second, third, fourth] = childrenOf(entries).map(parseCrlEntry);
    assert.equal(first?.revocationDate.getTime(), EARLIER.getTime());
    assert.equal(first.reason, 'unspecified');
    assert.equal(second?.reason, 'removeFromCRL');
    assert.equal(second.invalidityDate?.getTime(), NOW.getTime());
    assert.equal(third?.reason, 'aACompromise');
    assert.match(JSON.stringify(third.certificateIssuer), /Other/);
    assert.deepEqual(fourth?.unknownCritical, ['1.2.3']);
  });

  it('issues a delta CRL for part of the certificates', () => {
    const {extensions} = parseCrl(
      root.issueCrl({
        number: 7n,
        deltaOf: 5,
        issuingDistributionPoint: {
          name: {fullName: ['uri:http://crl.example/']},
          covers: 'user certificates',
          onlySomeReasons: ['keyCompromise'],
          indirect: true,
        },
        freshestCrl: ['http://crl.example/delta'],
      }).der,
    );
    assert.equal(extensions.crlNumber, 7n);
    assert.equal(extensions.baseCrlNumber, 5n);
    assert.equal(extensions.issuingDistributionPoint?.covers, 'user certificates');
    assert.equal(extensions.issuingDistributionPoint.indirectCrl, true);
    assert.deepEqual(extensions.issuingDistributionPoint.onlySomeReasons, [1]);
    assert.equal(extensions.freshestCrl?.length, 1);
  });

  for (const covers of ['CA certificates', 'attribute certificates'] as const)
    it(`covers ${covers} only`, () => {
      const {extensions} = parseCrl(root.issueCrl({issuingDistributionPoint: {covers}}).der);
      assert.equal(extensions.issuingDistributionPoint?.covers, covers);
    });

  it('leaves out what it is told to leave out', () => {
    const crl = parseCrl(root.issueCrl({without: ['nextUpdate', 'number', 'authorityKeyIdentifier']}).der);
    assert.equal(crl.nextUpdate, undefined);
    assert.deepEqual(crl.extensions.all, []);
  });

  it('writes version 1 without version and extensions', () => {
    const {der} = root.issueCrl({version: 1});
    assert.equal(der.includes(Buffer.from('551d14', 'hex')), false);
  });

  it('signs with another key or name when it is told to', () => {
    const mistakes = {signingKey: generateKey('ecdsa-p256'), issuer: 'Somebody'};
    const crl = parseCrl(root.issueCrl({mistakes}).der);
    assert.match(JSON.stringify(crl.issuer.rdns), /Somebody/);
    assert.equal(verify('sha256', crl.tbs, createPublicKey(root.key), crl.signature), false);
  });

  it('writes a hundred thousand entries', () => {
    const entries = Array.from({length: 100_000}, (_, index) => ({serialNumber: BigInt(index), revokedAt: EARLIER}));
    const list = parseCrl(root.issueCrl({entries}).der).entries;
    assert.ok(list);
    assert.equal(childrenOf(list).length, 100_000);
  });

  if (hasOpenssl)
    it('is read and verified by openssl', () => {
      withFolder(folder => {
        writeFileSync(join(folder, 'ca.pem'), root.pem);
        const entries = [{serialNumber: 'abcd', revokedAt: EARLIER, reason: 'keyCompromise'} as const];
        writeFileSync(join(folder, 'crl.pem'), root.issueCrl({entries}).pem);
        const {text} = openssl(
          'crl',
          '-in',
          join(folder, 'crl.pem'),
          '-CAfile',
          join(folder, 'ca.pem'),
          '-noout',
          '-text',
        );
        assert.match(text, /verify OK/);
        assert.match(text, /Serial Number: ABCD/);
        assert.match(text, /Key Compromise/);
      });
    });
});

describe('serial numbers', () => {
  const VECTORS = [
    ['00', 0n],
    ['FF', 255n],
    ['-80', -128n],
  ] as const;
  for (const [text, value] of VECTORS)
    it(`reads ${text}`, () => {
      assert.equal(serialValue(text), value);
    });
  for (const text of ['', '0x1', '-', 'g', '1 2'])
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => serialValue(text), MtlsError);
    });
});
