import {MtlsError} from '../errors';
import type {SignatureAlgorithm} from './algorithm';
import {parseSignatureAlgorithm} from './algorithm';
import {
  contextTag,
  DerReader,
  encodingOf,
  parseDer,
  readBitString,
  readBoolean,
  readInteger,
  readNamedBits,
  readSmallInteger,
  readTime,
  Tag,
} from './der';
import type {DerNode} from './der';
import {parseDistributionPointName, parseDistributionPoints} from './distribution-point';
import type {DistributionPoint, DistributionPointName} from './distribution-point';
import {parseRawExtensions} from './extensions';
import type {RawExtension} from './extensions';
import {parseAuthorityKeyIdentifier} from './key-identifiers';
import type {AuthorityKeyIdentifier} from './key-identifiers';
import {parseDistinguishedName} from './names';
import type {DistinguishedName} from './names';

/** RFC 5280 section 5.2.5: what a CRL covers. Absent parts mean no limit of that kind. */
export interface IssuingDistributionPoint {
  /** The name of the distribution point, to be compared with those in a certificate. */
  readonly point?: DistributionPointName;
  readonly covers: 'everything' | 'user certificates' | 'CA certificates' | 'attribute certificates';
  /** Bit numbers of ReasonFlags; absent means all reasons. */
  readonly onlySomeReasons?: readonly number[];
  readonly indirectCrl: boolean;
}

/** The extensions of a CRL. A known one that does not follow its definition is a parse error. */
export interface CrlExtensions {
  readonly all: readonly RawExtension[];
  /** OIDs of critical extensions that are not understood; a verifier refuses the CRL. */
  readonly unknownCritical: readonly string[];
  readonly authorityKeyIdentifier?: AuthorityKeyIdentifier;
  readonly crlNumber?: bigint;
  /** RFC 5280 section 5.2.4: this is a delta CRL on top of a CRL of at least this number. */
  readonly baseCrlNumber?: bigint;
  readonly issuingDistributionPoint?: IssuingDistributionPoint;
  readonly freshestCrl?: readonly DistributionPoint[];
}

/** What a CRL says, without its entries. Nothing has been checked: not the signature, not the dates, not who signed. */
export interface CrlFacts {
  readonly der: Buffer;
  readonly issuer: DistinguishedName;
  readonly thisUpdate: Date;
  readonly nextUpdate?: Date;
  /** revokedCertificates, not yet read; absent when nothing is revoked. See `indexEntries`. */
  readonly entries?: DerNode;
  readonly extensions: CrlExtensions;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly signature: Buffer;
  /** The signed bytes (TBSCertList). */
  readonly tbs: Buffer;
}

/**
 * Reads a CRL (RFC 5280 section 5.1) without its entries, so the cost does not depend on their number.
 *
 * @throws MtlsError `ERR_MTLS_DER`, `ERR_MTLS_CRL_MALFORMED`, `ERR_MTLS_EXTENSION_DUPLICATE`, `ERR_MTLS_EXTENSION_MALFORMED`
 */
export function parseCrl(der: Buffer): CrlFacts {
  const list = new DerReader(parseDer(der, Tag.SEQUENCE));
  const tbsNode = list.read(Tag.SEQUENCE);
  const signatureAlgorithm = parseSignatureAlgorithm(list.read(Tag.SEQUENCE));
  const {octets: signature, unusedBits} = readBitString(list.read());
  list.finish();
  if (unusedBits !== 0) throw malformed('a signature of whole octets', `${unusedBits} unused bits`);

  const tbs = new DerReader(tbsNode);
  const versionNode = tbs.optional(Tag.INTEGER);
  const version = versionNode === undefined ? 1 : readSmallInteger(versionNode) + 1;
  if (versionNode !== undefined && version !== 2) throw malformed('version 1 (absent) or 2', `version ${version}`);
  if (!encodingOf(tbs.read(Tag.SEQUENCE)).equals(signatureAlgorithm.der)) {
    throw malformed('the same signature algorithm inside and outside', 'two different ones');
  }
  const issuer = parseDistinguishedName(tbs.read(Tag.SEQUENCE));
  if (issuer.rdns.length === 0) throw malformed('an issuer', 'an empty name');
  const thisUpdate = readTime(tbs.read());
  const hasNextUpdate = tbs.nextTag === Tag.UTC_TIME || tbs.nextTag === Tag.GENERALIZED_TIME;
  const nextUpdate = hasNextUpdate ? readTime(tbs.read()) : undefined;
  const entries = tbs.optional(Tag.SEQUENCE);
  const extensionsNode = tbs.optional(contextTag(0, 'constructed'));
  tbs.finish();
  if (extensionsNode !== undefined && version !== 2) throw malformed('no extensions in version 1', 'some');

  return {
    der,
    issuer,
    thisUpdate,
    ...(nextUpdate && {nextUpdate}),
    ...(entries && {entries}),
    extensions: parseCrlExtensions(extensionsNode),
    signatureAlgorithm,
    signature,
    tbs: encodingOf(tbsNode),
  };
}

const AUTHORITY_KEY_IDENTIFIER = '2.5.29.35';
const ISSUER_ALT_NAME = '2.5.29.18';
const CRL_NUMBER = '2.5.29.20';
const DELTA_CRL_INDICATOR = '2.5.29.27';
const ISSUING_DISTRIBUTION_POINT = '2.5.29.28';
const FRESHEST_CRL = '2.5.29.46';

type Known = Partial<Omit<CrlExtensions, 'all' | 'unknownCritical'>>;

const PARSERS: Readonly<Partial<Record<string, (value: Buffer) => Known>>> = {
  [AUTHORITY_KEY_IDENTIFIER]: value => ({authorityKeyIdentifier: parseAuthorityKeyIdentifier(parseDer(value))}),
  [CRL_NUMBER]: value => ({crlNumber: parseCrlNumber(value)}),
  [DELTA_CRL_INDICATOR]: value => ({baseCrlNumber: parseCrlNumber(value)}),
  [ISSUING_DISTRIBUTION_POINT]: value => ({issuingDistributionPoint: parseIssuingDistributionPoint(value)}),
  [FRESHEST_CRL]: value => ({freshestCrl: parseDistributionPoints(parseDer(value))}),
  // Another name for the issuer: nothing is decided by it.
  [ISSUER_ALT_NAME]: () => ({}),
};

function parseCrlExtensions(node: DerNode | undefined): CrlExtensions {
  if (node === undefined) return {all: [], unknownCritical: []};
  const outer = new DerReader(node);
  const all = parseRawExtensions(outer.read(Tag.SEQUENCE));
  outer.finish();
  let known: Known = {};
  const unknownCritical: string[] = [];
  for (const {oid, critical, value} of all) {
    const parse = PARSERS[oid];
    if (parse !== undefined) known = {...known, ...parse(value)};
    else if (critical) unknownCritical.push(oid);
  }
  return {all, unknownCritical, ...known};
}

/** RFC 5280 section 5.2.3: at most twenty octets, never negative. */
function parseCrlNumber(value: Buffer): bigint {
  const octets = readInteger(parseDer(value));
  if (octets.length > 20 || (octets[0] ?? 0) >= 0x80) {
    throw malformed('a CRL number of 0 or more in at most 20 octets', `${octets.length} octets`);
  }
  return BigInt(`0x${octets.toString('hex')}`);
}

const COVERS = [
  [1, 'user certificates'],
  [2, 'CA certificates'],
  [5, 'attribute certificates'],
] as const;

function parseIssuingDistributionPoint(value: Buffer): IssuingDistributionPoint {
  const reader = new DerReader(parseDer(value, Tag.SEQUENCE));
  const pointNode = reader.optional(contextTag(0, 'constructed'));
  const flags = new Set<number>();
  let reasons: readonly number[] | undefined;
  for (const number of [1, 2, 3, 4, 5]) {
    const node = reader.optional(contextTag(number, 'primitive'));
    if (node === undefined) continue;
    if (number === 3) reasons = readNamedBits(node, contextTag(3, 'primitive'));
    else if (readBoolean({...node, tag: Tag.BOOLEAN})) flags.add(number);
    // X.690 section 11.5: a default value is not encoded.
    else throw malformed('an absent flag where it is false', 'an encoded false');
  }
  reader.finish();
  const limits = COVERS.filter(([number]) => flags.has(number));
  if (limits.length > 1) throw malformed('at most one of the onlyContains flags', `${limits.length}`);
  return {
    ...(pointNode && {point: parseDistributionPointName(pointNode)}),
    covers: limits[0]?.[1] ?? 'everything',
    ...(reasons && {onlySomeReasons: reasons}),
    indirectCrl: flags.has(4),
  };
}

function malformed(required: string, found: string): MtlsError {
  return new MtlsError({code: 'ERR_MTLS_CRL_MALFORMED', required, found});
}
