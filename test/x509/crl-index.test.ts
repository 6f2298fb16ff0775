import assert from 'node:assert/strict';
import {createAuthority} from '../../src/pki/authority';
import type {CrlEntrySpec} from '../../src/pki/crl';
import {MtlsError} from '../../src/errors';
import {parseCrl} from '../../src/x509/crl';
import {parseCrlEntry} from '../../src/x509/crl-entry';
import {endOfPlainEntry, indexEntries, serialOctets} from '../../src/x509/crl-index';
import {runSteps} from '../../src/x509/steps';
import type {CrlIndex} from '../../src/x509/crl-index';
import {parseDer, Tag} from '../../src/x509/der';

const authority = createAuthority({subject: {commonName: 'Test CA'}});
const revokedAt = new Date('2026-03-01T12:00:00Z');

function indexOf(entries: Iterable<CrlEntrySpec>): CrlIndex {
  const facts = parseCrl(authority.issueCrl({entries}).der);
  return runSteps(indexEntries(facts.entries, facts.issuer));
}

function issuer(): ReturnType<typeof parseCrl>['issuer'] {
  return parseCrl(authority.issueCrl({}).der).issuer;
}

describe('CRL index', () => {
  it('finds nothing in a CRL without entries', () => {
    const index = indexOf([]);
    assert.equal(index.size, 0);
    assert.equal(index.find('1', issuer()), undefined);
  });

  it('finds every entry by its serial number, and no other', () => {
    const serials = Array.from({length: 2_000}, (_, number) => BigInt(number * 7 + 1));
    const index = indexOf(serials.map(serialNumber => ({serialNumber, revokedAt})));
    assert.equal(index.size, serials.length);
    for (const serial of serials) {
      assert.ok(index.find(serial.toString(16), issuer()), `${serial} is in the CRL`);
      assert.equal(index.find((serial + 1n).toString(16), issuer()), undefined, `${serial + 1n} is not`);
    }
  });

  it('pauses while it reads', () => {
    const entries = Array.from({length: 9_000}, (_, number) => ({serialNumber: BigInt(number + 1), revokedAt}));
    const facts = parseCrl(authority.issueCrl({entries}).der);
    const steps = indexEntries(facts.entries, facts.issuer);
    let pauses = 0;
    while (steps.next().done !== true) pauses++;
    assert.ok(pauses >= 2, `${pauses} pauses`);
  });

  it('pauses more often where entries have to be read strictly', () => {
    const entries = Array.from({length: 1_000}, (_, number) => ({
      serialNumber: BigInt(number + 1),
      revokedAt,
      invalidSince: revokedAt,
    }));
    const facts = parseCrl(authority.issueCrl({entries}).der);
    const steps = indexEntries(facts.entries, facts.issuer);
    let pauses = 0;
    while (steps.next().done !== true) pauses++;
    assert.ok(pauses >= 7, `${pauses} pauses`);
  });

  it('takes 2000 entries about one certificate, and no number that would take its time', () => {
    const alike = (count: number): readonly CrlEntrySpec[] =>
      Array.from({length: count}, () => ({serialNumber: 5n, revokedAt}));
    assert.ok(indexOf(alike(2_000)).find('5', issuer()));
    assert.throws(() => indexOf(alike(2_100)), {code: 'ERR_MTLS_CRL_MALFORMED'});
  });

  it('tells every second of the century as it is written', () => {
    for (const text of [
      '1950-01-01T00:00:00Z',
      '1999-12-31T23:59:59Z',
      '2000-02-29T12:34:56Z',
      '2049-12-31T23:59:59Z',
    ]) {
      const index = indexOf([{serialNumber: 5n, revokedAt: new Date(text)}]);
      assert.deepEqual(index.find('5', issuer())?.revocationDate, new Date(text));
    }
  });

  for (const serial of [0n, 1n, 127n, 128n, 255n, 256n, 2n ** 159n, -1n, -128n, -129n, -32768n]) {
    it(`finds the serial number ${serial}`, () => {
      const text = serial < 0n ? `-${(-serial).toString(16)}` : serial.toString(16);
      assert.ok(indexOf([{serialNumber: serial, revokedAt}]).find(text, issuer()));
    });
  }

  it('tells when, why and since when the key is lost', () => {
    const invalidSince = new Date('2026-02-01T00:00:00Z');
    const index = indexOf([{serialNumber: 5n, revokedAt, reason: 'keyCompromise', invalidSince}]);
    const entry = index.find('5', issuer());
    assert.deepEqual(entry, {
      revocationDate: revokedAt,
      reason: 'keyCompromise',
      invalidityDate: invalidSince,
      unknownCritical: [],
    });
  });

  it('lets a revocation win over the removal of a hold', () => {
    for (const reasons of [
      ['removeFromCRL', 'certificateHold'],
      ['certificateHold', 'removeFromCRL'],
    ] as const) {
      const index = indexOf(reasons.map(reason => ({serialNumber: 5n, revokedAt, reason})));
      assert.equal(index.find('5', issuer())?.reason, 'certificateHold');
    }
    assert.equal(
      indexOf([{serialNumber: 5n, revokedAt, reason: 'removeFromCRL'}]).find('5', issuer())?.reason,
      'removeFromCRL',
    );
  });

  it('keeps the certificate issuer of an indirect CRL until the next one', () => {
    const other = {commonName: 'Other CA'};
    const entries: readonly CrlEntrySpec[] = [
      {serialNumber: 1n, revokedAt},
      {serialNumber: 2n, revokedAt, certificateIssuer: other},
      {serialNumber: 3n, revokedAt},
      {serialNumber: 1n, revokedAt, reason: 'keyCompromise'},
    ];
    const index = indexOf(entries);
    const otherName = parseCrl(createAuthority({subject: other}).issueCrl({}).der).issuer;
    assert.ok(index.namesCertificateIssuers);
    assert.equal(index.find('1', issuer())?.reason, 'unspecified');
    assert.equal(index.find('1', otherName)?.reason, 'keyCompromise');
    assert.equal(index.find('2', issuer()), undefined);
    assert.ok(index.find('2', otherName));
    assert.equal(index.find('3', issuer()), undefined);
    assert.ok(index.find('3', otherName));
  });

  it('collects critical entry extensions it does not know', () => {
    const otherExtensions = [{oid: '1.2.3.4', critical: true, value: Buffer.from('0500', 'hex')}];
    assert.deepEqual(indexOf([{serialNumber: 1n, revokedAt, otherExtensions}]).unknownCritical, ['1.2.3.4']);
  });

  it('refuses an empty list of entries', () => {
    const empty = parseDer(Buffer.from('3000', 'hex'), Tag.SEQUENCE);
    assert.throws(() => runSteps(indexEntries(empty, issuer())), {code: 'ERR_MTLS_CRL_MALFORMED'});
  });

  it('refuses a serial number whose padding is not minimal', () => {
    const entry = Buffer.from('3012020200011' + '70d3236303330313132303030305a', 'hex');
    const list = parseDer(Buffer.concat([Buffer.of(0x30, entry.length), entry]), Tag.SEQUENCE);
    assert.throws(() => runSteps(indexEntries(list, issuer())), {code: 'ERR_MTLS_DER'});
  });
});

/** `30 LL 02 01 05 17 0d <time> [extensions]` */
function entryWith(time: string, extensions = ''): Buffer {
  const body = Buffer.concat([
    Buffer.from('020105170d', 'hex'),
    Buffer.from(time, 'latin1'),
    Buffer.from(extensions, 'hex'),
  ]);
  return Buffer.concat([Buffer.of(0x30, body.length), body]);
}

function acceptedStrictly(bytes: Buffer): boolean {
  try {
    parseCrlEntry(parseDer(bytes, Tag.SEQUENCE));
    return true;
  } catch (error) {
    assert.ok(error instanceof MtlsError);
    return false;
  }
}

describe('fast path of the CRL index', () => {
  const TIMES = [
    ['260301120000Z', 'plain'],
    ['240229000000Z', 'plain'],
    ['000229235959Z', 'plain'],
    ['260229000000Z', 'refused'],
    ['261301000000Z', 'refused'],
    ['260001000000Z', 'refused'],
    ['260431000000Z', 'refused'],
    ['260400000000Z', 'refused'],
    ['260430240000Z', 'refused'],
    ['260430236000Z', 'refused'],
    ['260430235960Z', 'refused'],
    ['2604302359590', 'refused'],
    ['26 430235959Z', 'refused'],
    ['2604302359-1Z', 'refused'],
  ] as const;
  for (const [time, fate] of TIMES) {
    it(`takes ${time} as ${fate}`, () => {
      const bytes = entryWith(time);
      assert.equal(endOfPlainEntry(bytes, 0, bytes.length), fate === 'plain' ? bytes.length : 0);
      assert.equal(acceptedStrictly(bytes), fate === 'plain');
    });
  }

  const REASONS = [
    ['0a', 'plain'],
    ['00', 'plain'],
    ['07', 'refused'],
    ['0b', 'refused'],
    ['80', 'refused'],
  ] as const;
  for (const [reason, fate] of REASONS) {
    it(`takes reason ${reason} as ${fate}`, () => {
      const bytes = entryWith('260301120000Z', `300c300a0603551d1504030a01${reason}`);
      assert.equal(endOfPlainEntry(bytes, 0, bytes.length), fate === 'plain' ? bytes.length : 0);
      assert.equal(acceptedStrictly(bytes), fate === 'plain');
    });
  }

  it('accepts nothing that the strict reader refuses, whatever one byte is changed to', () => {
    const whole = entryWith('240229120000Z', '300c300a0603551d1504030a0101');
    for (let at = 0; at < whole.length; at++) {
      for (let value = 0; value < 256; value++) {
        const changed = Buffer.from(whole);
        changed[at] = value;
        const end = endOfPlainEntry(changed, 0, changed.length);
        if (end > 0) assert.ok(acceptedStrictly(changed.subarray(0, end)), changed.toString('hex'));
      }
    }
  });

  it('never reads past the limit', () => {
    const bytes = entryWith('260301120000Z');
    for (let limit = 0; limit < bytes.length; limit++) assert.equal(endOfPlainEntry(bytes, 0, limit), 0);
  });
});

describe('serialOctets', () => {
  for (const [text, hex] of [
    ['0', '00'],
    ['7f', '7f'],
    ['80', '0080'],
    ['abc', '0abc'],
    ['-1', 'ff'],
    ['-80', '80'],
    ['-81', 'ff7f'],
  ] as const) {
    it(`writes ${text} as ${hex}`, () => {
      assert.equal(serialOctets(text).toString('hex'), hex);
    });
  }
});
