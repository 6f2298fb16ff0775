import type {Code} from '../../errors';

/** What to do about each refusal, for whoever has to fix it. A new code without a row does not compile. */
export const REMEDIES: Readonly<Record<Code, string>> = Object.freeze({
  // Reading bytes
  ERR_MTLS_DER: 'issue the certificate again with software that writes DER; what is there was damaged or made by hand',
  ERR_MTLS_PEM: 'give a file with PEM blocks of the expected kind and nothing else, or the DER itself',
  ERR_MTLS_CERTIFICATE_MALFORMED: 'issue the certificate again with software that follows RFC 5280',
  ERR_MTLS_CERTIFICATE_TOO_LARGE: 'issue the certificate with fewer names and extensions',
  ERR_MTLS_EXTENSION_DUPLICATE: 'issue the certificate again with each extension once',
  ERR_MTLS_EXTENSION_MALFORMED: 'correct the extension in the template of the CA and issue the certificate again',
  ERR_MTLS_NAME_FORBIDDEN_CHARACTER: 'issue the certificate with names of visible characters only',
  ERR_MTLS_CRL_MALFORMED: 'fetch the CRL again from the CA',
  ERR_MTLS_OCSP_MALFORMED: 'have the responder checked, or take it out of clients.revocation.ocsp',

  // Deciding about a chain
  ERR_MTLS_CERTIFICATE_MISSING: 'configure the client with its certificate and key',
  ERR_MTLS_CHAIN_UNTRUSTED:
    'have the certificate issued by a CA of clients.ca, or add that CA; if an intermediate is missing, let the client ' +
    'send it or put it into clients.intermediates',
  ERR_MTLS_CHAIN_BUDGET: 'send only the certificates between the leaf and the anchor',
  ERR_MTLS_SIGNATURE_INVALID:
    'find the issuer that really signed it: another CA has the same name, or the certificate was changed afterwards',
  ERR_MTLS_EXPIRED: 'renew the certificate that ended; where it is the CA, replace it in clients.ca',
  ERR_MTLS_NOT_YET_VALID: 'wait until its notBefore, or correct the clock of the CA or of this server',
  ERR_MTLS_NOT_A_CA: 'issue the certificate with a CA certificate (basicConstraints CA:TRUE)',
  ERR_MTLS_CA_AS_CLIENT: 'issue a certificate of its own for the client, without basicConstraints CA:TRUE',
  ERR_MTLS_PROFILE: 'correct the template of the CA where it breaks the rule, and issue the certificate again',
  ERR_MTLS_PATH_LENGTH: 'issue from a CA closer to the root, or raise its pathLength or clients.maxIntermediates',
  ERR_MTLS_KEY_USAGE: 'issue it with keyUsage digitalSignature for a client, and keyCertSign for a CA',
  ERR_MTLS_EXTENDED_KEY_USAGE: 'issue the certificate with extendedKeyUsage clientAuth (1.3.6.1.5.5.7.3.2)',
  ERR_MTLS_NAME_CONSTRAINT: 'issue the certificate with names inside the constraints of its CA, or from another CA',
  ERR_MTLS_CERTIFICATE_POLICY: 'issue the certificate and every CA above it with the required certificate policy',
  ERR_MTLS_CRITICAL_EXTENSION: 'issue the certificate without the extension, or with it marked not critical',
  ERR_MTLS_WEAK_KEY: 'make a new key, P-256 or RSA 3072, and have a certificate issued for it',
  ERR_MTLS_WEAK_SIGNATURE: 'have the certificate signed with SHA-256 or better',
  ERR_MTLS_AUTHORITY:
    'issue the certificate below an anchor that may vouch for this, or widen mayVouchFor of the anchor',
  ERR_MTLS_PIN: 'issue it below a pinned CA, or add the hash of the new one to pins or expectedIssuers of the anchor',
  ERR_MTLS_LIFETIME: 'issue a certificate that lives shorter, or raise maxLifetimeHours of the anchor',
  ERR_MTLS_REVOKED: 'issue a new certificate for a new key; one that was revoked never comes back',
  ERR_MTLS_REVOCATION_UNKNOWN:
    'give clients.crl a current CRL of the issuer, or make the OCSP responder reachable; see clients.revocation',
  ERR_MTLS_VERIFIERS_DISAGREE:
    'compare the chain with `openssl verify` and report it: what one verifier accepts and another does not is suspicious',

  // Handshake and connection
  ERR_MTLS_HANDSHAKE: 'look at what OpenSSL said: mostly an old protocol, or a certificate that another CA issued',
  ERR_MTLS_OPENSSL_REFUSED: 'run `mtls explain` on the certificate: the checks here name what OpenSSL does not',
  ERR_MTLS_HANDSHAKE_TIMEOUT: 'look for a slow client or an unreachable OCSP responder or CRL host',
  ERR_MTLS_SESSION_RESUMED: 'report it: OpenSSL resumed what this server offers to nobody',
  ERR_MTLS_CONNECTION_LIMIT: 'let the client reuse connections, or raise server.limits',
  ERR_MTLS_CONNECTION_UNVERIFIED: 'send requests to the listener of this library; another one handed this request over',
  ERR_MTLS_UPGRADE_REFUSED: 'add an access rule for the path of the upgrade',

  // Mapping to a principal
  ERR_MTLS_IDENTITY_UNMAPPED: 'issue the certificate with the attribute that a rule asks for, or add an identity rule',
  ERR_MTLS_IDENTITY_CONTRADICTION: 'let the rules that match agree on `id`, or narrow one so that it no longer matches',
  ERR_MTLS_IDENTITY_AMBIGUOUS: 'issue the certificate with exactly one value where the rule takes its identifier from',
  ERR_MTLS_IDENTITY_MISSING: 'issue it with the name the rule takes its identifier from, or change `id` of the rule',
  ERR_MTLS_IDENTITY_PROFILE: 'issue the certificate as the identity profile asks, or use plain identity rules',
  ERR_MTLS_IDENTITY_RESOLVER: 'look at the identity resolver of the application: it failed or was late',

  // One request
  ERR_MTLS_ACCESS_NO_RULE: 'add @authorize({allowedRoles: [...]}) to the method, or a line under `access`',
  ERR_MTLS_ACCESS_DENIED: 'give the caller a role that the rule allows, or allow one of the roles it has',
  ERR_MTLS_REQUIREMENT: 'use a certificate that meets the requirement of the route, or change the requirement',
  ERR_MTLS_REQUEST_TARGET: 'send a plain path: no `//`, no dot segments, no encoded separators',
  ERR_MTLS_MISDIRECTED:
    'send the same host name as TLS server name and as Host; add it to server.hostNames if it is new',

  // Looking from outside
  ERR_MTLS_SCAN_TARGET: 'check host and port, and that the server speaks TLS',
  ERR_MTLS_SCAN_OPTION: 'correct the option; `mtls scan --help` lists them',

  // Start, configuration and reload
  ERR_MTLS_CONFIG: 'correct the option that is named',
  ERR_MTLS_CREDENTIALS: 'replace the server certificate or key; `mtls pki server` makes one for development',
  ERR_MTLS_REVOCATION_SOURCE: 'replace the CRL or deny-list that is named',
  ERR_MTLS_REVOCATION_FETCH: 'make the host reachable from this server, or allow it in clients.revocation.network',
  ERR_MTLS_OCSP_REFUSED:
    'have the responder checked: its answer was old, for another certificate or signed by somebody else',
  ERR_MTLS_RUNTIME: 'change the Node.js flag, variable or version that is named',
  ERR_MTLS_REHEARSAL: 'run `mtls self-test`, which names the attack that succeeded',
  ERR_MTLS_WEAKENING: 'make the weakening with a function of loopback4-mtls/danger, with a reason and an end',
  ERR_MTLS_ROUTE_UNPROTECTED:
    'add @authorize({allowedRoles: [...]}) to the method or its class, or a line under `access`',
  ERR_MTLS_COMPONENT_LATE: 'move this.component(MtlsComponent) right behind super(options)',

  // Development CA
  ERR_MTLS_PKI: 'see `mtls pki --help`',
});
