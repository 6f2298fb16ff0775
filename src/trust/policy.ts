import type {KeyUsage} from '../x509/key-usage';

/**
 * What a path must satisfy beyond RFC 5280. All inputs of section 6.1.1 that an operator may choose, and the
 * strength this library asks for.
 */
export interface TrustPolicy {
  /** Most certificates between leaf and anchor. */
  readonly maxIntermediates: number;
  /** EKU OIDs of which the leaf must carry all. RFC 5280 lets an absent extension mean any purpose; here absent is refused. */
  readonly requiredExtendedKeyUsage: readonly string[];
  /** What an absent extendedKeyUsage in the leaf means when one is required. Only conformance suites say `allow`. */
  readonly absentExtendedKeyUsage: 'deny' | 'allow';
  /** Key usages that the leaf must have where it has the extension. TLS clients sign, in TLS 1.2 and 1.3. */
  readonly requiredKeyUsage: readonly KeyUsage[];
  /** Whether a CA may stand at the end of a path: never as a client, only as the signer of CRLs. */
  readonly caAsLeaf: 'deny' | 'allow';
  /** Smallest RSA modulus accepted, in bits. */
  readonly minRsaBits: number;
  /** Largest RSA modulus accepted, in bits: verification cost grows with its cube. */
  readonly maxRsaBits: number;
  /** Curve OIDs accepted. */
  readonly curves: readonly string[];
  /** user-initial-policy-set of RFC 5280 section 6.1.1 (c). */
  readonly initialPolicies: readonly string[];
  readonly requireExplicitPolicy: boolean;
  readonly inhibitPolicyMapping: boolean;
  readonly inhibitAnyPolicy: boolean;
  /** How many signature checks one decision may cost. 256 comparisons of names or candidates count as one, and a check with P-384 or P-521 as four. */
  readonly workBudget: number;
}

export const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
export const ANY_POLICY = '2.5.29.32.0';

/** Strict defaults; the reasons are in docs/path-validation.md. */
export const DEFAULT_TRUST: TrustPolicy = Object.freeze({
  maxIntermediates: 4,
  requiredExtendedKeyUsage: Object.freeze([CLIENT_AUTH]),
  absentExtendedKeyUsage: 'deny',
  requiredKeyUsage: Object.freeze<KeyUsage[]>(['digitalSignature']),
  caAsLeaf: 'deny',
  minRsaBits: 2048,
  maxRsaBits: 8192,
  curves: Object.freeze(['1.2.840.10045.3.1.7', '1.3.132.0.34', '1.3.132.0.35']),
  initialPolicies: Object.freeze([ANY_POLICY]),
  requireExplicitPolicy: false,
  inhibitPolicyMapping: false,
  inhibitAnyPolicy: false,
  workBudget: 64,
});
