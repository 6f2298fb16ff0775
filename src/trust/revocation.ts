import type {CertificateFacts} from '../x509/certificate';
import type {TrustAnchor} from './anchor';
import type {DenyEntry} from './deny-list';
import type {GraceUse} from './grace';

/** What the revocation data at hand says about one certificate at one moment. */
export type RevocationStatus =
  /** Not revoked; the statement holds until `freshUntil`. With `grace` it rests on data past its nextUpdate. */
  | {readonly status: 'good'; readonly freshUntil: Date; readonly source: string; readonly grace?: GraceUse}
  | {readonly status: 'revoked'; readonly since: Date; readonly reason: string; readonly source: string}
  /** Nobody usable says anything: `found` tells why, for the refusal. */
  | {readonly status: 'unknown'; readonly required: string; readonly found: string};

/**
 * Revocation as `verifyPeer` sees it: a pure look-up in data that is already here. Whatever has to be fetched is
 * fetched by the server before it asks again.
 */
export interface RevocationView {
  /** The deny-list entry that shuts out a principal, whatever certificate it comes with. Absent where there is no deny-list. */
  aboutPrincipal?(id: string): DenyEntry | undefined;
  /**
   * @param subject the certificate in question: the leaf or an intermediate, never the anchor
   * @param issuer the certificate above it in the path, which may be the anchor's own
   * @param anchor where the path ends: its policy applies, and who signs a CRL must lead to it too (RFC 5280 section 6.3.3 (f))
   */
  statusOf(subject: CertificateFacts, issuer: CertificateFacts, anchor: TrustAnchor, now: Date): RevocationStatus;
}
