/** Where the stable identifier comes from. `subject.commonName` has to be asked for by name. */
export type IdSource =
  'san.uri' | 'san.dns' | 'san.email' | 'san.upn' | 'san.ip' | 'subject.commonName' | 'fingerprint';

/** Who the caller is. Plain, deeply frozen, safe to log: it holds nothing secret and no bytes. */
export interface Principal {
  /** Stable identifier, from the source the matching rule names. Unique within its `idSource`. */
  readonly id: string;
  /** Where the identifier comes from: an e-mail address in a common name is not an e-mail SAN. */
  readonly idSource: IdSource | 'resolver';
  /** For people: the common name where there is exactly one, otherwise the id. Never use it to decide. */
  readonly name: string;
  readonly roles: readonly string[];
  readonly certificate: CertificateSummary;
}

/** What of the certificate a controller or a log may need. */
export interface CertificateSummary {
  /** SHA-256 of the certificate, 64 lower-case hex digits. */
  readonly fingerprint: string;
  /** Lower-case hex. */
  readonly serialNumber: string;
  /** RFC 4514 text, escaped. For display only. */
  readonly subject: string;
  /** RFC 4514 text, escaped. For display only. */
  readonly issuer: string;
  /** Name of the trust anchor that vouched. */
  readonly anchor: string;
  /** ISO 8601. */
  readonly notBefore: string;
  /** ISO 8601. */
  readonly notAfter: string;
  /** `kind:value`, for example `uri:spiffe://clinic.example/alice`; names without a text form are left out. */
  readonly subjectAltNames: readonly string[];
  readonly extendedKeyUsages: readonly string[];
  /** Certificate policies that survived the path. */
  readonly policies: readonly string[];
}
