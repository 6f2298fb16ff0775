import type {KeyUsage} from '../x509/key-usage';
import type {RawExtension} from '../x509/extensions';
import {
  NULL,
  boolean,
  context,
  implicit,
  integer,
  namedBits,
  octetString,
  oid,
  retag,
  sequence,
  twosComplement,
} from './der';
import {encodeDistributionPoints} from './distribution-points';
import type {DistributionPointSpec} from './distribution-points';
import {encodeGeneralName} from './general-names';
import type {GeneralNameSpec} from './general-names';

/** Extended key usages by name (RFC 5280 section 4.2.1.12); others are given as OID. */
const EXTENDED_KEY_USAGES = {
  any: '2.5.29.37.0',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  ocspSigning: '1.3.6.1.5.5.7.3.9',
} as const;

/** The extensions this CA can write, by name. What is absent is not written. */
export interface ExtensionValues {
  readonly basicConstraints: {readonly ca: boolean; readonly pathLength?: number};
  readonly keyUsage: readonly KeyUsage[];
  /** Names of {@link EXTENDED_KEY_USAGES} or OIDs. */
  readonly extendedKeyUsage: readonly string[];
  readonly subjectAltNames: readonly GeneralNameSpec[];
  readonly issuerAltNames: readonly GeneralNameSpec[];
  /** An IP base is written as subnet: `ip:10.0.0.0/8`. */
  readonly nameConstraints: {
    readonly permitted?: readonly GeneralNameSpec[];
    readonly excluded?: readonly GeneralNameSpec[];
  };
  readonly certificatePolicies: readonly string[];
  readonly policyMappings: readonly {readonly issuerDomain: string; readonly subjectDomain: string}[];
  readonly policyConstraints: {readonly requireExplicitPolicy?: number; readonly inhibitPolicyMapping?: number};
  readonly inhibitAnyPolicy: number;
  readonly subjectKeyIdentifier: Buffer;
  readonly authorityKeyIdentifier: AuthorityKeyIdentifierSpec;
  readonly crlDistributionPoints: readonly DistributionPointSpec[];
  readonly freshestCrl: readonly DistributionPointSpec[];
  /** URLs of OCSP responders and of issuer certificates. */
  readonly authorityInfoAccess: {readonly ocsp?: readonly string[]; readonly caIssuers?: readonly string[]};
  /** RFC 7633: 5 is must-staple. */
  readonly tlsFeatures: readonly number[];
  /** RFC 9608: no revocation information will be published. */
  readonly noRevocationAvailable: true;
  /** RFC 6960 section 4.2.2.2.1: a responder certificate that is not to be checked itself. */
  readonly ocspNoCheck: true;
}

export type ExtensionName = keyof ExtensionValues;

/** RFC 5280 section 4.2.1.1. Issuer and serial number come together. */
export interface AuthorityKeyIdentifierSpec {
  readonly keyIdentifier?: Buffer;
  readonly issuer?: readonly GeneralNameSpec[];
  readonly serialNumber?: bigint;
}

interface Definition {
  readonly name: ExtensionName;
  readonly oid: string;
  readonly critical: boolean;
  readonly encode: (values: Partial<ExtensionValues>) => Buffer | undefined;
}

/** OID, criticality that RFC 5280 asks for, and encoding of each extension, in the order they are written. */
const DEFINITIONS: readonly Definition[] = [
  define('basicConstraints', '2.5.29.19', 'critical', ({ca, pathLength}) =>
    sequence(...(ca ? [boolean(true)] : []), ...(pathLength === undefined ? [] : [integer(pathLength)])),
  ),
  define('keyUsage', '2.5.29.15', 'critical', usages => namedBits(usages.map(usage => KEY_USAGE_BITS[usage]))),
  define('extendedKeyUsage', '2.5.29.37', 'not critical', purposes => sequence(...purposes.map(encodePurpose))),
  define('subjectAltNames', '2.5.29.17', 'not critical', names => sequence(...names.map(encodeGeneralName))),
  define('issuerAltNames', '2.5.29.18', 'not critical', names => sequence(...names.map(encodeGeneralName))),
  define('nameConstraints', '2.5.29.30', 'critical', ({permitted, excluded}) =>
    sequence(...subtrees(0, permitted), ...subtrees(1, excluded)),
  ),
  define('certificatePolicies', '2.5.29.32', 'not critical', policies =>
    sequence(...policies.map(policy => sequence(oid(policy)))),
  ),
  define('policyMappings', '2.5.29.33', 'critical', mappings =>
    sequence(...mappings.map(({issuerDomain, subjectDomain}) => sequence(oid(issuerDomain), oid(subjectDomain)))),
  ),
  define('policyConstraints', '2.5.29.36', 'critical', ({requireExplicitPolicy, inhibitPolicyMapping}) =>
    sequence(...skipCerts(0, requireExplicitPolicy), ...skipCerts(1, inhibitPolicyMapping)),
  ),
  define('inhibitAnyPolicy', '2.5.29.54', 'critical', integer),
  define('subjectKeyIdentifier', '2.5.29.14', 'not critical', octetString),
  define('authorityKeyIdentifier', '2.5.29.35', 'not critical', encodeAuthorityKeyIdentifier),
  define('crlDistributionPoints', '2.5.29.31', 'not critical', encodeDistributionPoints),
  define('freshestCrl', '2.5.29.46', 'not critical', encodeDistributionPoints),
  define('authorityInfoAccess', '1.3.6.1.5.5.7.1.1', 'not critical', ({ocsp = [], caIssuers = []}) =>
    sequence(
      ...ocsp.map(url => access('1.3.6.1.5.5.7.48.1', url)),
      ...caIssuers.map(url => access('1.3.6.1.5.5.7.48.2', url)),
    ),
  ),
  define('tlsFeatures', '1.3.6.1.5.5.7.1.24', 'not critical', features => sequence(...features.map(integer))),
  define('noRevocationAvailable', '2.5.29.56', 'not critical', () => NULL),
  define('ocspNoCheck', '1.3.6.1.5.5.7.48.1.5', 'not critical', () => NULL),
];

function define<N extends ExtensionName>(
  name: N,
  dotted: string,
  criticality: 'critical' | 'not critical',
  encode: (value: ExtensionValues[N]) => Buffer,
): Definition {
  return {
    name,
    oid: dotted,
    critical: criticality === 'critical',
    encode: values => {
      const value = values[name];
      return value === undefined ? undefined : encode(value);
    },
  };
}

/** The extensions that have a value and are not left out, ready to be written. */
export function encodeExtensions(
  values: Partial<ExtensionValues>,
  criticality: Readonly<Partial<Record<ExtensionName, 'critical' | 'not critical'>>> = {},
  without: readonly ExtensionName[] = [],
): readonly RawExtension[] {
  return DEFINITIONS.flatMap(definition => {
    const value = without.includes(definition.name) ? undefined : definition.encode(values);
    if (value === undefined) return [];
    const asked = criticality[definition.name];
    return [{oid: definition.oid, critical: asked ? asked === 'critical' : definition.critical, value}];
  });
}

/** DER of one Extension. */
export function encodeExtension({oid: dotted, critical, value}: RawExtension): Buffer {
  return sequence(oid(dotted), ...(critical ? [boolean(true)] : []), octetString(value));
}

/** RFC 5280 section 4.2.1.3. */
const KEY_USAGE_BITS: Readonly<Record<KeyUsage, number>> = {
  digitalSignature: 0,
  nonRepudiation: 1,
  keyEncipherment: 2,
  dataEncipherment: 3,
  keyAgreement: 4,
  keyCertSign: 5,
  cRLSign: 6,
  encipherOnly: 7,
  decipherOnly: 8,
};

function encodePurpose(purpose: string): Buffer {
  return oid(isNamedPurpose(purpose) ? EXTENDED_KEY_USAGES[purpose] : purpose);
}

function isNamedPurpose(purpose: string): purpose is keyof typeof EXTENDED_KEY_USAGES {
  return Object.hasOwn(EXTENDED_KEY_USAGES, purpose);
}

function subtrees(number: number, bases: readonly GeneralNameSpec[] | undefined): readonly Buffer[] {
  if (bases === undefined) return [];
  return [context(number, ...bases.map(base => sequence(encodeGeneralName(base))))];
}

function skipCerts(number: number, count: number | undefined): readonly Buffer[] {
  return count === undefined ? [] : [implicit(number, twosComplement(BigInt(count)))];
}

/** DER of AuthorityKeyIdentifier. */
export function encodeAuthorityKeyIdentifier(spec: AuthorityKeyIdentifierSpec): Buffer {
  return sequence(
    ...(spec.keyIdentifier ? [implicit(0, spec.keyIdentifier)] : []),
    ...(spec.issuer ? [context(1, ...spec.issuer.map(encodeGeneralName))] : []),
    ...(spec.serialNumber === undefined ? [] : [retag(2, integer(spec.serialNumber))]),
  );
}

function access(method: string, url: string): Buffer {
  return sequence(oid(method), encodeGeneralName(`uri:${url}`));
}
