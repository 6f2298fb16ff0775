import type {SecureContextOptions, TlsOptions} from 'node:tls';
import type {Secret} from './secret';
import {availableGroups, TLS_POLICY} from './policy';

/** What a listener's secure context is made of, beside the policy. */
export interface ContextMaterial {
  /** PEM of the private key, decrypted. */
  readonly key: Secret<string>;
  /** PEM of the server certificate and its intermediates, leaf first. */
  readonly chain: string;
  /** PEM of every client CA and configured intermediate. An empty list trusts nobody; only an absent one would mean the web's roots. */
  readonly clientAuthorities: readonly string[];
  /** How long a session may be resumed; absent: never. */
  readonly sessionSeconds?: number;
}

/**
 * The complete options of a secure context. Start and reload both use it: `setSecureContext` inherits nothing, so an
 * option that is left out falls back to Node's default. Ticket keys are not among them: given as an option they would
 * survive every later change in silence.
 */
export function secureContextOptions(material: ContextMaterial): SecureContextOptions {
  return {
    ...hardening(),
    ...(material.sessionSeconds !== undefined && resumption(material.sessionSeconds)),
    key: material.key.reveal(),
    cert: material.chain,
    ca: [...material.clientAuthorities],
  };
}

/**
 * Options of `https.createServer`: the policy, no key, and an empty set of authorities, so that a server whose secure
 * context was never set accepts nobody.
 */
export function listenerOptions(handshakeTimeoutMs: number): TlsOptions {
  return {
    ...hardening(),
    ca: [],
    ALPNProtocols: [...TLS_POLICY.applicationProtocols],
    handshakeTimeout: handshakeTimeoutMs,
    requestCert: true,
    rejectUnauthorized: true,
  };
}

function resumption(sessionTimeout: number): SecureContextOptions {
  return {...TLS_POLICY.resumption, sessionTimeout};
}

function hardening(): SecureContextOptions {
  return {
    minVersion: TLS_POLICY.minVersion,
    maxVersion: TLS_POLICY.maxVersion,
    ciphers: [...TLS_POLICY.ciphers, `@SECLEVEL=${TLS_POLICY.securityLevel}`].join(':'),
    ecdhCurve: availableGroups(process.versions.openssl).join(':'),
    sigalgs: TLS_POLICY.signatureAlgorithms.join(':'),
    honorCipherOrder: true,
    secureOptions: TLS_POLICY.secureOptions,
  };
}
