import type {CertificateFacts} from '../x509/certificate';

/** What the revocation data at hand says about one certificate at one moment. */
export type RevocationStatus =
  /** Not revoked; the statement holds until `freshUntil`. */
  | {readonly status: 'good'; readonly freshUntil: Date; readonly source: string}
  | {readonly status: 'revoked'; readonly since: Date; readonly reason: string; readonly source: string}
  /** Nobody usable says anything: `found` tells why, for the refusal. */
  | {readonly status: 'unknown'; readonly required: string; readonly found: string};

/**
 * Revocation as `verifyPeer` sees it: a pure look-up in data that is already here. Whatever has to be fetched is
 * fetched by the server before it asks again.
 */
export interface RevocationView {
  statusOf(subject: CertificateFacts, issuer: CertificateFacts, now: Date): RevocationStatus;
}
