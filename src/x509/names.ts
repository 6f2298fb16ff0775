import {childrenOf, DerReader, encodingOf, expectTag, readOid, Tag} from './der';
import type {DerNode} from './der';
import {malformed} from './malformed';
import {readText} from './strings';

/** Names as X.509 has them: typed, never joined into one display string. */

/** One attribute of a distinguished name: its type as dotted OID and its value as text. */
export interface NameAttribute {
  readonly type: string;
  readonly value: string;
}

/** RFC 5280 section 4.1.2.4: a sequence of relative distinguished names, each a set of attributes. */
export interface DistinguishedName {
  /** DER encoding, for byte-exact use (CertID hashes, CRL issuers). */
  readonly der: Buffer;
  readonly rdns: readonly (readonly NameAttribute[])[];
  /**
   * Normalised form of RFC 5280 section 7.1: two names match if and only if these are equal. Every RDN ends with a
   * line feed, which no value can contain, so a name lies in the subtree of another if and only if the other's form
   * is a prefix of its own.
   */
  readonly comparable: string;
}

/** RFC 5280 section 4.2.1.6: one name of a subject or issuer alternative name. Values are as they stand, case included. */
export type GeneralName =
  /** Letters, digits, hyphens and underscores in labels; the first label may be `*`. No trailing dot. */
  | {readonly kind: 'dns'; readonly value: string}
  | {readonly kind: 'email'; readonly value: string}
  | {readonly kind: 'uri'; readonly value: string}
  | {readonly kind: 'ip'; readonly value: string; readonly octets: Buffer}
  /** Microsoft user principal name, otherName 1.3.6.1.4.1.311.20.2.3. */
  | {readonly kind: 'upn'; readonly value: string}
  | {readonly kind: 'registeredId'; readonly value: string}
  | {readonly kind: 'directory'; readonly value: DistinguishedName}
  /** Another otherName; `value` is the DER inside `[0] EXPLICIT`. */
  | {readonly kind: 'other'; readonly type: string; readonly value: Buffer}
  /** x400Address or ediPartyName: kept as bytes, never matched. */
  | {readonly kind: 'unsupported'; readonly tag: number; readonly value: Buffer};

/**
 * Reads a Name.
 *
 * @throws MtlsError `ERR_MTLS_DER`, `ERR_MTLS_NAME_FORBIDDEN_CHARACTER`, `ERR_MTLS_CERTIFICATE_MALFORMED`
 */
export function parseDistinguishedName(node: DerNode): DistinguishedName {
  expectTag(node, Tag.SEQUENCE);
  const rdns = childrenOf(node, Tag.SET).map(parseRdn);
  return Object.freeze({
    der: encodingOf(node),
    rdns: Object.freeze(rdns),
    comparable: comparableName(rdns),
  });
}

/** Reads the attributes of a RelativeDistinguishedName; `node` is a SET or implicitly tagged as one. */
export function parseRdn(node: DerNode): readonly NameAttribute[] {
  const attributes = childrenOf(node, Tag.SEQUENCE);
  if (attributes.length === 0) throw malformed(`offset ${node.start}`, 'an attribute', 'an empty RDN');
  attributes.forEach((attribute, index) => {
    const before = attributes[index - 1];
    // X.690 section 11.6: a SET OF is sorted; equal elements cannot be a set.
    if (before !== undefined && Buffer.compare(encodingOf(before), encodingOf(attribute)) >= 0)
      throw malformed(`offset ${attribute.start}`, 'the attributes of an RDN in DER order', 'another order');
  });
  return Object.freeze(attributes.map(parseAttribute));
}

/**
 * Longest attribute value, in UTF-16 code units; the usual upper bounds of RFC 5280 appendix A are 64 and 128.
 * Normalising a long run of combining characters takes time that grows with the square of its length.
 */
const MAX_VALUE_LENGTH = 512;

/** Every attribute that RFC 5280 section 4.1.2.4 asks for is a character string; a value that is none is refused. */
function parseAttribute(node: DerNode): NameAttribute {
  const reader = new DerReader(node);
  const type = readOid(reader.read());
  const value = readText(reader.read());
  reader.finish();
  if (value.length > MAX_VALUE_LENGTH)
    throw malformed(`offset ${node.start}`, `at most ${MAX_VALUE_LENGTH} characters`, `${value.length} characters`);
  return Object.freeze({type, value});
}

/** The form in which names match, see {@link DistinguishedName.comparable}. */
export function comparableName(rdns: DistinguishedName['rdns']): string {
  return rdns.map(comparableRdn).join('');
}

/** Neither tab nor line feed can occur in a value: control characters were refused. */
function comparableRdn(rdn: readonly NameAttribute[]): string {
  const attributes = rdn.map(({type, value}) => `${type}=${comparableText(value)}`);
  return `${attributes.length === 1 ? attributes.join('') : attributes.sort().join('\t')}\n`;
}

/**
 * Text prepared for comparison: RFC 5280 section 7.1 asks for the stringprep profile of RFC 4518, which folds case,
 * applies NFKC and takes runs of spaces as one. Of its steps, prohibited characters are already refused.
 */
export function comparableText(text: string): string {
  const folded = /^[ -~]*$/.test(text) ? text.toLowerCase() : foldCase(text.normalize('NFKC')).normalize('NFKC');
  return folded.replace(/\p{Zs}+/gu, ' ').trim();
}

/**
 * Full case folding (RFC 3454 table B.2), which ECMAScript has not: the detour over capitals makes `ß` equal `ss`.
 * Dotless i keeps out of it, because its capital is `I`.
 */
function foldCase(text: string): string {
  return text
    .split('ı')
    .map(part => part.toLowerCase().toUpperCase().toLowerCase())
    .join('ı');
}
