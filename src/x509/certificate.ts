import type {DistinguishedName, GeneralName} from './names';
import type {Extensions} from './extensions';
import type {Fingerprint} from './fingerprint';

/** A public key as the certificate declares it. Nothing has been checked beyond its encoding. */
export interface PublicKeyFacts {
  readonly kind: 'rsa' | 'rsa-pss' | 'ec' | 'ed25519' | 'ed448' | 'unknown';
  /** OID of the key algorithm. */
  readonly algorithm: string;
  /** Size of an RSA modulus or of a curve's field, in bits; 0 where the kind is unknown. */
  readonly bits: number;
  /** RSA public exponent. */
  readonly exponent?: bigint;
  /** OID of a named curve. */
  readonly curve?: string;
  /** DER of the SubjectPublicKeyInfo. */
  readonly spki: Buffer;
  /** The BIT STRING inside it, what RFC 6960 and SKI method 1 hash. */
  readonly keyBits: Buffer;
}

/** A signature algorithm with what its parameters say. */
export interface SignatureAlgorithm {
  readonly oid: string;
  /** DER of the whole AlgorithmIdentifier. */
  readonly der: Buffer;
  /** DER of the parameters, absent when there are none. */
  readonly parameters?: Buffer;
}

/** What a certificate says. Nothing here has been checked: not the signature, not the dates, not who issued it. */
export interface CertificateFacts {
  readonly der: Buffer;
  /** SHA-256 of the DER certificate. */
  readonly fingerprint: Fingerprint;
  /** SHA-256 of the DER SubjectPublicKeyInfo. */
  readonly spkiFingerprint: Fingerprint;
  /** 1, 2 or 3, as people count them. */
  readonly version: number;
  /** Lower-case hex of the serial number without leading zeros; a leading `-` when it is negative. */
  readonly serialNumber: string;
  readonly issuer: DistinguishedName;
  readonly subject: DistinguishedName;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly publicKey: PublicKeyFacts;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly signature: Buffer;
  /** The signed bytes (TBSCertificate). */
  readonly tbs: Buffer;
  readonly extensions: Extensions;
  /** Shorthand for `extensions.subjectAltName`, empty when absent. */
  readonly subjectAltNames: readonly GeneralName[];
}
