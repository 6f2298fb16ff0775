import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  childrenOf,
  contentOf,
  contextTag,
  DerReader,
  encodingOf,
  expectTag,
  parseDer,
  readBitString,
  readBoolean,
  readInteger,
  readNamedBits,
  readOctetString,
  readOid,
  readSmallInteger,
  readTime,
  Tag,
} from '../../src/x509/der';
import type {DerNode} from '../../src/x509/der';
import {codeOf} from './code-of';
import {hex, oid, reencode, sequence, small, text, tlv} from './der-writer';

const ACCEPTED = undefined;
const REFUSED = 'ERR_MTLS_DER';

function bytes(digits: string): Buffer {
  return Buffer.from(digits.replaceAll(' ', ''), 'hex');
}

function nested(levels: number): Buffer {
  let value = small(1);
  for (let level = 0; level < levels; level++) value = sequence(value);
  return value;
}

function walk(node: DerNode): void {
  if ((node.tag & 0x20) !== 0) childrenOf(node).forEach(walk);
}

describe('reading DER values', () => {
  const VECTORS = [
    ['accepts a value without content', '30 00', ACCEPTED],
    ['refuses nothing at all', '', REFUSED],
    ['refuses an identifier alone', '30', REFUSED],
    ['refuses a byte behind the value', '30 00 00', REFUSED],
    ['refuses content that ends early', '04 02 00', REFUSED],
    ['accepts the longest short length', `04 7f ${'00'.repeat(127)}`, ACCEPTED],
    ['accepts the shortest long length', `04 81 80 ${'00'.repeat(128)}`, ACCEPTED],
    ['refuses a long length that fits the short form', `04 81 7f ${'00'.repeat(127)}`, REFUSED],
    ['refuses a long length with a leading zero', `04 82 00 80 ${'00'.repeat(128)}`, REFUSED],
    ['accepts two length octets from 256 on', `04 82 01 00 ${'00'.repeat(256)}`, ACCEPTED],
    ['refuses two length octets for 255', `04 82 00 ff ${'00'.repeat(255)}`, REFUSED],
    ['refuses the indefinite form', '30 80 00 00', REFUSED],
    ['refuses a length that is cut off', '04 82 01', REFUSED],
    ['refuses four length octets without their content', '04 84 ff ff ff ff', REFUSED],
    ['refuses five length octets', '04 85 01 00 00 00 00', REFUSED],
    ['refuses the reserved length octet', '04 ff', REFUSED],
    ['refuses a high tag number', '1f 1f 00', REFUSED],
    ['refuses an end-of-contents marker', '00 00', REFUSED],
    ['accepts tag number 30', '9e 00', ACCEPTED],
  ] as const;
  for (const [name, digits, code] of VECTORS)
    it(name, () => {
      assert.equal(
        codeOf(() => parseDer(bytes(digits))),
        code,
      );
    });

  it('refuses another tag than the one asked for', () => {
    assert.equal(parseDer(small(1), Tag.INTEGER).tag, Tag.INTEGER);
    assert.equal(
      codeOf(() => parseDer(small(1), Tag.SEQUENCE)),
      REFUSED,
    );
    assert.equal(
      codeOf(() => {
        expectTag(parseDer(small(1)), Tag.NULL);
      }),
      REFUSED,
    );
  });

  it('follows 32 levels of nesting and no more', () => {
    walk(parseDer(nested(32)));
    assert.equal(
      codeOf(() => {
        walk(parseDer(nested(33)));
      }),
      REFUSED,
    );
  });

  it('does not let a child reach beyond its parent', () => {
    const node = parseDer(bytes('30 03 04 02 00'));
    assert.equal(
      codeOf(() => childrenOf(node)),
      REFUSED,
    );
  });

  it('shows windows on the bytes, not copies', () => {
    const input = sequence(small(7));
    const [child] = childrenOf(parseDer(input));
    assert.ok(child);
    assert.deepEqual(encodingOf(child), small(7));
    input[4] = 8;
    assert.deepEqual(contentOf(child), Buffer.of(8));
  });
});

describe('reading children one after the other', () => {
  it('refuses a primitive parent', () => {
    assert.equal(
      codeOf(() => new DerReader(parseDer(small(1)))),
      REFUSED,
    );
  });

  it('takes an optional child only when its tag is next', () => {
    const reader = new DerReader(parseDer(sequence(small(1), oid('1.2'))));
    assert.equal(reader.nextTag, Tag.INTEGER);
    assert.equal(reader.optional(Tag.OID), undefined);
    assert.ok(reader.optional(Tag.INTEGER));
    assert.equal(
      codeOf(() => {
        reader.finish();
      }),
      REFUSED,
    );
    assert.ok(reader.read(Tag.OID));
    assert.equal(reader.nextTag, undefined);
    reader.finish();
  });

  it('does not step over a child that it refused', () => {
    const reader = new DerReader(parseDer(sequence(small(1))));
    assert.equal(
      codeOf(() => reader.read(Tag.OID)),
      REFUSED,
    );
    assert.equal(reader.read(Tag.INTEGER).tag, Tag.INTEGER);
  });

  it('refuses to read beyond the end, whatever is asked for', () => {
    const reader = new DerReader(parseDer(sequence()));
    assert.equal(
      codeOf(() => reader.read()),
      REFUSED,
    );
    assert.equal(
      codeOf(() => reader.read(Tag.OID)),
      REFUSED,
    );
  });

  it('asks every child of a list for the tag', () => {
    const list = parseDer(sequence(small(1), oid('1.2')));
    assert.equal(childrenOf(list).length, 2);
    assert.equal(
      codeOf(() => childrenOf(list, Tag.INTEGER)),
      REFUSED,
    );
  });
});

describe('reading primitive values', () => {
  type Read = (node: DerNode) => unknown;
  const integer: Read = node => readInteger(node).toString('hex');
  const bits: Read = node => [...readNamedBits(node)];
  const VECTORS: readonly (readonly [string, Read, Buffer, unknown])[] = [
    ['BOOLEAN true', readBoolean, hex(Tag.BOOLEAN, 'ff'), true],
    ['BOOLEAN false', readBoolean, hex(Tag.BOOLEAN, '00'), false],
    ['BOOLEAN true as 01', readBoolean, hex(Tag.BOOLEAN, '01'), REFUSED],
    ['BOOLEAN without content', readBoolean, hex(Tag.BOOLEAN, ''), REFUSED],
    ['BOOLEAN of two octets', readBoolean, hex(Tag.BOOLEAN, 'ffff'), REFUSED],
    ['BOOLEAN under another tag', readBoolean, small(0), REFUSED],
    ['INTEGER zero', integer, small(0), '00'],
    ['INTEGER 128 with its sign octet', integer, hex(Tag.INTEGER, '0080'), '0080'],
    ['INTEGER 127 with a sign octet', integer, hex(Tag.INTEGER, '007f'), REFUSED],
    ['INTEGER -128', integer, hex(Tag.INTEGER, '80'), '80'],
    ['INTEGER -128 padded', integer, hex(Tag.INTEGER, 'ff80'), REFUSED],
    ['INTEGER -129', integer, hex(Tag.INTEGER, 'ff7f'), 'ff7f'],
    ['INTEGER without content', integer, hex(Tag.INTEGER, ''), REFUSED],
    ['small INTEGER 2^31-1', node => readSmallInteger(node), hex(Tag.INTEGER, '7fffffff'), 0x7fffffff],
    ['small INTEGER 2^31', node => readSmallInteger(node), hex(Tag.INTEGER, '0080000000'), REFUSED],
    ['small INTEGER -1', node => readSmallInteger(node), hex(Tag.INTEGER, 'ff'), REFUSED],
    ['ENUMERATED', node => readSmallInteger(node, Tag.ENUMERATED), hex(Tag.ENUMERATED, '0a'), 10],
    ['OCTET STRING', node => readOctetString(node).toString('hex'), hex(Tag.OCTET_STRING, 'abcd'), 'abcd'],
    ['OCTET STRING under another tag', node => readOctetString(node), small(1), REFUSED],
    ['named bits 0 and 2', bits, hex(Tag.BIT_STRING, '05a0'), [0, 2]],
    ['named bit 8', bits, hex(Tag.BIT_STRING, '070080'), [8]],
    ['named bit 31', bits, hex(Tag.BIT_STRING, '0000000001'), [31]],
    ['a fifth octet of named bits', bits, hex(Tag.BIT_STRING, '000000000001'), REFUSED],
    ['no named bits', bits, hex(Tag.BIT_STRING, '00'), []],
    ['named bits with a trailing zero bit', bits, hex(Tag.BIT_STRING, '04a0'), REFUSED],
    ['named bits with a trailing zero octet', bits, hex(Tag.BIT_STRING, '00a000'), REFUSED],
    ['a BIT STRING with padding bits set', bits, hex(Tag.BIT_STRING, '05a1'), REFUSED],
    ['a BIT STRING without content', bits, hex(Tag.BIT_STRING, ''), REFUSED],
    ['a BIT STRING with 8 unused bits', bits, hex(Tag.BIT_STRING, '0800'), REFUSED],
    ['unused bits of an empty BIT STRING', bits, hex(Tag.BIT_STRING, '01'), REFUSED],
    ['bits of a whole octet', node => readBitString(node).unusedBits, hex(Tag.BIT_STRING, '0001'), 0],
  ];
  for (const [name, read, input, expected] of VECTORS)
    it(expected === REFUSED ? `refuses ${name}` : `reads ${name}`, () => {
      const node = parseDer(input);
      if (expected === REFUSED)
        assert.equal(
          codeOf(() => read(node)),
          REFUSED,
        );
      else assert.deepEqual(read(node), expected);
    });
});

describe('reading object identifiers', () => {
  const UUID = 2n ** 128n - 1n;
  for (const dotted of [
    '0.0',
    '0.39',
    '1.0',
    '1.39',
    '2.0',
    '2.5.29.17',
    '2.47',
    '2.48',
    '2.999.3',
    '1.2.840.113549.1.1.11',
    `1.2.${2n ** 49n - 1n}`,
    `1.2.${2n ** 49n}`,
    `2.25.${UUID}`,
    `2.${UUID}.1`,
  ])
    it(`reads ${dotted}`, () => {
      assert.equal(readOid(parseDer(oid(dotted))), dotted);
    });

  const REFUSALS = [
    ['no content', ''],
    ['an arc that is cut off', '2a86'],
    ['an arc padded in front', '2a8001'],
    ['a first arc padded in front', '8001'],
    ['more than 64 octets', '01'.repeat(65)],
  ] as const;
  for (const [name, digits] of REFUSALS)
    it(`refuses ${name}`, () => {
      assert.equal(
        codeOf(() => readOid(parseDer(hex(Tag.OID, digits)))),
        REFUSED,
      );
    });

  it('accepts 64 octets', () => {
    assert.equal(readOid(parseDer(hex(Tag.OID, '01'.repeat(64)))).length, 129);
  });

  it('reads an implicitly tagged one when told the tag', () => {
    const tag = contextTag(8, 'primitive');
    assert.equal(readOid(parseDer(oid('1.2.3', tag)), tag), '1.2.3');
    assert.equal(
      codeOf(() => readOid(parseDer(oid('1.2.3', tag)))),
      REFUSED,
    );
  });

  it('reads what was written for any arcs', () => {
    const arcs = fc.array(fc.bigInt(0n, 2n ** 70n), {maxLength: 5});
    const first = fc.oneof(
      fc.tuple(fc.constantFrom(0n, 1n), fc.bigInt(0n, 39n)),
      fc.tuple(fc.constant(2n), fc.bigInt(0n, 2n ** 60n)),
    );
    fc.assert(
      fc.property(first, arcs, (head, tail) => {
        const dotted = [...head, ...tail].join('.');
        assert.equal(readOid(parseDer(oid(dotted))), dotted);
      }),
    );
  });
});

describe('reading times', () => {
  const VECTORS = [
    ['the last two-digit year of this century', Tag.UTC_TIME, '491231235959Z', '2049-12-31T23:59:59.000Z'],
    ['the first two-digit year of the last century', Tag.UTC_TIME, '500101000000Z', '1950-01-01T00:00:00.000Z'],
    ['a four-digit year', Tag.GENERALIZED_TIME, '20500101000000Z', '2050-01-01T00:00:00.000Z'],
    ['the time without end', Tag.GENERALIZED_TIME, '99991231235959Z', '9999-12-31T23:59:59.000Z'],
    ['the year one', Tag.GENERALIZED_TIME, '00010101000000Z', '0001-01-01T00:00:00.000Z'],
    ['29 February of a leap year', Tag.UTC_TIME, '240229000000Z', '2024-02-29T00:00:00.000Z'],
    ['29 February of another year', Tag.UTC_TIME, '250229000000Z', REFUSED],
    ['29 February 1900', Tag.GENERALIZED_TIME, '19000229000000Z', REFUSED],
    ['31 April', Tag.UTC_TIME, '240431000000Z', REFUSED],
    ['month 0', Tag.UTC_TIME, '240001000000Z', REFUSED],
    ['month 13', Tag.UTC_TIME, '241301000000Z', REFUSED],
    ['day 0', Tag.UTC_TIME, '240100000000Z', REFUSED],
    ['hour 24', Tag.UTC_TIME, '240101240000Z', REFUSED],
    ['minute 60', Tag.UTC_TIME, '240101006000Z', REFUSED],
    ['second 60', Tag.UTC_TIME, '240101000060Z', REFUSED],
    ['a time without seconds', Tag.UTC_TIME, '2401010000Z', REFUSED],
    ['a time with an offset', Tag.UTC_TIME, '240101000000+0100', REFUSED],
    ['a time without zone', Tag.GENERALIZED_TIME, '20240101000000', REFUSED],
    ['fractions of a second', Tag.GENERALIZED_TIME, '20240101000000.5Z', REFUSED],
    ['a line feed behind it', Tag.UTC_TIME, '240101000000Z\n', REFUSED],
    ['a sign among the digits', Tag.UTC_TIME, '2401010000+1Z', REFUSED],
    ['four digits as UTCTime', Tag.UTC_TIME, '20240101000000Z', REFUSED],
    ['two digits as GeneralizedTime', Tag.GENERALIZED_TIME, '240101000000Z', REFUSED],
    ['a time in another string', Tag.UTF8_STRING, '240101000000Z', REFUSED],
  ] as const;
  for (const [name, tag, content, expected] of VECTORS)
    it(expected === REFUSED ? `refuses ${name}` : `reads ${name}`, () => {
      const node = parseDer(text(tag, content));
      if (expected === REFUSED)
        assert.equal(
          codeOf(() => readTime(node)),
          REFUSED,
        );
      else assert.equal(readTime(node).toISOString(), expected);
    });
});

describe('DER as a whole', () => {
  const primitive = fc.tuple(
    fc.constantFrom(0x01, 0x02, 0x04, 0x05, 0x0c, 0x80, 0x9e),
    fc.uint8Array({maxLength: 300}),
  );
  const tree = fc.letrec<{value: Buffer}>(tie => ({
    value: fc.oneof(
      {maxDepth: 6, withCrossShrink: true},
      primitive.map(([tag, content]) => tlv(tag, content)),
      fc
        .tuple(fc.constantFrom(0x30, 0x31, 0xa0, 0xbe), fc.array(tie('value'), {maxLength: 4}))
        .map(([tag, children]) => tlv(tag, ...children)),
    ),
  }));

  it('re-encodes to the bytes it was read from', () => {
    fc.assert(fc.property(tree.value, value => reencode(parseDer(value)).equals(value)));
  });

  it('has one encoding only: damaged bytes that still parse re-encode to themselves', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), {minLength: 1, maxLength: 3});
    fc.assert(
      fc.property(tree.value, damage, (value, writes) => {
        const input = Buffer.from(value);
        for (const [offset, octet] of writes) input[offset % input.length] = octet;
        const code = codeOf(() => {
          assert.deepEqual(reencode(parseDer(input)), input);
        });
        assert.ok(code === undefined || code === REFUSED);
      }),
      {numRuns: 2000},
    );
  });
});
