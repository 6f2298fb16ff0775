import assert from 'node:assert/strict';
import fc from 'fast-check';
import {contextTag, parseDer, Tag} from '../../src/x509/der';
import {readSerialNumber} from '../../src/x509/serial-number';
import {codeOf} from './code-of';
import {hex} from './der-writer';

describe('a serial number', () => {
  const VECTORS = [
    ['00', '0'],
    ['01', '1'],
    ['7f', '7f'],
    ['0080', '80'],
    ['0a00', 'a00'],
    ['ff', '-1'],
    ['80', '-80'],
    ['ff7f', '-81'],
    ['7f'.repeat(20), '7f'.repeat(20)],
    ['7f'.repeat(64), '7f'.repeat(64)],
  ] as const;
  for (const [content, expected] of VECTORS)
    it(`is ${expected.slice(0, 8)} for ${content.slice(0, 8)} (${content.length / 2} octets)`, () => {
      assert.equal(readSerialNumber(parseDer(hex(Tag.INTEGER, content))), expected);
    });

  it('is refused beyond 64 octets', () => {
    assert.equal(
      codeOf(() => readSerialNumber(parseDer(hex(Tag.INTEGER, '7f'.repeat(65))))),
      'ERR_MTLS_CERTIFICATE_MALFORMED',
    );
  });

  it('is read under an implicit tag', () => {
    const tag = contextTag(2, 'primitive');
    assert.equal(readSerialNumber(parseDer(hex(tag, '05')), tag), '5');
  });

  it('is what two’s complement says for any integer', () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 159n), 2n ** 159n - 1n), value => {
        let octets = 1;
        while (BigInt.asIntN(octets * 8, value) !== value) octets++;
        const content = BigInt.asUintN(octets * 8, value)
          .toString(16)
          .padStart(octets * 2, '0');
        assert.equal(readSerialNumber(parseDer(hex(Tag.INTEGER, content))), value.toString(16));
      }),
    );
  });
});
