import type {Refusal} from '../errors';
import type {CertificateFacts} from '../x509/certificate';
import type {TrustAnchor} from './anchor';
import type {GraceUse} from './grace';

/** What a verifier is shown: the leaf, and whatever else the peer sent. Nothing has been checked. */
export interface PeerEvidence {
  readonly leaf: CertificateFacts;
  /** Certificates the peer sent beside the leaf, in any order; candidates for a path, never trusted as such. */
  readonly sent: readonly CertificateFacts[];
}

/** A path that was verified, from the leaf up to the anchor. */
export interface VerifiedPath {
  readonly leaf: CertificateFacts;
  /** Issuer first; the anchor is not part of it. */
  readonly intermediates: readonly CertificateFacts[];
  readonly anchor: TrustAnchor;
  /** The policies that survived the path (RFC 5280 section 6.1.5); `2.5.29.32.0` stands for any policy. */
  readonly policies: readonly string[];
  /** When the verdict ends by itself: the earliest notAfter of the path, or the end of revocation data. */
  readonly validUntil: Date;
  /** Present where the verdict rests on revocation data past its nextUpdate, by a soft fail. */
  readonly grace?: GraceUse;
}

/** Only a type: nothing outside this library can name it, so nothing else can spell a `VerifiedPeer` out. */
export declare const verified: unique symbol;

/**
 * A peer that passed every check of this library. Only `verifyPeer` makes one, so holding one is the proof.
 * The implementation lives beside `verifyPeer` and is not exported.
 */
export interface VerifiedPeer {
  readonly [verified]: true;
  readonly path: VerifiedPath;
  readonly facts: CertificateFacts;
}

/** What verification came to: a peer, or why there is none. */
export type Decision =
  {readonly verdict: 'accept'; readonly peer: VerifiedPeer} | {readonly verdict: 'reject'; readonly why: Refusal};
