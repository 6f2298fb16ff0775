import type {Authority} from './authority';
import {encodeOcspError, isIssuerOf} from './ocsp';
import type {OcspAnswerSpec, OcspStatus} from './ocsp';
import {parseOcspRequest} from './ocsp-request';
import type {OcspRequest} from './ocsp-request';

/** An authority with what it knows about the certificates it issued. */
export interface RespondingAuthority {
  readonly authority: Authority;
  readonly statusOf: (serialNumber: string) => OcspStatus;
}

/**
 * Answers an OCSP request in the name of the authority it asks about: DER of an OCSPResponse. What is not a request
 * gets `malformedRequest`; questions about somebody else's certificates get `unauthorized` (RFC 6960 section 2.3).
 */
export function answerOcspRequest(bytes: Buffer, authorities: readonly RespondingAuthority[]): Buffer {
  const request = readRequest(bytes);
  if (request === undefined || request.certificates.length === 0) return encodeOcspError('malformedRequest');
  const responding = authorities.find(({authority}) =>
    request.certificates.every(certificate => isIssuerOf(authority, certificate)),
  );
  if (responding === undefined) return encodeOcspError('unauthorized');
  const answers = request.certificates.map(({der, serialNumber}): OcspAnswerSpec => ({
    certificate: der,
    status: responding.statusOf(serialNumber),
  }));
  return responding.authority.answerOcsp({answers, ...(request.nonce ? {nonce: request.nonce} : {})});
}

function readRequest(bytes: Buffer): OcspRequest | undefined {
  try {
    return parseOcspRequest(bytes);
  } catch {
    return undefined;
  }
}
