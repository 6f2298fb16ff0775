import assert from 'node:assert/strict';
import fc from 'fast-check';
import {MtlsError} from '../../src/errors';
import {
  bitString,
  boolean,
  context,
  encode,
  integer,
  namedBits,
  octetString,
  oid,
  retag,
  sequence,
  setOf,
  time,
  twosComplement,
  utf8String,
} from '../../src/pki/der';
import {
  Tag,
  childrenOf,
  contentOf,
  parseDer,
  readBoolean,
  readInteger,
  readNamedBits,
  readOid,
  readTime,
} from '../../src/x509/der';

describe('writing DER', () => {
  const VECTORS: readonly (readonly [string, Buffer, string])[] = [
    ['writes true as FF', boolean(true), '0101ff'],
    ['writes false as 00', boolean(false), '010100'],
    ['writes zero in one octet', integer(0), '020100'],
    ['writes 127 in one octet', integer(127), '02017f'],
    ['writes 128 with a leading zero', integer(128), '02020080'],
    ['writes -128 in one octet', integer(-128), '020180'],
    ['writes -129 in two', integer(-129n), '0202ff7f'],
    ['writes lengths of 127 in one octet', octetString(Buffer.alloc(127)).subarray(0, 2), '047f'],
    ['writes lengths of 128 in two', octetString(Buffer.alloc(128)).subarray(0, 3), '048180'],
    ['writes lengths of 256 in three', octetString(Buffer.alloc(256)).subarray(0, 4), '04820100'],
    ['sorts the members of a set', setOf(integer(2), integer(1)), '3106020101020102'],
    ['writes an empty bit string', namedBits([]), '030100'],
    ['leaves trailing zero bits out', namedBits([0]), '03020780'],
    ['writes the ninth bit in a second octet', namedBits([0, 8]), '0303078080'],
    ['writes bit strings of whole octets', bitString(Buffer.of(1)), '03020001'],
    ['writes text as UTF-8', utf8String('ä'), '0c02c3a4'],
    ['puts an explicit tag around', context(1, integer(1)), 'a103020101'],
    ['puts an implicit tag in place of a primitive one', retag(1, boolean(true)), '8101ff'],
    ['puts an implicit tag in place of a constructed one', retag(1, sequence(integer(1))), 'a103020101'],
    ['writes 2049 as UTCTime', time(new Date('2049-12-31T23:59:59Z')), `170d${hex('491231235959Z')}`],
    ['writes 2050 as GeneralizedTime', time(new Date('2050-01-01T00:00:00Z')), `180f${hex('20500101000000Z')}`],
    ['writes 1950 as UTCTime', time(new Date('1950-01-01T00:00:00Z')), `170d${hex('500101000000Z')}`],
    ['writes 1949 as GeneralizedTime', time(new Date('1949-12-31T23:59:59Z')), `180f${hex('19491231235959Z')}`],
    ['leaves content of known types as it is', encode(Tag.BMP_STRING, Buffer.from([0, 65])), '1e020041'],
    ['does not repair integers it is given as bytes', encode(Tag.INTEGER, Buffer.from([0, 1])), '02020001'],
  ];
  for (const [name, written, expected] of VECTORS)
    it(name, () => {
      assert.equal(written.toString('hex'), expected);
    });

  it('is read back by the strict reader', () => {
    fc.assert(
      fc.property(fc.bigInt({min: -(1n << 170n), max: 1n << 170n}), fc.boolean(), (number, flag) => {
        const [first, second] = childrenOf(parseDer(sequence(integer(number), boolean(flag))));
        assert.ok(first && second);
        assert.deepEqual(readInteger(first), twosComplement(number));
        assert.equal(readBoolean(second), flag);
      }),
    );
  });

  it('writes object identifiers and named bits that are read back', () => {
    for (const dotted of ['0.9.2342.19200300.100.1.1', '1.3.6.1.4.1.32473.1.1', '2.5.29.17', '2.999.1'])
      assert.equal(readOid(parseDer(oid(dotted))), dotted);
    assert.deepEqual(readNamedBits(parseDer(namedBits([8, 1, 3]))), [1, 3, 8]);
  });

  it('writes dates that are read back, without their milliseconds', () => {
    const date = new Date('2026-11-23T15:31:21.999Z');
    assert.equal(readTime(parseDer(time(date))).toISOString(), '2026-11-23T15:31:21.000Z');
  });

  it('refuses what is not an object identifier', () => {
    for (const text of ['', '1', '3.1', '1.2.x', '1..2', '1.02', 'serverAuth'])
      assert.throws(() => oid(text), hasCode('ERR_MTLS_PKI'), text);
  });

  it('writes large content', () => {
    const content = Buffer.alloc(70_000, 1);
    assert.deepEqual(contentOf(parseDer(octetString(content))), content);
  });
});

function hex(text: string): string {
  return Buffer.from(text, 'latin1').toString('hex');
}

function hasCode(code: string): (error: unknown) => boolean {
  return error => error instanceof MtlsError && error.code === code;
}
