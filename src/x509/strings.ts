import {isUtf8} from 'node:buffer';
import {MtlsError} from '../errors';
import {contentOf, Tag} from './der';
import type {DerNode} from './der';
import {malformed} from './malformed';

/**
 * Text from certificates. Each ASN.1 string type has its own alphabet and nothing is repaired: bytes outside the
 * alphabet are a refusal, and so are characters that make two different names look or compare alike.
 */

interface StringType {
  readonly name: string;
  /** Undefined where the octets are no text in the encoding of the type. */
  readonly decode: (content: Buffer) => string | undefined;
  readonly alphabet?: RegExp;
}

const STRING_TYPES: ReadonlyMap<number, StringType> = new Map<number, StringType>([
  [Tag.UTF8_STRING, {name: 'UTF8String', decode: content => (isUtf8(content) ? content.toString('utf8') : undefined)}],
  [Tag.PRINTABLE_STRING, {name: 'PrintableString', decode: octetWise, alphabet: /^[A-Za-z0-9 '()+,\-./:=?]*$/}],
  [Tag.IA5_STRING, {name: 'IA5String', decode: octetWise, alphabet: /^[ -~]*$/}],
  [Tag.NUMERIC_STRING, {name: 'NumericString', decode: octetWise, alphabet: /^[0-9 ]*$/}],
  [Tag.VISIBLE_STRING, {name: 'VisibleString', decode: octetWise, alphabet: /^[ -~]*$/}],
  // T.61 has shift sequences that nobody ever used in certificates; what is there is Latin-1 (as OpenSSL reads it).
  [Tag.TELETEX_STRING, {name: 'TeletexString', decode: octetWise}],
  [Tag.BMP_STRING, {name: 'BMPString', decode: content => decodeWide(content, 2)}],
  [Tag.UNIVERSAL_STRING, {name: 'UniversalString', decode: content => decodeWide(content, 4)}],
]);

/**
 * Control and format characters, line separators, non-characters, and whatever else Unicode says may be left out
 * of display: bidirectional overrides, zero-width joiners, variation selectors, soft hyphens.
 */
const FORBIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/u;

/** Whether text from elsewhere holds only characters that a name from a certificate may hold, and any at all. */
export function isVisibleText(text: string): boolean {
  return text !== '' && !FORBIDDEN.test(text) && !/\p{Cs}/u.test(text);
}

/**
 * The text of a string value; `tag` says how to read one that is implicitly tagged. It is never empty.
 *
 * @throws MtlsError `ERR_MTLS_NAME_FORBIDDEN_CHARACTER`, `ERR_MTLS_CERTIFICATE_MALFORMED`
 */
export function readText(node: DerNode, tag: number = node.tag): string {
  const type = STRING_TYPES.get(tag);
  const where = `offset ${node.start}`;
  if (type === undefined) throw malformed(where, 'a character string', `tag 0x${tag.toString(16)}`);
  const content = contentOf(node);
  // RFC 5280 appendix A: every string type of a name has SIZE (1..MAX).
  if (content.length === 0) throw malformed(where, 'text', 'an empty string');
  const text = type.decode(content);
  if (text === undefined) throw malformed(where, `the encoding of ${type.name}`, 'other octets');
  refuseForbidden(text, where);
  if (type.alphabet?.test(text) === false) throw malformed(where, `the alphabet of ${type.name}`, 'other characters');
  return text;
}

function refuseForbidden(text: string, where: string): void {
  const codePoint = FORBIDDEN.exec(text)?.[0].codePointAt(0);
  if (codePoint === undefined) return;
  throw new MtlsError({
    code: 'ERR_MTLS_NAME_FORBIDDEN_CHARACTER',
    required: 'visible characters and spaces',
    found: `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`,
    where,
  });
}

function octetWise(content: Buffer): string {
  return content.toString('latin1');
}

/** UCS-2 and UCS-4, big-endian, where surrogates are not characters. */
function decodeWide(content: Buffer, width: 2 | 4): string | undefined {
  if (content.length % width !== 0) return undefined;
  const codePoints: number[] = [];
  for (let offset = 0; offset < content.length; offset += width) {
    const codePoint = content.readUIntBE(offset, width);
    if (codePoint > 0x10ffff || (codePoint >= 0xd800 && codePoint <= 0xdfff)) return undefined;
    codePoints.push(codePoint);
  }
  return codePoints.map(codePoint => String.fromCodePoint(codePoint)).join('');
}
