/** Who the caller is. Plain, frozen, safe to log: it holds nothing secret and no bytes. */
export interface Principal {
  /** Stable identifier, from the source the matching rule names. */
  readonly id: string;
  /** For people: the common name where there is exactly one, otherwise the id. Never use it to decide. */
  readonly name: string;
  readonly roles: readonly string[];
  readonly certificate: CertificateSummary;
}

/** What of the certificate a controller or a log may need. */
export interface CertificateSummary {
  readonly fingerprint: string;
  readonly serialNumber: string;
  /** RFC 4514 text, escaped. For display only. */
  readonly subject: string;
  readonly issuer: string;
  /** Name of the trust anchor that vouched. */
  readonly anchor: string;
  readonly notBefore: string;
  readonly notAfter: string;
  /** `kind:value`, for example `uri:spiffe://clinic.example/alice`. */
  readonly subjectAltNames: readonly string[];
  readonly extendedKeyUsages: readonly string[];
  readonly policies: readonly string[];
}
