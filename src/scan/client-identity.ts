import {createPrivateKey, X509Certificate} from 'node:crypto';
import type {KeyObject} from 'node:crypto';
import {MtlsError} from '../errors';
import {decodePem} from '../x509/pem';
import type {ClientIdentity} from './probe/http-exchange';

/**
 * Checks that a certificate and a key belong together, so that a slip is told at once and not by every check.
 *
 * @throws MtlsError `ERR_MTLS_SCAN_OPTION`, `ERR_MTLS_PEM`
 */
export function readIdentity(chain: string, key: string, passphrase?: string): ClientIdentity {
  const [certificate = Buffer.alloc(0)] = decodePem(chain, 'CERTIFICATE');
  if (!new X509Certificate(certificate).checkPrivateKey(openKey(key, passphrase))) {
    throw unusable('the key of the client certificate', 'another key');
  }
  return {chain, key, ...(passphrase === undefined ? {} : {passphrase})};
}

function openKey(key: string, passphrase: string | undefined): KeyObject {
  try {
    return createPrivateKey({key, ...(passphrase === undefined ? {} : {passphrase})});
  } catch (cause) {
    const found =
      passphrase === undefined ? 'one that does not open without passphrase' : 'one that this passphrase does not open';
    throw unusable('a private key as PEM', found, cause);
  }
}

function unusable(required: string, found: string, cause?: unknown): MtlsError {
  return new MtlsError({code: 'ERR_MTLS_SCAN_OPTION', required, found, where: 'client key'}, {cause});
}
