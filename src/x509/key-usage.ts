import {childrenOf, expectTag, readNamedBits, readOid, Tag} from './der';
import type {DerNode} from './der';
import {malformed} from './malformed';

/** The bits of RFC 5280 section 4.2.1.3 in their order. */
const KEY_USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;

/** RFC 5280 section 4.2.1.3, in the words of the RFC. */
export type KeyUsage = (typeof KEY_USAGES)[number];

/** Reads KeyUsage. At least one bit is set, as the RFC requires, and no bit it does not define. */
export function parseKeyUsage(node: DerNode): readonly KeyUsage[] {
  const usages = readNamedBits(node).map(bit => KEY_USAGES[bit] ?? refuseBit(bit));
  if (usages.length === 0) throw malformed('keyUsage', 'at least one bit', 'none');
  return Object.freeze(usages);
}

function refuseBit(bit: number): never {
  throw malformed('keyUsage', `bits 0 to ${KEY_USAGES.length - 1}`, `bit ${bit}`);
}

/** Reads ExtKeyUsageSyntax (RFC 5280 section 4.2.1.12): one or more OIDs. */
export function parseExtendedKeyUsage(node: DerNode): readonly string[] {
  expectTag(node, Tag.SEQUENCE);
  const purposes = childrenOf(node).map(purpose => readOid(purpose));
  if (purposes.length === 0) throw malformed('extendedKeyUsage', 'at least one purpose', 'none');
  return Object.freeze(purposes);
}
