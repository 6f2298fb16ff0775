import {childrenOf, contextTag, DerReader, expectTag, readNamedBits, Tag} from './der';
import type {DerNode} from './der';
import {onlyChild, parseGeneralNames} from './general-name';
import {malformed} from './malformed';
import {parseRdn} from './names';
import type {GeneralName, NameAttribute} from './names';

/** The name of a distribution point: either full names or one relative to the CRL issuer. */
export interface DistributionPointName {
  readonly fullName: readonly GeneralName[];
  readonly relativeName?: readonly NameAttribute[];
}

/** RFC 5280 section 4.2.1.13. */
export interface DistributionPoint extends DistributionPointName {
  /** Bit numbers of ReasonFlags; absent means all reasons. */
  readonly reasons?: readonly number[];
  readonly crlIssuer: readonly GeneralName[];
}

const CONSTRUCTED_0 = contextTag(0, 'constructed');
const CONSTRUCTED_1 = contextTag(1, 'constructed');
const CONSTRUCTED_2 = contextTag(2, 'constructed');
const REASONS = contextTag(1, 'primitive');

/** Reads CRLDistributionPoints, which FreshestCRL is too: one or more points. */
export function parseDistributionPoints(node: DerNode): readonly DistributionPoint[] {
  expectTag(node, Tag.SEQUENCE);
  const points = childrenOf(node, Tag.SEQUENCE).map(parseDistributionPoint);
  if (points.length === 0) throw malformed(`offset ${node.start}`, 'a distribution point', 'none');
  return Object.freeze(points);
}

function parseDistributionPoint(node: DerNode): DistributionPoint {
  const reader = new DerReader(node);
  const name = reader.optional(CONSTRUCTED_0);
  const reasons = reader.optional(REASONS);
  const crlIssuer = reader.optional(CONSTRUCTED_2);
  reader.finish();
  // RFC 5280 section 4.2.1.13: a point MUST NOT consist of only the reasons field.
  if (name === undefined && crlIssuer === undefined)
    throw malformed(`offset ${node.start}`, 'distributionPoint or cRLIssuer', 'neither');
  return Object.freeze({
    ...(name === undefined ? {fullName: NO_NAMES} : parseDistributionPointName(name)),
    ...(reasons && {reasons: Object.freeze(readNamedBits(reasons, REASONS))}),
    crlIssuer: crlIssuer === undefined ? NO_NAMES : parseGeneralNames(crlIssuer, CONSTRUCTED_2),
  });
}

const NO_NAMES: readonly GeneralName[] = Object.freeze([]);

/** Reads what is inside `distributionPoint [0]`, given that tag's node: a CHOICE, and therefore explicitly tagged. */
export function parseDistributionPointName(node: DerNode): DistributionPointName {
  const choice = onlyChild(node);
  if (choice.tag === CONSTRUCTED_0) return {fullName: parseGeneralNames(choice, CONSTRUCTED_0)};
  expectTag(choice, CONSTRUCTED_1);
  return {fullName: NO_NAMES, relativeName: parseRdn(choice)};
}
