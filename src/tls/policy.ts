import {constants} from 'node:crypto';

const RENEGOTIATION_AND_COMPRESSION_OFF =
  constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_COMPRESSION | constants.SSL_OP_CIPHER_SERVER_PREFERENCE;

/**
 * What this library speaks, in one table. Nothing here is an option: an operator who needs less has another problem
 * than a TLS setting. The reasons are in docs/defaults.md.
 */
export const TLS_POLICY = Object.freeze({
  /** RFC 8996 forbids everything older. */
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',

  /** Server order. RFC 9325 section 4.2: authenticated encryption with ephemeral elliptic-curve keys, nothing else. */
  ciphers: Object.freeze([
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'TLS_AES_128_GCM_SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
  ]),

  /** OpenSSL's level 2: 112 bits, so no RSA below 2048 and no SHA-1, in client chains too. Node 20 and 22 default to 1. */
  securityLevel: 2,

  /** Hybrid key exchange first: what is recorded today must not be readable later. Offered where the runtime has it. */
  postQuantumGroup: 'X25519MLKEM768',
  groups: Object.freeze(['X25519', 'P-256', 'P-384']),

  /**
   * Limits the server's own signature, the client's proof of possession and the signatures inside both chains. No
   * SHA-1. The PKCS#1 entries serve TLS 1.2 and certificates only; RFC 8446 section 4.2.3 keeps them out of a TLS 1.3
   * handshake.
   */
  signatureAlgorithms: Object.freeze([
    'ed25519',
    'ed448',
    'ecdsa_secp256r1_sha256',
    'ecdsa_secp384r1_sha384',
    'ecdsa_secp521r1_sha512',
    'rsa_pss_pss_sha256',
    'rsa_pss_pss_sha384',
    'rsa_pss_pss_sha512',
    'rsa_pss_rsae_sha256',
    'rsa_pss_rsae_sha384',
    'rsa_pss_rsae_sha512',
    'rsa_pkcs1_sha256',
    'rsa_pkcs1_sha384',
    'rsa_pkcs1_sha512',
  ]),

  /**
   * No tickets, unless asked for: a resumed session carries an old verdict. No renegotiation: a TLS 1.2 client could swap its
   * certificate on a live connection. No compression: CRIME.
   */
  secureOptions: constants.SSL_OP_NO_TICKET | RENEGOTIATION_AND_COMPRESSION_OFF,

  /**
   * What is different where sessions are resumed. A TLS 1.2 ticket travels in the clear, and with it, to whoever ever
   * gets its key, the whole recorded connection that it came from; TLS 1.3 encrypts it and adds a new key exchange.
   */
  resumption: Object.freeze({
    minVersion: 'TLSv1.3',
    secureOptions: RENEGOTIATION_AND_COMPRESSION_OFF,
    /** Node's own is a hash of the command line, which replicas need not share. */
    sessionIdContext: 'loopback4-mtls',
  }),

  /** LoopBack's Express cannot speak HTTP/2. */
  applicationProtocols: Object.freeze(['http/1.1']),
} as const);

/**
 * The policy's groups that this runtime's OpenSSL has, in order of preference. Told by its version: asking OpenSSL for
 * a group it lacks leaves an error in its queue, which on Node 20 makes the next key that is read fail.
 */
export function availableGroups(openssl: string): readonly string[] {
  const [major = 0, minor = 0] = openssl.split('.').map(Number);
  const hybrid = major > 3 || (major === 3 && minor >= 5);
  return hybrid ? [TLS_POLICY.postQuantumGroup, ...TLS_POLICY.groups] : TLS_POLICY.groups;
}
