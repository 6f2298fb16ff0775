import {MtlsError} from './errors';

/**
 * Every way to weaken this library, and nothing else. A weakening is a value that only a function of this file
 * makes: JSON, environment variables and copies of one have no effect. Each carries a reason and an end date, is
 * announced at every start, and is refused after its end.
 */

/** What can be weakened. */
export type WeakeningKind = 'old-runtime' | 'unknown-revocation' | 'exposed-key-file';

declare const made: unique symbol;

/** A weakening with its written reason and its end. Only a function of this file makes one. */
export interface Weakening<K extends WeakeningKind> {
  readonly [made]: true;
  readonly weakens: K;
  readonly reason: string;
  readonly until: Date;
}

export type AnyWeakening = {[K in WeakeningKind]: Weakening<K>}[WeakeningKind];

/** Why a weakening is accepted, and the last moment it may be. */
export interface Justification {
  /** For the start-up line and the auditor: at least ten characters. */
  readonly reason: string;
  /** Start is refused after this moment. At most 366 days ahead when given. */
  readonly until: Date;
}

const known = new WeakSet();

/** Starts although the Node.js runtime is one this library knows to be unsafe. */
export function dangerouslyAllowOldRuntime(why: Justification): Weakening<'old-runtime'> {
  return weaken('old-runtime', why);
}

/** Accepts certificates whose revocation status no source can tell. A revoked one is still refused. */
export function dangerouslyAllowUnknownRevocation(why: Justification): Weakening<'unknown-revocation'> {
  return weaken('unknown-revocation', why);
}

/** Starts with a key file that others can read or its group can write. */
export function dangerouslyAllowExposedKeyFile(why: Justification): Weakening<'exposed-key-file'> {
  return weaken('exposed-key-file', why);
}

/** Whether the value came from a function of this file. */
export function isWeakening(value: unknown): value is AnyWeakening {
  return typeof value === 'object' && value !== null && known.has(value);
}

function weaken<K extends WeakeningKind>(weakens: K, why: Justification): Weakening<K> {
  if (why.reason.trim().length < 10) {
    throw new MtlsError({
      code: 'ERR_MTLS_WEAKENING',
      required: 'a reason of at least ten characters',
      found: `${why.reason.trim().length}`,
      where: weakens,
    });
  }
  if (Number.isNaN(why.until.getTime())) {
    throw new MtlsError({code: 'ERR_MTLS_WEAKENING', required: 'an end date', found: 'an invalid one', where: weakens});
  }
  const weakening = Object.freeze({weakens, reason: why.reason, until: new Date(why.until)}) as unknown as Weakening<K>;
  known.add(weakening);
  return weakening;
}
