/** Names as X.509 has them: typed, never joined into one display string. */

/** One attribute of a distinguished name: its type as dotted OID and its value as text. */
export interface NameAttribute {
  readonly type: string;
  readonly value: string;
}

/** RFC 5280 section 4.1.2.4: a sequence of relative distinguished names, each a set of attributes. */
export interface DistinguishedName {
  /** DER encoding, for byte-exact use (CertID hashes, CRL issuers). */
  readonly der: Buffer;
  readonly rdns: readonly (readonly NameAttribute[])[];
  /** Normalised form of RFC 5280 section 7.1: two names match if and only if these are equal. */
  readonly comparable: string;
}

/** RFC 5280 section 4.2.1.6: one name of a subject or issuer alternative name. */
export type GeneralName =
  | {readonly kind: 'dns'; readonly value: string}
  | {readonly kind: 'email'; readonly value: string}
  | {readonly kind: 'uri'; readonly value: string}
  | {readonly kind: 'ip'; readonly value: string; readonly octets: Buffer}
  /** Microsoft user principal name, otherName 1.3.6.1.4.1.311.20.2.3. */
  | {readonly kind: 'upn'; readonly value: string}
  | {readonly kind: 'registeredId'; readonly value: string}
  | {readonly kind: 'directory'; readonly value: DistinguishedName}
  /** Another otherName; `value` is the DER inside `[0] EXPLICIT`. */
  | {readonly kind: 'other'; readonly type: string; readonly value: Buffer}
  /** x400Address or ediPartyName: kept as bytes, never matched. */
  | {readonly kind: 'unsupported'; readonly tag: number; readonly value: Buffer};
