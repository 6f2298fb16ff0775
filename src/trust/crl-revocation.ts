import type {Refusal} from '../errors';
import type {CertificateFacts} from '../x509/certificate';
import {parseCrl} from '../x509/crl';
import {verifyCrl} from './crl-signature';
import type {VerifiedCrl} from './crl-signature';
import {signerCheck} from './crl-signer';
import {CrlView} from './crl-view';
import type {CrlPolicy} from './crl-view';
import type {Pause} from './long-signature';
import type {TrustPolicy} from './policy';

/** What `crlRevocation` made of the CRLs it was given. */
export interface CrlRevocation {
  readonly view: CrlView;
  /** Why some CRLs say nothing about anybody. */
  readonly refused: readonly Refusal[];
}

/**
 * Revocation by CRLs as a whole: reads them, verifies their signatures among the candidates and puts the view together.
 *
 * @param ders CRLs in DER
 * @param candidates CA certificates and CRL signers; each is trusted only as far as a path to the anchor bears it out
 * @throws MtlsError when a CRL does not parse
 */
export async function crlRevocation(
  ders: readonly Buffer[],
  candidates: readonly CertificateFacts[],
  policy: CrlPolicy,
  trust: TrustPolicy,
  pause: Pause,
): Promise<CrlRevocation> {
  const outcomes: (VerifiedCrl | Refusal)[] = [];
  for (const [number, der] of ders.entries()) {
    outcomes.push(await verifyCrl(parseCrl(der), candidates, `CRL ${number + 1}`, pause));
  }
  const crls = outcomes.flatMap(outcome => ('facts' in outcome ? [outcome] : []));
  const refused = outcomes.flatMap(outcome => ('code' in outcome ? [outcome] : []));
  return {view: new CrlView(crls, policy, signerCheck(candidates, trust)), refused};
}
