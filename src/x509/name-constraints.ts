import {childrenOf, contentOf, contextTag, DerReader, expectTag, Tag} from './der';
import type {DerNode} from './der';
import {MAX_NAMES, NameTag, parseGeneralName, readAscii} from './general-name';
import {isHostName, isMailbox} from './host-name';
import {isContiguousMask} from './ip-address';
import {malformed} from './malformed';
import type {GeneralName} from './names';

/** RFC 5280 section 4.2.1.10. Minimum and maximum are absent, as the RFC and DER require. */
export interface NameConstraints {
  readonly permitted: readonly ConstraintBase[];
  readonly excluded: readonly ConstraintBase[];
}

/**
 * The base of a subtree. Text is as it stands, and an empty text covers every name of its kind:
 * - `dns`: a host name. A leading dot, which the RFC does not define here, is kept for the verifier to judge.
 * - `email`: a mailbox, a host, or a domain with a leading dot.
 * - `uri`: a host, or a domain with a leading dot; never a URI.
 * - `ip`: address and contiguous mask of the same size; the address may have bits outside the mask.
 * - any other kind as in a GeneralName.
 */
export type ConstraintBase =
  Exclude<GeneralName, {kind: 'ip'}> | {readonly kind: 'ip'; readonly address: Buffer; readonly mask: Buffer};

/** Reads the extension; at least one of the two lists is there and no list is empty. */
export function parseNameConstraints(node: DerNode): NameConstraints {
  expectTag(node, Tag.SEQUENCE);
  const reader = new DerReader(node);
  const permitted = reader.optional(contextTag(0, 'constructed'));
  const excluded = reader.optional(contextTag(1, 'constructed'));
  reader.finish();
  if (permitted === undefined && excluded === undefined)
    throw malformed('nameConstraints', 'a subtree', 'an empty sequence');
  return Object.freeze({permitted: parseSubtrees(permitted), excluded: parseSubtrees(excluded)});
}

function parseSubtrees(node: DerNode | undefined): readonly ConstraintBase[] {
  if (node === undefined) return NO_SUBTREES;
  const subtrees = childrenOf(node, Tag.SEQUENCE);
  if (subtrees.length === 0 || subtrees.length > MAX_NAMES)
    throw malformed('nameConstraints', `1 to ${MAX_NAMES} subtrees`, String(subtrees.length));
  return Object.freeze(subtrees.map(parseSubtree));
}

const NO_SUBTREES: readonly ConstraintBase[] = Object.freeze([]);

function parseSubtree(node: DerNode): ConstraintBase {
  const reader = new DerReader(node);
  const base = parseBase(reader.read());
  // A minimum other than zero and any maximum are outside the profile; zero is the default, which DER leaves out.
  if (!reader.done) throw malformed('nameConstraints', 'a base without minimum and maximum', 'one of them');
  return Object.freeze(base);
}

function parseBase(node: DerNode): ConstraintBase {
  const empty = node.end === node.contentStart;
  switch (node.tag) {
    case NameTag.DNS:
      return {kind: 'dns', value: empty ? '' : readAscii(node, 'a host name', isDomain)};
    case NameTag.EMAIL:
      return {kind: 'email', value: empty ? '' : readAscii(node, 'a mailbox, host or domain', isMailboxOrDomain)};
    case NameTag.URI:
      return {kind: 'uri', value: empty ? '' : readAscii(node, 'a host or domain', isDomain)};
    case NameTag.IP:
      return parseNetwork(contentOf(node));
    default: {
      const name = parseGeneralName(node);
      if (name.kind === 'ip') throw malformed('nameConstraints', 'a network', 'an address');
      return name;
    }
  }
}

function isDomain(text: string): boolean {
  return isHostName(text.startsWith('.') ? text.slice(1) : text);
}

function isMailboxOrDomain(text: string): boolean {
  return isDomain(text) || isMailbox(text);
}

function parseNetwork(octets: Buffer): ConstraintBase {
  const size = octets.length / 2;
  const mask = octets.subarray(size);
  if ((size !== 4 && size !== 16) || !isContiguousMask(mask))
    throw malformed('nameConstraints', 'an address and a contiguous mask', `${octets.length} octets`);
  return {kind: 'ip', address: octets.subarray(0, size), mask};
}
