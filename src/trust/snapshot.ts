import type {CertificateFacts} from '../x509/certificate';
import type {TrustAnchor} from './anchor';
import type {TrustPolicy} from './policy';
import type {RevocationView} from './revocation';

/** What `verifyPeer` decides by. */
export interface TrustMaterial {
  readonly anchors: readonly TrustAnchor[];
  /** Configured intermediates: tried before whatever a peer sent. */
  readonly intermediates: readonly CertificateFacts[];
  readonly policy: TrustPolicy;
  readonly revocation: RevocationView;
}

/**
 * Everything a decision depends on, in one immutable value with a number. A change of any part is a new snapshot
 * with the next generation, swapped in whole; a verdict of an older generation is judged again.
 * `Rules` is the identity mapping, whose shape `identity` owns.
 */
export interface TrustSnapshot<Rules> extends TrustMaterial {
  readonly generation: number;
  readonly rules: Rules;
}
