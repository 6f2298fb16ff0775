/**
 * Every reason this library can give for saying no, in one table.
 *
 * A code is stable and never reused. The caller of an API learns only the public code and the status; the
 * exact code with its evidence goes to the audit log.
 */

/** Who has to act: the operator's configuration, the TLS peer, the caller of a request, or this library. */
export type Fault = 'operator' | 'peer' | 'caller' | 'library';

/** What a refused caller is told. Nothing about the certificate, the rule or the reason. */
export type PublicCode =
  | 'ERR_MTLS_UNAUTHENTICATED'
  | 'ERR_MTLS_FORBIDDEN'
  | 'ERR_MTLS_BAD_REQUEST'
  | 'ERR_MTLS_MISDIRECTED'
  | 'ERR_MTLS_UNAVAILABLE';

interface Row {
  readonly fault: Fault;
  /** HTTP status of the answer, where there is an answer; a refused handshake has none. */
  readonly status: number;
  readonly publicCode: PublicCode;
  /** One sentence for the operator, lower case, no full stop. */
  readonly sentence: string;
}

function peer(sentence: string): Row {
  return {fault: 'peer', status: 401, publicCode: 'ERR_MTLS_UNAUTHENTICATED', sentence};
}

function forbidden(sentence: string): Row {
  return {fault: 'caller', status: 403, publicCode: 'ERR_MTLS_FORBIDDEN', sentence};
}

function badRequest(sentence: string): Row {
  return {fault: 'caller', status: 400, publicCode: 'ERR_MTLS_BAD_REQUEST', sentence};
}

function operator(sentence: string): Row {
  return {fault: 'operator', status: 503, publicCode: 'ERR_MTLS_UNAVAILABLE', sentence};
}

/** One row per code: who is at fault, what is answered, and the sentence an operator reads. */
export const CATALOGUE = {
  // Reading bytes (x509)
  ERR_MTLS_DER: peer('the bytes are not canonical DER'),
  ERR_MTLS_PEM: operator('the text is not PEM of the expected kind'),
  ERR_MTLS_CERTIFICATE_MALFORMED: peer('the certificate does not follow RFC 5280'),
  ERR_MTLS_CERTIFICATE_TOO_LARGE: peer('the certificate is larger than the limit'),
  ERR_MTLS_EXTENSION_DUPLICATE: peer('an extension appears twice'),
  ERR_MTLS_EXTENSION_MALFORMED: peer('an extension does not follow its definition'),
  ERR_MTLS_NAME_FORBIDDEN_CHARACTER: peer('a name holds a NUL, control or bidirectional character'),
  ERR_MTLS_CRL_MALFORMED: operator('the CRL does not follow RFC 5280'),
  ERR_MTLS_OCSP_MALFORMED: operator('the OCSP answer does not follow RFC 6960'),

  // Deciding about a chain (trust)
  ERR_MTLS_CERTIFICATE_MISSING: peer('no client certificate was presented'),
  ERR_MTLS_CHAIN_UNTRUSTED: peer('no path leads from the certificate to a configured client CA'),
  ERR_MTLS_CHAIN_BUDGET: peer('the search for a path used up its work budget'),
  ERR_MTLS_SIGNATURE_INVALID: peer('a signature in the chain does not verify'),
  ERR_MTLS_EXPIRED: peer('a certificate of the chain is past its notAfter'),
  ERR_MTLS_NOT_YET_VALID: peer('a certificate of the chain is before its notBefore'),
  ERR_MTLS_NOT_A_CA: peer('an issuer in the chain is not a CA'),
  ERR_MTLS_CA_AS_CLIENT: peer('a CA certificate is used as client certificate'),
  ERR_MTLS_PROFILE: peer('a certificate of the chain breaks a rule of RFC 5280'),
  ERR_MTLS_PATH_LENGTH: peer('the chain is longer than a CA allows'),
  ERR_MTLS_KEY_USAGE: peer('a key is used for something its key usage does not allow'),
  ERR_MTLS_EXTENDED_KEY_USAGE: peer('the certificate is not issued for client authentication'),
  ERR_MTLS_NAME_CONSTRAINT: peer('a name lies outside the name constraints of a CA'),
  ERR_MTLS_CERTIFICATE_POLICY: peer('no certificate policy required here survives the chain'),
  ERR_MTLS_CRITICAL_EXTENSION: peer('a critical extension is not understood'),
  ERR_MTLS_WEAK_KEY: peer('a key in the chain is too weak'),
  ERR_MTLS_WEAK_SIGNATURE: peer('a signature in the chain uses a weak algorithm'),
  ERR_MTLS_AUTHORITY: peer('the anchor may not vouch for what the certificate says'),
  ERR_MTLS_PIN: peer('the chain matches none of the pins'),
  ERR_MTLS_LIFETIME: peer('the certificate lives longer than the policy allows'),
  ERR_MTLS_REVOKED: peer('a certificate of the chain is revoked'),
  ERR_MTLS_REVOCATION_UNKNOWN: peer('no usable source tells whether a certificate of the chain is revoked'),
  ERR_MTLS_VERIFIERS_DISAGREE: peer('OpenSSL and this library disagree about the chain'),

  // Handshake and connection (tls, server)
  ERR_MTLS_HANDSHAKE: peer('the TLS handshake failed'),
  ERR_MTLS_OPENSSL_REFUSED: peer('OpenSSL refused the chain for a reason that Node.js does not name'),
  ERR_MTLS_HANDSHAKE_TIMEOUT: peer('the TLS handshake or its verification took too long'),
  ERR_MTLS_SESSION_RESUMED: peer('a session was resumed that must not be'),
  ERR_MTLS_CONNECTION_LIMIT: peer('too many connections'),
  ERR_MTLS_CONNECTION_UNVERIFIED: peer('the request came over a connection this server did not verify'),
  ERR_MTLS_UPGRADE_REFUSED: forbidden('no rule allows an upgrade of this connection'),

  // Mapping to a principal (identity)
  ERR_MTLS_IDENTITY_UNMAPPED: peer('no identity rule matches the certificate'),
  ERR_MTLS_IDENTITY_CONTRADICTION: peer('identity rules contradict each other'),
  ERR_MTLS_IDENTITY_AMBIGUOUS: peer('the certificate holds several values where one is needed'),
  ERR_MTLS_IDENTITY_MISSING: peer('the certificate lacks the value that its identifier comes from'),
  ERR_MTLS_IDENTITY_PROFILE: peer('the certificate does not follow the identity profile in use'),
  ERR_MTLS_IDENTITY_RESOLVER: peer('the identity resolver failed or took too long'),

  // One request (server, loopback)
  ERR_MTLS_ACCESS_NO_RULE: forbidden('the route has no access rule'),
  ERR_MTLS_ACCESS_DENIED: forbidden('the access rule of the route refuses this principal'),
  ERR_MTLS_REQUIREMENT: forbidden('the certificate does not meet a requirement of the route'),
  ERR_MTLS_REQUEST_TARGET: badRequest('the request target is ambiguous'),
  ERR_MTLS_MISDIRECTED: {
    fault: 'caller',
    status: 421,
    publicCode: 'ERR_MTLS_MISDIRECTED',
    sentence: 'the Host header and the TLS server name differ',
  },

  // Looking from outside (scan)
  ERR_MTLS_SCAN_TARGET: operator('the server cannot be scanned'),
  ERR_MTLS_SCAN_OPTION: operator('an option of the scan cannot be used'),

  // Start, configuration and reload
  ERR_MTLS_CONFIG: operator('the configuration has a fault'),
  ERR_MTLS_CREDENTIALS: operator('the server credentials cannot be used'),
  ERR_MTLS_REVOCATION_SOURCE: operator('revocation data that was configured cannot be used'),
  ERR_MTLS_REVOCATION_FETCH: operator('revocation data could not be fetched'),
  ERR_MTLS_OCSP_REFUSED: operator('an OCSP answer cannot be believed'),
  ERR_MTLS_RUNTIME: operator('the Node.js runtime undermines TLS'),
  ERR_MTLS_REHEARSAL: operator('the server does not behave under attack as it must'),
  ERR_MTLS_WEAKENING: operator('a weakening is not valid'),
  ERR_MTLS_ROUTE_UNPROTECTED: operator('a route has no access rule'),
  ERR_MTLS_COMPONENT_LATE: operator('the component arrived after the REST server was used'),

  // Development CA (pki)
  ERR_MTLS_PKI: operator('the development CA cannot do what it was asked'),
} as const satisfies Record<string, Row>;

/** A stable reason code. */
export type Code = keyof typeof CATALOGUE;

/** A reason with its evidence: what was required and what was there. Never holds key material. */
export interface Refusal {
  readonly code: Code;
  /** What would have been accepted. */
  readonly required: string;
  /** What was there instead. Text from a certificate is escaped by whoever prints it. */
  readonly found: string;
  /** Where it was: a certificate (`leaf`, `issuer 1`, …), an option path, a route, a file. */
  readonly where?: string;
}

/** One fault of the configuration, with the way out. */
export interface ConfigFault extends Refusal {
  /** Path of the option, for example `clients.ca`. */
  readonly where: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** A refusal that had to travel as an exception: input that does not parse, misuse, or a bug. */
export class MtlsError extends Error {
  readonly code: Code;
  readonly refusal: Refusal;

  constructor(refusal: Refusal, options?: ErrorOptions) {
    super(describe(refusal), options);
    this.name = 'MtlsError';
    this.code = refusal.code;
    this.refusal = refusal;
  }
}

/** Everything that is wrong with a configuration, found in one pass. */
export class ConfigError extends MtlsError {
  readonly #faults: readonly ConfigFault[];

  constructor(faults: readonly [ConfigFault, ...ConfigFault[]], options?: ErrorOptions) {
    super(faults[0], options);
    this.name = 'ConfigError';
    this.#faults = faults;
    this.message = faults.map(fault => `${describe(fault)}; ${fault.remedy}`).join('\n');
  }

  /** Each fault with its remedy, as the message tells them. A getter, so that a console does not print them twice. */
  get faults(): readonly ConfigFault[] {
    return this.#faults;
  }
}

/** The sentence of a refusal with its evidence, for operators. Never send it to a caller. */
export function describe(refusal: Refusal): string {
  const at = refusal.where === undefined ? '' : `${refusal.where}: `;
  return `${at}${CATALOGUE[refusal.code].sentence}: required ${refusal.required}, found ${refusal.found} (${refusal.code})`;
}
