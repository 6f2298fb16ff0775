import {MtlsError} from '../errors';

/** A certificate (or a part of one) that is DER but not what RFC 5280 defines. `where` names the field. */
export function malformed(where: string, required: string, found: string): MtlsError {
  return new MtlsError({code: 'ERR_MTLS_CERTIFICATE_MALFORMED', required, found, where});
}
