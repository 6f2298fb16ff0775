import type {CertificateFacts} from '../x509/certificate';
import type {SignerCheck} from './crl-view';
import type {TrustPolicy} from './policy';
import {verifyPeer} from './verify-peer';

/**
 * Accepts a CRL signer with a key of its own when a path leads from it to the anchor of the certificate in question
 * (RFC 5280 section 6.3.3 (f)): valid now, not revoked, and made for signing CRLs. The anchor itself needs no path.
 *
 * @param candidates certificates the path may lead over, beside what the CRLs came with
 */
export function signerCheck(candidates: readonly CertificateFacts[], policy: TrustPolicy): SignerCheck {
  const signing: TrustPolicy = {
    ...policy,
    caAsLeaf: 'allow',
    requiredKeyUsage: ['cRLSign'],
    requiredExtendedKeyUsage: [],
    absentExtendedKeyUsage: 'allow',
    requireExplicitPolicy: false,
  };
  return (signer, anchor, revocation, now) => {
    if (signer.fingerprint === anchor.certificate.fingerprint) return {validUntil: signer.notAfter};
    const {name, certificate} = anchor;
    const trust = {
      // What the anchor may vouch for is about clients, not about who signs its CRLs.
      anchors: [{name, certificate, authority: {}}],
      intermediates: candidates,
      policy: signing,
      revocation,
    };
    const decision = verifyPeer({leaf: signer, sent: []}, trust, now);
    return decision.verdict === 'accept' ? decision.peer.path : undefined;
  };
}
