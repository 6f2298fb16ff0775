import assert from 'node:assert/strict';
import fc from 'fast-check';
import {parseDer, Tag} from '../../src/x509/der';
import {comparableText, parseDistinguishedName} from '../../src/x509/names';
import type {DistinguishedName} from '../../src/x509/names';
import {attribute, commonName} from './certificate-parts';
import {codeOf} from './code-of';
import {hex, sequence, set, small, text, tlv} from './der-writer';

const MALFORMED = 'ERR_MTLS_CERTIFICATE_MALFORMED';

const CN = '2.5.4.3';
const ORGANIZATION = '2.5.4.10';
const UNIT = '2.5.4.11';

function utf8(type: string, value: string): Buffer {
  return attribute(type, tlv(Tag.UTF8_STRING, Buffer.from(value)));
}

function parse(...rdns: readonly Buffer[]): DistinguishedName {
  return parseDistinguishedName(parseDer(sequence(...rdns)));
}

describe('a distinguished name', () => {
  it('keeps order, types and every value', () => {
    const name = parse(set(utf8(ORGANIZATION, 'Clinic')), set(utf8(UNIT, 'A')), set(utf8(UNIT, 'B')));
    assert.deepEqual(name.rdns, [
      [{type: ORGANIZATION, value: 'Clinic'}],
      [{type: UNIT, value: 'A'}],
      [{type: UNIT, value: 'B'}],
    ]);
  });

  it('keeps the attributes of a multi-valued RDN together', () => {
    const name = parse(set(utf8(CN, 'alice'), utf8(UNIT, 'Staff')));
    assert.deepEqual(name.rdns, [
      [
        {type: CN, value: 'alice'},
        {type: UNIT, value: 'Staff'},
      ],
    ]);
  });

  it('keeps its bytes', () => {
    assert.deepEqual(parseDistinguishedName(parseDer(commonName('alice'))).der, commonName('alice'));
  });

  it('may be empty', () => {
    assert.deepEqual(parse().rdns, []);
    assert.equal(parse().comparable, '');
  });

  it('is frozen through and through', () => {
    const name = parse(set(utf8(CN, 'alice')));
    for (const value of [name, name.rdns, name.rdns[0], name.rdns[0]?.[0]]) assert.ok(Object.isFrozen(value));
  });

  const VECTORS: readonly (readonly [string, Buffer, string | undefined])[] = [
    ['accepts one attribute', sequence(set(utf8(CN, 'a'))), undefined],
    ['refuses an RDN without attributes', sequence(set()), MALFORMED],
    ['refuses another tag for the RDN', sequence(sequence(utf8(CN, 'a'))), 'ERR_MTLS_DER'],
    ['refuses another tag for the name', set(set(utf8(CN, 'a'))), 'ERR_MTLS_DER'],
    ['refuses an attribute without value', sequence(set(sequence(hex(Tag.OID, '550403')))), 'ERR_MTLS_DER'],
    [
      'refuses a third value in an attribute',
      sequence(set(sequence(utf8(CN, 'a').subarray(2), small(1)))),
      'ERR_MTLS_DER',
    ],
    ['accepts a set in DER order', sequence(set(utf8(CN, 'a'), utf8(CN, 'b'))), undefined],
    ['refuses a set in another order', sequence(set(utf8(CN, 'b'), utf8(CN, 'a'))), MALFORMED],
    ['refuses an attribute twice in one set', sequence(set(utf8(CN, 'a'), utf8(CN, 'a'))), MALFORMED],
    ['refuses a common name that is no string', sequence(set(attribute(CN, small(1)))), MALFORMED],
    [
      'refuses any other value that is no string',
      sequence(set(attribute('2.5.4.45', hex(Tag.BIT_STRING, '00ab')))),
      MALFORMED,
    ],
    ['accepts a value of 512 characters', sequence(set(utf8(CN, 'ä'.repeat(512)))), undefined],
    ['refuses a value of 513 characters', sequence(set(utf8(CN, 'ä'.repeat(513)))), MALFORMED],
    ['refuses an empty value', sequence(set(utf8(CN, ''))), MALFORMED],
    ['refuses NUL in a value', commonName('admin\0'), 'ERR_MTLS_NAME_FORBIDDEN_CHARACTER'],
  ];
  for (const [name, input, code] of VECTORS)
    it(name, () => {
      assert.equal(
        codeOf(() => parseDistinguishedName(parseDer(input))),
        code,
      );
    });
});

describe('comparing distinguished names', () => {
  function equal(left: Buffer, right: Buffer): boolean {
    return parse(left).comparable === parse(right).comparable;
  }

  const EQUAL: readonly (readonly [string, Buffer, Buffer])[] = [
    ['case', set(utf8(CN, 'Alice')), set(utf8(CN, 'ALICE'))],
    ['string type', set(utf8(CN, 'Alice')), set(attribute(CN, text(Tag.PRINTABLE_STRING, 'Alice')))],
    ['runs of spaces', set(utf8(CN, 'Alice  Smith')), set(utf8(CN, 'Alice Smith'))],
    ['spaces at the ends', set(utf8(CN, ' Alice ')), set(utf8(CN, 'Alice'))],
    ['kind of space', set(utf8(CN, 'Alice\u3000\u00a0Smith')), set(utf8(CN, 'Alice Smith'))],
    ['composition', set(utf8(CN, 'Mu\u0308ller')), set(utf8(CN, 'M\u00fcller'))],
    ['compatibility forms', set(utf8(CN, '\uff21lice')), set(utf8(CN, 'Alice'))],
    ['case beyond ASCII', set(utf8(CN, 'ÄÖÜ')), set(utf8(CN, 'äöü'))],
    ['sharp s', set(utf8(CN, 'Straße')), set(utf8(CN, 'STRASSE'))],
    ['final sigma', set(utf8(CN, 'ΟΔΟΣ')), set(utf8(CN, 'οδος'))],
  ];
  for (const [name, left, right] of EQUAL)
    it(`overlooks ${name}`, () => {
      assert.ok(equal(left, right));
    });

  const DIFFERENT: readonly (readonly [string, Buffer, Buffer])[] = [
    ['the attribute type', set(utf8(CN, 'a')), set(utf8(UNIT, 'a'))],
    ['accents', set(utf8(CN, 'Muller')), set(utf8(CN, 'Müller'))],
    ['dotless i', set(utf8(CN, 'admın')), set(utf8(CN, 'admin'))],
    ['a space inside', set(utf8(CN, 'NotAdmins')), set(utf8(CN, 'Not Admins'))],
  ];
  for (const [name, left, right] of DIFFERENT)
    it(`tells apart ${name}`, () => {
      assert.ok(!equal(left, right));
    });

  it('tells apart the order of RDNs', () => {
    const [a, b] = [set(utf8(CN, 'a')), set(utf8(UNIT, 'b'))];
    assert.notEqual(parse(a, b).comparable, parse(b, a).comparable);
  });

  it('tells apart one RDN of two attributes and two RDNs', () => {
    const [a, b] = [utf8(CN, 'a'), utf8(UNIT, 'b')];
    assert.notEqual(parse(set(a, b)).comparable, parse(set(a), set(b)).comparable);
  });

  it('overlooks the order of attributes in one RDN', () => {
    // DER sorts by encoding: the shorter value first, whatever it says.
    const left = set(utf8(CN, 'x'), attribute(CN, text(Tag.TELETEX_STRING, 'a')));
    const right = set(utf8(CN, 'a'), attribute(CN, text(Tag.TELETEX_STRING, 'x')));
    assert.equal(parse(left).comparable, parse(right).comparable);
  });

  it('has the form of a parent name as prefix, at whole RDNs only', () => {
    const parent = parse(set(utf8(ORGANIZATION, 'Clinic')));
    assert.ok(parse(set(utf8(ORGANIZATION, 'clinic')), set(utf8(CN, 'a'))).comparable.startsWith(parent.comparable));
    assert.ok(!parse(set(utf8(ORGANIZATION, 'Clinics')), set(utf8(CN, 'a'))).comparable.startsWith(parent.comparable));
    assert.ok(!parse(set(utf8(UNIT, 'x'), utf8(ORGANIZATION, 'Clinic'))).comparable.startsWith(parent.comparable));
  });

  it('is stable: what is comparable compares to itself', () => {
    fc.assert(
      fc.property(fc.string({unit: 'grapheme', maxLength: 20}), value => {
        const once = comparableText(value);
        return comparableText(once) === once;
      }),
    );
  });
});

describe('any name', () => {
  const letters = fc.string({
    unit: fc.constantFrom('a', 'Z', 'ß', 'é', '漢', ' ', '=', ',', '+', '#', '\\'),
    minLength: 1,
  });
  const anyName = fc.array(fc.tuple(fc.constantFrom(CN, ORGANIZATION, UNIT), letters), {minLength: 1, maxLength: 5});

  it('reads back what was written', () => {
    fc.assert(
      fc.property(anyName, written => {
        const name = parse(...written.map(([type, value]) => set(utf8(type, value))));
        assert.deepEqual(
          name.rdns.flat().map(({type, value}) => [type, value]),
          written,
        );
      }),
    );
  });

  it('matches another exactly when their attributes match one by one', () => {
    fc.assert(
      fc.property(anyName, anyName, (left, right) => {
        const [one, other] = [left, right].map(written =>
          parse(...written.map(([type, value]) => set(utf8(type, value)))),
        );
        const matches =
          left.length === right.length &&
          left.every(([type, value], index) => {
            const [otherType, otherValue] = right[index] ?? ['', ''];
            return type === otherType && comparableText(value) === comparableText(otherValue);
          });
        assert.equal(one?.comparable === other?.comparable, matches);
      }),
    );
  });
});
