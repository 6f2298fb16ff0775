import type {Code, Refusal} from '../errors';

/** What OpenSSL's verifier says, in this library's codes. Node reports only the last of several errors. */
const VERIFY_CODES: Readonly<Partial<Record<string, Code>>> = Object.freeze({
  CERT_HAS_EXPIRED: 'ERR_MTLS_EXPIRED',
  CERT_NOT_YET_VALID: 'ERR_MTLS_NOT_YET_VALID',
  CERT_REVOKED: 'ERR_MTLS_REVOKED',
  CERT_CHAIN_TOO_LONG: 'ERR_MTLS_PATH_LENGTH',
  PATH_LENGTH_EXCEEDED: 'ERR_MTLS_PATH_LENGTH',
  CERT_SIGNATURE_FAILURE: 'ERR_MTLS_SIGNATURE_INVALID',
  UNABLE_TO_DECRYPT_CERT_SIGNATURE: 'ERR_MTLS_SIGNATURE_INVALID',
  INVALID_PURPOSE: 'ERR_MTLS_EXTENDED_KEY_USAGE',
  INVALID_CA: 'ERR_MTLS_NOT_A_CA',
  UNABLE_TO_GET_ISSUER_CERT: 'ERR_MTLS_CHAIN_UNTRUSTED',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'ERR_MTLS_CHAIN_UNTRUSTED',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'ERR_MTLS_CHAIN_UNTRUSTED',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'ERR_MTLS_CHAIN_UNTRUSTED',
  SELF_SIGNED_CERT_IN_CHAIN: 'ERR_MTLS_CHAIN_UNTRUSTED',
  CERT_UNTRUSTED: 'ERR_MTLS_CHAIN_UNTRUSTED',
});

/** Handshake failures that have a code of their own. */
const HANDSHAKE_CODES: Readonly<Partial<Record<string, Code>>> = Object.freeze({
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: 'ERR_MTLS_CERTIFICATE_MISSING',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'ERR_MTLS_HANDSHAKE_TIMEOUT',
});

/** Why a handshake failed, from what Node reports: the verifier's error where there is one, else the error itself. */
export function refusalOfHandshake(errorCode: string, verifyError: string | undefined): Refusal {
  if (verifyError !== undefined) {
    const code = VERIFY_CODES[verifyError] ?? 'ERR_MTLS_OPENSSL_REFUSED';
    return {code, required: 'a chain that OpenSSL accepts', found: verifyError};
  }
  const code = HANDSHAKE_CODES[errorCode] ?? 'ERR_MTLS_HANDSHAKE';
  return {code, required: 'a complete TLS handshake', found: errorCode};
}
