import type {GeneralName} from './names';

/** RFC 5280 section 4.2.1.3, in the words of the RFC. */
export type KeyUsage =
  | 'digitalSignature'
  | 'nonRepudiation'
  | 'keyEncipherment'
  | 'dataEncipherment'
  | 'keyAgreement'
  | 'keyCertSign'
  | 'cRLSign'
  | 'encipherOnly'
  | 'decipherOnly';

/** RFC 5280 section 4.2.1.10. Minimum and maximum must be absent or zero, as the RFC requires. */
export interface NameConstraints {
  readonly permitted: readonly ConstraintBase[];
  readonly excluded: readonly ConstraintBase[];
}

/** The base of a subtree. An IP base is address and mask, so it is not a GeneralName. */
export type ConstraintBase =
  Exclude<GeneralName, {kind: 'ip'}> | {readonly kind: 'ip'; readonly address: Buffer; readonly mask: Buffer};

/** RFC 5280 section 4.2.1.13. */
export interface DistributionPoint {
  readonly fullName: readonly GeneralName[];
  readonly relativeName?: readonly {readonly type: string; readonly value: string}[];
  /** Bit numbers of ReasonFlags; absent means all reasons. */
  readonly reasons?: readonly number[];
  readonly crlIssuer: readonly GeneralName[];
}

/** RFC 5280 section 4.2.1.1. */
export interface AuthorityKeyIdentifier {
  readonly keyIdentifier?: Buffer;
  readonly issuer: readonly GeneralName[];
  readonly serialNumber?: string;
}

/** One extension as it stands in the certificate. */
export interface RawExtension {
  readonly oid: string;
  readonly critical: boolean;
  /** DER of the extnValue. */
  readonly value: Buffer;
}

/**
 * The extensions of a certificate. A known extension that does not follow its definition is a parse error, so an
 * absent property means the extension is absent.
 */
export interface Extensions {
  readonly all: readonly RawExtension[];
  /** OIDs of critical extensions that this library does not understand; a verifier refuses them. */
  readonly unknownCritical: readonly string[];
  readonly basicConstraints?: {readonly ca: boolean; readonly pathLength?: number};
  readonly keyUsage?: readonly KeyUsage[];
  readonly extendedKeyUsage?: readonly string[];
  readonly subjectAltName?: readonly GeneralName[];
  readonly issuerAltName?: readonly GeneralName[];
  readonly nameConstraints?: NameConstraints;
  readonly certificatePolicies?: readonly string[];
  readonly policyMappings?: readonly {readonly issuerDomain: string; readonly subjectDomain: string}[];
  readonly policyConstraints?: {readonly requireExplicitPolicy?: number; readonly inhibitPolicyMapping?: number};
  readonly inhibitAnyPolicy?: number;
  readonly subjectKeyIdentifier?: Buffer;
  readonly authorityKeyIdentifier?: AuthorityKeyIdentifier;
  readonly crlDistributionPoints?: readonly DistributionPoint[];
  readonly freshestCrl?: readonly DistributionPoint[];
  /** RFC 5280 section 4.2.2.1: OCSP responders and issuer certificates. */
  readonly authorityInfoAccess?: readonly {readonly method: string; readonly location: GeneralName}[];
  /** RFC 9608: the issuer publishes no revocation information for this certificate. */
  readonly noRevocationAvailable: boolean;
  /** RFC 7633: TLS features the server must offer; 5 is must-staple. */
  readonly tlsFeatures?: readonly number[];
}
