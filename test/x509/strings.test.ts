import assert from 'node:assert/strict';
import {parseDer, Tag} from '../../src/x509/der';
import {isVisibleText, readText} from '../../src/x509/strings';
import {codeOf} from './code-of';
import {hex, small, text, tlv} from './der-writer';

const MALFORMED = 'ERR_MTLS_CERTIFICATE_MALFORMED';
const FORBIDDEN = 'ERR_MTLS_NAME_FORBIDDEN_CHARACTER';

function utf8(content: string): Buffer {
  return tlv(Tag.UTF8_STRING, Buffer.from(content));
}

describe('the text of a string value', () => {
  const ACCEPTED: readonly (readonly [string, Buffer, string])[] = [
    ['UTF8String', utf8('Müller 漢字'), 'Müller 漢字'],
    ['UTF8String of four octets', utf8('😀'), '😀'],
    ['UTF8String up to U+10FFFD', utf8('\u{10FFFD}'), '\u{10FFFD}'],
    ['every character of PrintableString', text(Tag.PRINTABLE_STRING, "AZaz09 '()+,-./:=?"), "AZaz09 '()+,-./:=?"],
    ['IA5String', text(Tag.IA5_STRING, 'a@b*_~'), 'a@b*_~'],
    ['NumericString', text(Tag.NUMERIC_STRING, '0 9'), '0 9'],
    ['VisibleString', text(Tag.VISIBLE_STRING, ' ~'), ' ~'],
    ['TeletexString as Latin-1', hex(Tag.TELETEX_STRING, '4de96d6f'), 'Mémo'],
    ['BMPString', hex(Tag.BMP_STRING, '00416f22'), 'A漢'],
    ['BMPString beside the surrogates', hex(Tag.BMP_STRING, 'd7ffe000'), '\ud7ff\ue000'],
    ['UniversalString', hex(Tag.UNIVERSAL_STRING, '0000004100 01f600'.replace(' ', '')), 'A😀'],
    ['UniversalString up to U+10FFFD', hex(Tag.UNIVERSAL_STRING, '0010fffd'), '\u{10FFFD}'],
  ];
  for (const [name, input, expected] of ACCEPTED)
    it(`reads ${name}`, () => {
      assert.equal(readText(parseDer(input)), expected);
    });

  const REFUSED: readonly (readonly [string, Buffer, string])[] = [
    ['empty text', utf8(''), MALFORMED],
    ['what is no string', small(1), MALFORMED],
    ['octets', hex(Tag.OCTET_STRING, '41'), MALFORMED],
    ['overlong UTF-8', hex(Tag.UTF8_STRING, 'c1a1'), MALFORMED],
    ['an overlong slash', hex(Tag.UTF8_STRING, 'c0af'), MALFORMED],
    ['a UTF-8 surrogate', hex(Tag.UTF8_STRING, 'eda080'), MALFORMED],
    ['a lone continuation octet', hex(Tag.UTF8_STRING, '41bf41'), MALFORMED],
    ['UTF-8 that is cut off', hex(Tag.UTF8_STRING, 'e6bc'), MALFORMED],
    ['UTF-8 beyond U+10FFFF', hex(Tag.UTF8_STRING, 'f4908080'), MALFORMED],
    ['an at sign in PrintableString', text(Tag.PRINTABLE_STRING, 'a@b'), MALFORMED],
    ['an asterisk in PrintableString', text(Tag.PRINTABLE_STRING, '*'), MALFORMED],
    ['an underscore in PrintableString', text(Tag.PRINTABLE_STRING, 'a_b'), MALFORMED],
    ['Latin-1 in IA5String', hex(Tag.IA5_STRING, 'a9'), MALFORMED],
    ['letters in NumericString', text(Tag.NUMERIC_STRING, '1a'), MALFORMED],
    ['Latin-1 in VisibleString', hex(Tag.VISIBLE_STRING, 'e9'), MALFORMED],
    ['half a BMPString character', hex(Tag.BMP_STRING, '004100'), MALFORMED],
    ['a surrogate pair in BMPString', hex(Tag.BMP_STRING, 'd83dde00'), MALFORMED],
    ['a low surrogate in BMPString', hex(Tag.BMP_STRING, 'dfff'), MALFORMED],
    ['three quarters of a UniversalString character', hex(Tag.UNIVERSAL_STRING, '000041'), MALFORMED],
    ['UniversalString beyond U+10FFFF', hex(Tag.UNIVERSAL_STRING, '00110000'), MALFORMED],
    ['a UniversalString surrogate', hex(Tag.UNIVERSAL_STRING, '0000d800'), MALFORMED],
    ['NUL in UTF8String', utf8('alice\0.evil'), FORBIDDEN],
    ['NUL in PrintableString', text(Tag.PRINTABLE_STRING, 'alice\0'), FORBIDDEN],
    ['NUL in IA5String', text(Tag.IA5_STRING, '\0'), FORBIDDEN],
    ['NUL in BMPString', hex(Tag.BMP_STRING, '00410000'), FORBIDDEN],
    ['NUL in TeletexString', hex(Tag.TELETEX_STRING, '00'), FORBIDDEN],
    ['a line feed', utf8('a\nb'), FORBIDDEN],
    ['a tab', utf8('a\tb'), FORBIDDEN],
    ['an escape sequence', text(Tag.IA5_STRING, '\u001b[31m'), FORBIDDEN],
    ['DEL', text(Tag.IA5_STRING, '\u007f'), FORBIDDEN],
    ['a C1 control', utf8('\u0085'), FORBIDDEN],
    ['a C1 control in TeletexString', hex(Tag.TELETEX_STRING, '9b'), FORBIDDEN],
    ['a right-to-left override', utf8('a\u202eb'), FORBIDDEN],
    ['a left-to-right mark', utf8('a\u200eb'), FORBIDDEN],
    ['a bidirectional isolate', utf8('a\u2066b'), FORBIDDEN],
    ['a zero-width space', utf8('ad\u200bmin'), FORBIDDEN],
    ['a zero-width joiner', utf8('ad\u200dmin'), FORBIDDEN],
    ['a byte order mark', utf8('\ufeffadmin'), FORBIDDEN],
    ['a soft hyphen', utf8('ad\u00admin'), FORBIDDEN],
    ['a combining grapheme joiner', utf8('ad\u034fmin'), FORBIDDEN],
    ['a Hangul filler', utf8('\u3164'), FORBIDDEN],
    ['a variation selector', utf8('a\ufe0f'), FORBIDDEN],
    ['a tag character', utf8('a\u{e0041}'), FORBIDDEN],
    ['a line separator', utf8('a\u2028b'), FORBIDDEN],
    ['a non-character', utf8('\uffff'), FORBIDDEN],
  ];
  for (const [name, input, code] of REFUSED)
    it(`refuses ${name}`, () => {
      assert.equal(
        codeOf(() => readText(parseDer(input))),
        code,
      );
    });

  it('names the forbidden character and not the text around it', () => {
    assert.throws(() => readText(parseDer(utf8('secret\u202e'))), {
      refusal: {
        code: FORBIDDEN,
        required: 'visible characters and spaces',
        found: 'U+202E',
        where: 'offset 0',
      },
    });
  });
});

describe('text from elsewhere', () => {
  const VECTORS = [
    ['Müller 漢字 😀', true],
    ['', false],
    ['a\0', false],
    ['a\u202eb', false],
    ['a\u200b', false],
    ['\ud800', false],
  ] as const;
  for (const [content, visible] of VECTORS)
    it(`${JSON.stringify(content)} is ${visible ? '' : 'not '}visible`, () => {
      assert.equal(isVisibleText(content), visible);
    });
});
