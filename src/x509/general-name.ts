import {checkBelow, childrenOf, contentOf, contextTag, DerReader, encodingOf, expectTag, readOid, Tag} from './der';
import type {DerNode} from './der';
import {isMailbox, isUri, isWildcardOrHostName} from './host-name';
import {ipText} from './ip-address';
import {malformed} from './malformed';
import {parseDistinguishedName} from './names';
import type {GeneralName} from './names';
import {readText} from './strings';

/** The tags of GeneralName (RFC 5280 section 4.2.1.6). */
export const NameTag = Object.freeze({
  OTHER: contextTag(0, 'constructed'),
  EMAIL: contextTag(1, 'primitive'),
  DNS: contextTag(2, 'primitive'),
  X400: contextTag(3, 'constructed'),
  /** A Name is a CHOICE, so this tag is explicit. */
  DIRECTORY: contextTag(4, 'constructed'),
  EDI_PARTY: contextTag(5, 'constructed'),
  URI: contextTag(6, 'primitive'),
  IP: contextTag(7, 'primitive'),
  REGISTERED_ID: contextTag(8, 'primitive'),
});

const USER_PRINCIPAL_NAME = '1.3.6.1.4.1.311.20.2.3';

/**
 * Most names, and most subtrees, in one list. Whoever checks names against constraints multiplies the two numbers
 * (CVE-2025-58187); the largest certificates seen in the wild have some hundred names.
 */
export const MAX_NAMES = 1024;

/** Reads GeneralNames: one or more; `tag` is the implicit tag where there is one. */
export function parseGeneralNames(node: DerNode, tag: number = Tag.SEQUENCE): readonly GeneralName[] {
  expectTag(node, tag);
  const names = childrenOf(node);
  if (names.length === 0 || names.length > MAX_NAMES)
    throw malformed(`offset ${node.start}`, `1 to ${MAX_NAMES} names`, String(names.length));
  return Object.freeze(names.map(parseGeneralName));
}

/**
 * Reads one GeneralName. Each kind has its own syntax, and a name that does not follow it is refused: the RFC leaves
 * no room for a DNS name that is none.
 *
 * @throws MtlsError `ERR_MTLS_DER`, `ERR_MTLS_NAME_FORBIDDEN_CHARACTER`, `ERR_MTLS_CERTIFICATE_MALFORMED`
 */
export function parseGeneralName(node: DerNode): GeneralName {
  return Object.freeze(readGeneralName(node));
}

function readGeneralName(node: DerNode): GeneralName {
  switch (node.tag) {
    case NameTag.OTHER:
      return readOtherName(node);
    case NameTag.EMAIL:
      return {kind: 'email', value: readAscii(node, 'a mailbox', isMailbox)};
    case NameTag.DNS:
      return {kind: 'dns', value: readAscii(node, 'a host name', isWildcardOrHostName)};
    case NameTag.DIRECTORY:
      return {kind: 'directory', value: parseDistinguishedName(onlyChild(node))};
    case NameTag.URI:
      return {kind: 'uri', value: readAscii(node, 'an absolute URI', isUri)};
    case NameTag.IP:
      return readIp(node);
    case NameTag.REGISTERED_ID:
      return {kind: 'registeredId', value: readOid(node, NameTag.REGISTERED_ID)};
    case NameTag.X400:
    case NameTag.EDI_PARTY:
      checkBelow(node);
      return {kind: 'unsupported', tag: node.tag, value: contentOf(node)};
    default:
      throw malformed(`offset ${node.start}`, 'a kind of GeneralName', `tag 0x${node.tag.toString(16)}`);
  }
}

/** The only child of an explicitly tagged value. */
export function onlyChild(node: DerNode, tag?: number): DerNode {
  const reader = new DerReader(node);
  const child = reader.read(tag);
  reader.finish();
  return child;
}

/** Text implicitly tagged IA5String that must satisfy the syntax of its kind of name. */
export function readAscii(node: DerNode, syntax: string, follows: (text: string) => boolean): string {
  const text = readText(node, Tag.IA5_STRING);
  if (!follows(text)) throw malformed(`offset ${node.start}`, syntax, 'other text');
  return text;
}

function readOtherName(node: DerNode): GeneralName {
  const reader = new DerReader(node);
  const type = readOid(reader.read());
  const value = onlyChild(reader.read(contextTag(0, 'constructed')));
  reader.finish();
  checkBelow(value);
  if (type === USER_PRINCIPAL_NAME) {
    expectTag(value, Tag.UTF8_STRING);
    return {kind: 'upn', value: readText(value)};
  }
  // Nothing here matches on it, but whoever does must not meet a NUL either (CVE-2025-66220).
  if (value.tag === Tag.UTF8_STRING || value.tag === Tag.IA5_STRING) readText(value);
  return {kind: 'other', type, value: encodingOf(value)};
}

function readIp(node: DerNode): GeneralName {
  const octets = contentOf(node);
  if (octets.length !== 4 && octets.length !== 16)
    throw malformed(`offset ${node.start}`, 'an IP address of 4 or 16 octets', `${octets.length} octets`);
  return {kind: 'ip', value: ipText(octets), octets};
}
