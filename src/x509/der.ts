import {MtlsError} from '../errors';
import {RecentMap} from './recent-map';

/**
 * A strict reader for DER (X.690 section 10). It accepts one encoding of each value and nothing else: definite
 * minimal lengths, low tag numbers, canonical booleans, integers, object identifiers, bit strings and times.
 * Nothing is copied: a node is a window on the bytes. Linear time; nesting is bounded by `MAX_DEPTH`.
 */

/** Deepest nesting accepted. The deepest structure of RFC 5280 needs about twelve levels. */
const MAX_DEPTH = 32;

/** Longest object identifier accepted, in content bytes. */
const MAX_OID_BYTES = 64;

/** Longest named bit list accepted, in octets. The longest of RFC 5280 have nine bits. */
const MAX_NAMED_BIT_OCTETS = 4;

/** Identifier octets used by X.509. Context tags are built by {@link contextTag}. */
export const Tag = Object.freeze({
  BOOLEAN: 0x01,
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  NULL: 0x05,
  OID: 0x06,
  ENUMERATED: 0x0a,
  UTF8_STRING: 0x0c,
  NUMERIC_STRING: 0x12,
  PRINTABLE_STRING: 0x13,
  TELETEX_STRING: 0x14,
  IA5_STRING: 0x16,
  UTC_TIME: 0x17,
  GENERALIZED_TIME: 0x18,
  VISIBLE_STRING: 0x1a,
  UNIVERSAL_STRING: 0x1c,
  BMP_STRING: 0x1e,
  SEQUENCE: 0x30,
  SET: 0x31,
});

/** The identifier octet of `[number]`, primitive or constructed. */
export function contextTag(number: number, form: 'primitive' | 'constructed'): number {
  return (form === 'primitive' ? 0x80 : 0xa0) | number;
}

/** One tag, length and value, as a window on the bytes it was read from. */
export interface DerNode {
  readonly bytes: Buffer;
  readonly tag: number;
  /** Offset of the identifier octet. */
  readonly start: number;
  /** Offset of the first content octet. */
  readonly contentStart: number;
  /** Offset after the last content octet. */
  readonly end: number;
  readonly depth: number;
}

/** The content octets, not copied. */
export function contentOf(node: DerNode): Buffer {
  return node.bytes.subarray(node.contentStart, node.end);
}

/** The whole encoding, identifier and length included, not copied. */
export function encodingOf(node: DerNode): Buffer {
  return node.bytes.subarray(node.start, node.end);
}

/**
 * Reads bytes that must be exactly one DER value, with nothing behind it.
 *
 * @throws MtlsError `ERR_MTLS_DER`
 */
export function parseDer(bytes: Buffer, tag?: number): DerNode {
  const node = readNode(bytes, 0, bytes.length, 0);
  if (node.end !== bytes.length)
    throw derError('no bytes after the value', `${bytes.length - node.end} more`, node.end);
  if (tag !== undefined && node.tag !== tag) throw unexpectedTag(tag, node);
  return node;
}

/** Reads the children of a constructed value one after the other; each read either takes the next child or throws. */
export class DerReader {
  readonly #parent: DerNode;
  #offset: number;

  constructor(parent: DerNode) {
    if ((parent.tag & 0x20) === 0) throw derError('a constructed value', hexTag(parent.tag), parent.start);
    this.#parent = parent;
    this.#offset = parent.contentStart;
  }

  get done(): boolean {
    return this.#offset === this.#parent.end;
  }

  /** The identifier octet of the next child, or undefined at the end. */
  get nextTag(): number | undefined {
    return this.done ? undefined : this.#parent.bytes[this.#offset];
  }

  /** Takes the next child; it must carry `tag` when one is given. */
  read(tag?: number): DerNode {
    if (this.done) throw derError(tag === undefined ? 'another value' : hexTag(tag), 'the end', this.#offset);
    const node = readNode(this.#parent.bytes, this.#offset, this.#parent.end, this.#parent.depth + 1);
    if (tag !== undefined && node.tag !== tag) throw unexpectedTag(tag, node);
    this.#offset = node.end;
    return node;
  }

  /** Takes the next child when it carries `tag`. */
  optional(tag: number): DerNode | undefined {
    return this.nextTag === tag ? this.read() : undefined;
  }

  /** Throws unless every child was taken. */
  finish(): void {
    if (!this.done) throw derError('the end', hexTag(this.#parent.bytes[this.#offset] ?? 0), this.#offset);
  }
}

/** All children of a constructed value, each carrying `tag` when one is given. */
export function childrenOf(node: DerNode, tag?: number): DerNode[] {
  const reader = new DerReader(node);
  const children: DerNode[] = [];
  while (!reader.done) children.push(reader.read(tag));
  return children;
}

/**
 * Throws unless everything below the node is DER, too. For values that are kept and not read: parsing is strict
 * about every byte, not only about those that have a meaning here.
 */
export function checkBelow(node: DerNode): void {
  if ((node.tag & 0x20) !== 0) childrenOf(node).forEach(checkBelow);
}

function readNode(bytes: Buffer, start: number, limit: number, depth: number): DerNode {
  if (depth > MAX_DEPTH) throw derError(`nesting of at most ${MAX_DEPTH}`, 'more', start);
  const tag = bytes[start];
  let length = bytes[start + 1];
  if (tag === undefined || length === undefined || start + 2 > limit)
    throw derError('identifier and length', 'the end', start);
  if ((tag & 0x1f) === 0x1f) throw derError('a tag number below 31', 'a high tag number', start);
  if (tag === 0) throw derError('a definite length', 'an end-of-contents marker', start);
  let contentStart = start + 2;
  if (length >= 0x80) {
    const octets = length & 0x7f;
    // 0x80 is the indefinite form; more than four octets cannot be a length we would ever read.
    if (octets === 0 || octets > 4)
      throw derError('a definite length of at most four octets', `${octets} octets`, start);
    if (contentStart + octets > limit) throw derError('a complete length', 'the end', start);
    length = bytes.readUIntBE(contentStart, octets);
    if (length < 0x80 || length < 2 ** (8 * (octets - 1)))
      throw derError('a minimal length', `${octets} octets for ${length}`, start);
    contentStart += octets;
  }
  const end = contentStart + length;
  if (end > limit) throw derError(`at most ${limit - contentStart} content octets`, String(length), start);
  return {bytes, tag, start, contentStart, end, depth};
}

/** X.690 section 11.1: TRUE is 0xff. */
export function readBoolean(node: DerNode): boolean {
  expectTag(node, Tag.BOOLEAN);
  const value = node.bytes[node.contentStart];
  if (node.end - node.contentStart !== 1 || (value !== 0 && value !== 0xff))
    throw derError('a canonical BOOLEAN', 'another encoding', node.start);
  return value === 0xff;
}

/** Content octets of an INTEGER in the shortest two's complement form (X.690 section 8.3.2). */
export function readInteger(node: DerNode, tag: number = Tag.INTEGER): Buffer {
  expectTag(node, tag);
  const content = contentOf(node);
  const [first, second] = content;
  if (first === undefined) throw derError('an INTEGER with content', 'none', node.start);
  if (second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))) {
    throw derError('a minimal INTEGER', 'a padded one', node.start);
  }
  return content;
}

/** A non-negative INTEGER (or another tag of the same encoding) below 2^31. */
export function readSmallInteger(node: DerNode, tag: number = Tag.INTEGER): number {
  const content = readInteger(node, tag);
  if (content.length > 4 || (content[0] ?? 0) >= 0x80)
    throw derError('an integer from 0 to 2147483647', 'another', node.start);
  return content.readUIntBE(0, content.length);
}

/** An OBJECT IDENTIFIER in dotted form. */
export function readOid(node: DerNode, tag: number = Tag.OID): string {
  expectTag(node, tag);
  const length = node.end - node.contentStart;
  if (length === 0 || length > MAX_OID_BYTES)
    throw derError(`an OBJECT IDENTIFIER of 1 to ${MAX_OID_BYTES} octets`, `${length} octets`, node.start);
  const octets = node.bytes.toString('latin1', node.contentStart, node.end);
  const known = identifiers.get(octets);
  if (known !== undefined) return known;
  const oid = decodeOid(node);
  identifiers.set(octets, oid);
  return oid;
}

/** Identifiers kept at most. All that certificates usually name are some fifty. */
const MAX_IDENTIFIERS = 512;

/**
 * Dotted forms by content octets: one string for one identifier, as open connections hold thousands of certificates that
 * name the same ones, and none is decoded twice.
 */
const identifiers = new RecentMap<string>(MAX_IDENTIFIERS);

function decodeOid(node: DerNode): string {
  const content = contentOf(node);
  const arcs: (number | bigint | string)[] = [];
  let arc = 0;
  let arcStart = 0;
  for (let offset = 0; offset < content.length; offset++) {
    const octet = content.readUInt8(offset);
    if (octet === 0x80 && offset === arcStart) throw derError('minimal arcs', 'a padded arc', node.start);
    arc = arc * 128 + (octet & 0x7f);
    if (octet >= 0x80) continue;
    // Arcs beyond what a number holds exactly occur: 2.25 is followed by a UUID.
    const exact = offset - arcStart < 7 ? arc : longArc(content.subarray(arcStart, offset + 1));
    arcs.push(arcs.length === 0 ? firstArcs(exact) : exact);
    arc = 0;
    arcStart = offset + 1;
  }
  if (arcStart !== content.length) throw derError('a complete OBJECT IDENTIFIER', 'a truncated arc', node.start);
  return arcs.join('.');
}

/** X.690 section 8.19.4: the first two arcs travel as one number. */
function firstArcs(both: number | bigint): string {
  if (both >= 80) return `2.${BigInt(both) - 80n}`;
  return both < 40 ? `0.${both}` : `1.${Number(both) - 40}`;
}

/** Seven bits to the octet. */
function longArc(octets: Buffer): bigint {
  return octets.reduce((arc, octet) => (arc << 7n) | BigInt(octet & 0x7f), 0n);
}

/** A BIT STRING: its octets and how many low bits of the last one are unused, which must be zero (X.690 section 11.2.1). */
export function readBitString(
  node: DerNode,
  tag: number = Tag.BIT_STRING,
): {readonly octets: Buffer; readonly unusedBits: number} {
  expectTag(node, tag);
  const unusedBits = node.bytes[node.contentStart];
  const octets = node.bytes.subarray(node.contentStart + 1, node.end);
  if (
    unusedBits === undefined ||
    node.end === node.contentStart ||
    unusedBits > 7 ||
    (octets.length === 0 && unusedBits !== 0)
  ) {
    throw derError('a BIT STRING', 'a malformed one', node.start);
  }
  if (((octets.at(-1) ?? 0) & ((1 << unusedBits) - 1)) !== 0) throw derError('zero padding bits', 'others', node.start);
  return {octets, unusedBits};
}

/** A named bit list (X.690 section 11.2.2: no trailing zero bits): the numbers of the bits that are set. */
export function readNamedBits(node: DerNode, tag: number = Tag.BIT_STRING): readonly number[] {
  const {octets, unusedBits} = readBitString(node, tag);
  if (octets.length > MAX_NAMED_BIT_OCTETS)
    throw derError(`at most ${MAX_NAMED_BIT_OCTETS} octets of named bits`, `${octets.length} octets`, node.start);
  const set: number[] = [];
  octets.forEach((octet, index) => {
    for (let bit = 0; bit < 8; bit++) if ((octet & (0x80 >> bit)) !== 0) set.push(index * 8 + bit);
  });
  if (octets.length > 0 && set.at(-1) !== octets.length * 8 - unusedBits - 1)
    throw derError('no trailing zero bits', 'some', node.start);
  return set;
}

/** The octets of an OCTET STRING. */
export function readOctetString(node: DerNode, tag: number = Tag.OCTET_STRING): Buffer {
  expectTag(node, tag);
  return contentOf(node);
}

const UTC_TIME = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;
const GENERALIZED_TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;

/** UTCTime or GeneralizedTime in the only forms of RFC 5280 section 4.1.2.5: with seconds, in Zulu, without fractions. */
export function readTime(node: DerNode): Date {
  const text = contentOf(node).toString('latin1');
  const fields =
    node.tag === Tag.UTC_TIME
      ? UTC_TIME.exec(text)
      : node.tag === Tag.GENERALIZED_TIME
        ? GENERALIZED_TIME.exec(text)
        : null;
  if (fields === null) throw derError('YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ', 'another form', node.start);
  const [first = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = fields.slice(1).map(Number);
  // RFC 5280 section 4.1.2.5.1: two-digit years from 50 belong to the twentieth century.
  const year = node.tag === Tag.GENERALIZED_TIME ? first : first >= 50 ? 1900 + first : 2000 + first;
  const time = new Date(0);
  time.setUTCFullYear(year, month - 1, day);
  time.setUTCHours(hour, minute, second);
  const exists =
    time.getUTCMonth() === month - 1 &&
    time.getUTCDate() === day &&
    time.getUTCHours() === hour &&
    time.getUTCMinutes() === minute;
  if (!exists || second > 59) throw derError('a date that exists', 'another', node.start);
  return time;
}

/** Throws unless the node carries the tag. */
export function expectTag(node: DerNode, tag: number): void {
  if (node.tag !== tag) throw unexpectedTag(tag, node);
}

function unexpectedTag(tag: number, node: DerNode): MtlsError {
  return derError(`tag ${hexTag(tag)}`, `tag ${hexTag(node.tag)}`, node.start);
}

function hexTag(tag: number): string {
  return `0x${tag.toString(16).padStart(2, '0')}`;
}

function derError(required: string, found: string, offset: number): MtlsError {
  return new MtlsError({code: 'ERR_MTLS_DER', required, found, where: `offset ${offset}`});
}
