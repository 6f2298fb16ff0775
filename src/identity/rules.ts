import type {Refusal} from '../errors';
import type {VerifiedPeer} from '../trust/decision';
import type {Principal} from './principal';

/**
 * What a certificate must show for a rule to apply. Every named condition must hold; a list means any of its
 * values. Values are compared exactly and case-sensitively, except DNS names and the domain of an e-mail address,
 * which RFC 5280 compares without case. In `uri` and `dns`, `*` stands for one whole segment and, at the end of a
 * URI, `**` for one or more; there is no other pattern language.
 */
export interface Condition {
  readonly organizationalUnit?: string | readonly string[];
  readonly organization?: string | readonly string[];
  readonly commonName?: string | readonly string[];
  readonly dns?: string | readonly string[];
  readonly uri?: string | readonly string[];
  readonly email?: string | readonly string[];
  readonly ip?: string | readonly string[];
  readonly upn?: string | readonly string[];
  /** EKU OIDs. */
  readonly extendedKeyUsage?: string | readonly string[];
  /** Certificate policy OIDs that survived the path. */
  readonly policy?: string | readonly string[];
  /** Name of the trust anchor, or SHA-256 of the issuer certificate. */
  readonly issuer?: string | readonly string[];
}

/** Where the stable identifier comes from. `subject.commonName` has to be asked for by name. */
export type IdSource =
  'san.uri' | 'san.dns' | 'san.email' | 'san.upn' | 'san.ip' | 'subject.commonName' | 'fingerprint';

/** One identity rule: who, what they may be, and where their identifier comes from. */
export interface IdentityRule {
  /** Name in events and in `explain`; `rules[2]` where none is given. */
  readonly name?: string;
  readonly when: Condition;
  readonly roles: readonly string[];
  readonly id: IdSource;
}

/** A function instead of rules: returns who the caller is, or undefined to refuse. Called once per connection and snapshot. */
export type IdentityResolver = (
  peer: VerifiedPeer,
) => Promise<ResolvedIdentity | undefined> | ResolvedIdentity | undefined;

/** What a resolver says. */
export interface ResolvedIdentity {
  readonly id: string;
  readonly name?: string;
  readonly roles: readonly string[];
}

/** The identity mapping of a snapshot. */
export type IdentityMapping =
  | {readonly kind: 'rules'; readonly rules: readonly IdentityRule[]}
  | {readonly kind: 'resolver'; readonly resolve: IdentityResolver; readonly timeoutMs: number};

export type IdentityDecision =
  | {readonly verdict: 'accept'; readonly principal: Principal; readonly matched: readonly string[]}
  | {readonly verdict: 'reject'; readonly why: Refusal};
