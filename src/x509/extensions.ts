import {MtlsError} from '../errors';
import {
  childrenOf,
  DerReader,
  expectTag,
  parseDer,
  readBoolean,
  readOctetString,
  readOid,
  readSmallInteger,
  Tag,
} from './der';
import type {DerNode} from './der';
import {parseDistributionPoints} from './distribution-point';
import type {DistributionPoint} from './distribution-point';
import {parseGeneralName, parseGeneralNames} from './general-name';
import {parseAuthorityKeyIdentifier, parseSubjectKeyIdentifier} from './key-identifiers';
import type {AuthorityKeyIdentifier} from './key-identifiers';
import {parseExtendedKeyUsage, parseKeyUsage} from './key-usage';
import type {KeyUsage} from './key-usage';
import {malformed} from './malformed';
import {parseNameConstraints} from './name-constraints';
import type {NameConstraints} from './name-constraints';
import type {GeneralName} from './names';
import {parseCertificatePolicies, parsePolicyConstraints, parsePolicyMappings} from './policies';
import type {PolicyConstraints, PolicyMapping} from './policies';
import {RecentMap} from './recent-map';

/** One extension as it stands in the certificate. */
export interface RawExtension {
  readonly oid: string;
  readonly critical: boolean;
  /** The content of extnValue: the DER of the extension. */
  readonly value: Buffer;
}

/** RFC 5280 section 4.2.1.9. */
export interface BasicConstraints {
  readonly ca: boolean;
  readonly pathLength?: number;
}

/** RFC 5280 section 4.2.2.1: where to ask an OCSP responder or fetch the issuer's certificate. */
export interface AccessDescription {
  readonly method: string;
  readonly location: GeneralName;
}

/** The extensions this library understands. */
interface KnownExtensions {
  readonly basicConstraints?: BasicConstraints;
  readonly keyUsage?: readonly KeyUsage[];
  readonly extendedKeyUsage?: readonly string[];
  readonly subjectAltName?: readonly GeneralName[];
  readonly issuerAltName?: readonly GeneralName[];
  readonly nameConstraints?: NameConstraints;
  readonly certificatePolicies?: readonly string[];
  readonly policyMappings?: readonly PolicyMapping[];
  readonly policyConstraints?: PolicyConstraints;
  readonly inhibitAnyPolicy?: number;
  readonly subjectKeyIdentifier?: Buffer;
  readonly authorityKeyIdentifier?: AuthorityKeyIdentifier;
  readonly crlDistributionPoints?: readonly DistributionPoint[];
  readonly freshestCrl?: readonly DistributionPoint[];
  readonly authorityInfoAccess?: readonly AccessDescription[];
  /** RFC 9608: the issuer publishes no revocation information for this certificate. */
  readonly noRevocationAvailable: boolean;
  /** RFC 7633: TLS features the server must offer; 5 is must-staple. */
  readonly tlsFeatures?: readonly number[];
}

/**
 * The extensions of a certificate. A known extension that does not follow its definition is a parse error, so an
 * absent property means the extension is absent. Whether an extension had to be critical, or may not be, is for the
 * verifier to say.
 */
export interface Extensions extends KnownExtensions {
  readonly all: readonly RawExtension[];
  /** OIDs of critical extensions that this library does not understand; a verifier refuses them. */
  readonly unknownCritical: readonly string[];
}

const PARSERS: ReadonlyMap<string, (value: DerNode) => Partial<KnownExtensions>> = new Map<
  string,
  (value: DerNode) => Partial<KnownExtensions>
>([
  ['2.5.29.14', value => ({subjectKeyIdentifier: parseSubjectKeyIdentifier(value)})],
  ['2.5.29.15', value => ({keyUsage: parseKeyUsage(value)})],
  ['2.5.29.17', value => ({subjectAltName: parseGeneralNames(value)})],
  ['2.5.29.18', value => ({issuerAltName: parseGeneralNames(value)})],
  ['2.5.29.19', value => ({basicConstraints: parseBasicConstraints(value)})],
  ['2.5.29.30', value => ({nameConstraints: parseNameConstraints(value)})],
  ['2.5.29.31', value => ({crlDistributionPoints: parseDistributionPoints(value)})],
  ['2.5.29.32', value => ({certificatePolicies: parseCertificatePolicies(value)})],
  ['2.5.29.33', value => ({policyMappings: parsePolicyMappings(value)})],
  ['2.5.29.35', value => ({authorityKeyIdentifier: parseAuthorityKeyIdentifier(value)})],
  ['2.5.29.36', value => ({policyConstraints: parsePolicyConstraints(value)})],
  ['2.5.29.37', value => ({extendedKeyUsage: parseExtendedKeyUsage(value)})],
  ['2.5.29.46', value => ({freshestCrl: parseDistributionPoints(value)})],
  ['2.5.29.54', value => ({inhibitAnyPolicy: readSmallInteger(value)})],
  ['2.5.29.56', value => ({noRevocationAvailable: readNull(value)})],
  ['1.3.6.1.5.5.7.1.1', value => ({authorityInfoAccess: parseAuthorityInfoAccess(value)})],
  ['1.3.6.1.5.5.7.1.24', value => ({tlsFeatures: parseTlsFeatures(value)})],
]);

/** What a certificate without extensions says by them. */
export const NO_EXTENSIONS: Extensions = Object.freeze({
  all: Object.freeze([]),
  unknownCritical: Object.freeze([]),
  noRevocationAvailable: false,
});

/**
 * Reads the Extensions of a certificate.
 *
 * @throws MtlsError `ERR_MTLS_EXTENSION_MALFORMED`, `ERR_MTLS_EXTENSION_DUPLICATE`,
 *   `ERR_MTLS_NAME_FORBIDDEN_CHARACTER`, `ERR_MTLS_DER`
 */
export function parseExtensions(node: DerNode): Extensions {
  const all = parseAll(node, parseSharedExtension);
  const unknownCritical: string[] = [];
  const known: Partial<KnownExtensions> = {};
  for (const extension of all) {
    const meaning = meanings.get(extension) ?? parseMeaning(extension);
    if (meaning !== undefined) Object.assign(known, meaning);
    else if (extension.critical) unknownCritical.push(extension.oid);
  }
  return Object.freeze(
    Object.assign(known, {
      all,
      unknownCritical: Object.freeze(unknownCritical),
      noRevocationAvailable: known.noRevocationAvailable ?? false,
    }),
  );
}

/**
 * Reads Extensions of any kind (certificate, CRL, CRL entry, OCSP) without looking into their values.
 *
 * @throws MtlsError `ERR_MTLS_EXTENSION_MALFORMED`, `ERR_MTLS_EXTENSION_DUPLICATE`, `ERR_MTLS_DER`
 */
export function parseRawExtensions(node: DerNode): readonly RawExtension[] {
  return parseAll(node, parseRawExtension);
}

function parseAll(node: DerNode, parse: (extension: DerNode) => RawExtension): readonly RawExtension[] {
  expectTag(node, Tag.SEQUENCE);
  const extensions = childrenOf(node, Tag.SEQUENCE).map(extension => parse(extension));
  if (extensions.length === 0) throw malformed('extensions', 'at least one extension', 'none');
  const seen = new Set<string>();
  for (const {oid} of extensions) {
    if (seen.has(oid))
      throw new MtlsError({code: 'ERR_MTLS_EXTENSION_DUPLICATE', required: 'each extension once', found: oid});
    seen.add(oid);
  }
  return Object.freeze(extensions);
}

function parseRawExtension(node: DerNode): RawExtension {
  const reader = new DerReader(node);
  const oid = readOid(reader.read());
  return naming(oid, () => {
    const flag = reader.optional(Tag.BOOLEAN);
    const value = readOctetString(reader.read());
    reader.finish();
    return Object.freeze({oid, critical: readFlag(flag), value});
  });
}

/** Extensions that a CA writes alike into all certificates of one kind; others, such as names, are of one only. */
const SHARED: ReadonlySet<string> = new Set([
  '2.5.29.15',
  '2.5.29.19',
  '2.5.29.31',
  '2.5.29.32',
  '2.5.29.35',
  '2.5.29.37',
  '2.5.29.46',
  '2.5.29.56',
  '1.3.6.1.5.5.7.1.1',
]);

/** Shared extensions kept at most: some eight for each kind of certificate. Longer ones are not kept. */
const MAX_SHARED = 256;
const MAX_SHARED_OCTETS = 512;

/** By their whole encoding: what thousands of certificates have alike is read once and held once. */
const shared = new RecentMap<RawExtension>(MAX_SHARED);

/** What the extensions in {@link shared} say. */
const meanings = new WeakMap<RawExtension, Partial<KnownExtensions> | undefined>();

function parseSharedExtension(node: DerNode): RawExtension {
  if (node.end - node.start > MAX_SHARED_OCTETS) return parseRawExtension(node);
  const encoding = node.bytes.toString('latin1', node.start, node.end);
  const known = shared.get(encoding);
  if (known !== undefined) return known;
  const extension = parseRawExtension(node);
  if (!SHARED.has(extension.oid)) return extension;
  // Of its own, or what is kept would keep the whole certificate it was first seen in.
  const kept = Object.freeze({...extension, value: Buffer.from(extension.value)});
  try {
    meanings.set(kept, parseMeaning(kept));
  } catch {
    // It is refused in its turn, after duplicates.
    return extension;
  }
  shared.set(encoding, kept);
  return kept;
}

/** What a known extension says; undefined for one that is not known. */
function parseMeaning({oid, value}: RawExtension): Partial<KnownExtensions> | undefined {
  const parse = PARSERS.get(oid);
  return parse && naming(oid, () => parse(parseDer(value)));
}

/** A BOOLEAN DEFAULT FALSE: DER leaves the default out (X.690 section 11.5). */
function readFlag(flag: DerNode | undefined): boolean {
  if (flag === undefined) return false;
  if (!readBoolean(flag)) throw malformed(`offset ${flag.start}`, 'a default left out', 'FALSE');
  return true;
}

/** Runs a parser and puts the extension's OID into whatever it throws about encoding or definition. */
function naming<T>(oid: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof MtlsError) || error.code === 'ERR_MTLS_NAME_FORBIDDEN_CHARACTER') throw error;
    const {required, found, where = 'value'} = error.refusal;
    const refusal = {
      code: 'ERR_MTLS_EXTENSION_MALFORMED',
      required,
      found,
      where: `extension ${oid}, ${where}`,
    } as const;
    throw new MtlsError(refusal, {cause: error});
  }
}

function parseBasicConstraints(node: DerNode): BasicConstraints {
  expectTag(node, Tag.SEQUENCE);
  const reader = new DerReader(node);
  const ca = readFlag(reader.optional(Tag.BOOLEAN));
  const pathLength = reader.optional(Tag.INTEGER);
  reader.finish();
  return Object.freeze({ca, ...(pathLength && {pathLength: readSmallInteger(pathLength)})});
}

function parseAuthorityInfoAccess(node: DerNode): readonly AccessDescription[] {
  expectTag(node, Tag.SEQUENCE);
  const descriptions = childrenOf(node, Tag.SEQUENCE).map(parseAccessDescription);
  if (descriptions.length === 0) throw malformed('authorityInfoAccess', 'at least one description', 'none');
  return Object.freeze(descriptions);
}

function parseAccessDescription(node: DerNode): AccessDescription {
  const reader = new DerReader(node);
  const method = readOid(reader.read());
  const location = parseGeneralName(reader.read());
  reader.finish();
  return Object.freeze({method, location});
}

function readNull(node: DerNode): true {
  expectTag(node, Tag.NULL);
  if (node.end !== node.contentStart) throw malformed('value', 'NULL', 'content');
  return true;
}

function parseTlsFeatures(node: DerNode): readonly number[] {
  expectTag(node, Tag.SEQUENCE);
  return Object.freeze(childrenOf(node).map(feature => readSmallInteger(feature)));
}
