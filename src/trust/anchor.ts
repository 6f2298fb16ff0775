import type {CertificateFacts} from '../x509/certificate';
import type {Fingerprint} from '../x509/fingerprint';

/** What one anchor may vouch for. An absent list means no limit of that kind; an empty one means nothing. */
export interface Authority {
  /** Patterns of subject alternative names, `kind:pattern`, for example `uri:spiffe://partner.example/*`. Every name must match one. */
  readonly subjectAltNames?: readonly string[];
  /** Values of O that may appear in the subject. */
  readonly organizations?: readonly string[];
  /** EKU OIDs that may appear in the leaf beside clientAuth. */
  readonly extendedKeyUsages?: readonly string[];
  /** Roles that a principal of this anchor may end up with; others make the mapping a refusal. */
  readonly roles?: readonly string[];
}

/** A configured trust anchor: a CA certificate and the limits the operator put on it. */
export interface TrustAnchor {
  /** Name of the anchor in events and in `explain`; the subject's common name or the file where none is given. */
  readonly name: string;
  readonly certificate: CertificateFacts;
  readonly authority: Authority;
  /** When set, the path must contain a certificate or key with one of these hashes (SHA-256 of DER or of SPKI). */
  readonly pins?: readonly Fingerprint[];
  /** The direct issuer of the leaf must have one of these certificate hashes. */
  readonly expectedIssuers?: readonly Fingerprint[];
  /** Longest notAfter - notBefore accepted in a leaf below this anchor, in hours. */
  readonly maxLifetimeHours?: number;
  /** At least one of these certificate policies must survive the path. */
  readonly requiredPolicies?: readonly string[];
}
