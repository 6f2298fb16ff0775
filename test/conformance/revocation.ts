import {setImmediate} from 'node:timers/promises';
import {MtlsError} from '../../src/errors';
import {crlRevocation} from '../../src/trust/crl-revocation';
import {DEFAULT_CRL_POLICY} from '../../src/trust/crl-view';
import type {TrustPolicy} from '../../src/trust/policy';
import type {RevocationView} from '../../src/trust/revocation';
import type {CertificateFacts} from '../../src/x509/certificate';
import {parseCrl} from '../../src/x509/crl';
import {decodePem} from '../../src/x509/pem';
import type {Case} from './suite';

/** Where a suite brings no CRLs it asks nothing about revocation. */
const NOT_ASKED: RevocationView = {
  statusOf: subject => ({status: 'good', freshUntil: subject.notAfter, source: 'not asked'}),
};

/**
 * Revocation by the CRLs of a case, every certificate of which may have signed one. Indirect CRLs are allowed here:
 * the suites test them, and by default this library refuses them.
 */
export async function revocationOf(
  {crls}: Case,
  certificates: readonly CertificateFacts[],
  policy: TrustPolicy,
): Promise<RevocationView> {
  if (!crls?.length) return NOT_ASKED;
  const ders = crls.flatMap(crl => decodePem(crl, 'X509 CRL')).filter(isCrl);
  const crlPolicy = {...DEFAULT_CRL_POLICY, indirectCrl: 'allow'} as const;
  const {view} = await crlRevocation(ders, certificates, crlPolicy, policy, setImmediate);
  return view;
}

/** One that does not parse says nothing about anybody; the others still count. */
function isCrl(der: Buffer): boolean {
  try {
    parseCrl(der);
    return true;
  } catch (error) {
    if (error instanceof MtlsError) return false;
    throw error;
  }
}
