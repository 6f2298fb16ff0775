import type {Refusal} from '../errors';
import type {VerifiedPeer} from '../trust/decision';
import type {IdSource, Principal} from './principal';

/**
 * What a certificate must show for a rule to apply. Every named condition must hold; a list means any of its
 * values; of an attribute with several values, one has to match. There is no substring and no regular expression:
 *
 * - `organizationalUnit`, `organization`, `commonName`: the exact text, with case.
 * - `dns`: labels, without case; `*` is one whole label (`*.clinic.example`).
 * - `uri`: scheme and authority exact, then path segments with case; `*` is one whole segment, and `**` at the end
 *   is one or more (`spiffe://clinic.example/ward/*`).
 * - `email`, `upn`: local part with case, domain without (RFC 5280 section 7.5); `*` is a whole local part.
 * - `ip`: one address.
 * - `extendedKeyUsage`, `policy`: OIDs. `anyPolicy` and `anyExtendedKeyUsage` in a certificate stand for no other OID.
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
  readonly extendedKeyUsage?: string | readonly string[];
  /** Certificate policies that survived the path. */
  readonly policy?: string | readonly string[];
  /** Name of the trust anchor, or SHA-256 of the certificate that issued the leaf. */
  readonly issuer?: string | readonly string[];
}

/** One identity rule: who, what they may be, and where their identifier comes from. */
export interface IdentityRule {
  /** Name in events and in `explain`; `rules[2]` where none is given. */
  readonly name?: string;
  readonly when: Condition;
  readonly roles: readonly string[];
  readonly id: IdSource;
}

/** A rule that `compileRules` read and found sound. */
export interface CompiledRule {
  readonly name: string;
  readonly conditions: readonly CompiledCondition[];
  readonly roles: readonly string[];
  readonly id: IdSource;
}

/** One condition of a rule, ready to be asked. */
export interface CompiledCondition {
  readonly attribute: keyof Condition;
  /** The configured values, of which one is enough. */
  readonly anyOf: readonly string[];
  holds(peer: VerifiedPeer): boolean;
}

/**
 * A function instead of rules: returns who the caller is, or undefined to refuse. Called once per connection and
 * snapshot; `signal` aborts when its time is up, after which its answer no longer counts.
 */
export type IdentityResolver = (
  peer: VerifiedPeer,
  signal: AbortSignal,
) => Promise<ResolvedIdentity | undefined> | ResolvedIdentity | undefined;

/** What a resolver says. */
export interface ResolvedIdentity {
  /** Stable identifier: not empty, no control or formatting characters, at most 1024 characters. */
  readonly id: string;
  /** For people. Default: the common name where there is exactly one, otherwise the id. */
  readonly name?: string;
  /** At least one role name. */
  readonly roles: readonly string[];
}

/** The identity mapping of a snapshot. Whoever calls `identify` limits the wait to `timeoutMs`. */
export type IdentityMapping =
  | {readonly kind: 'rules'; readonly rules: readonly CompiledRule[]}
  | {readonly kind: 'resolver'; readonly resolve: IdentityResolver; readonly timeoutMs: number};

export type IdentityDecision =
  | {readonly verdict: 'accept'; readonly principal: Principal; readonly matched: readonly string[]}
  | {readonly verdict: 'reject'; readonly why: Refusal};
