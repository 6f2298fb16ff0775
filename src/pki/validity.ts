/** First and last moment of validity; whole seconds are written. */
export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** How long from now, in one unit. */
export type Lifetime = {readonly days: number} | {readonly minutes: number};

/** The moment a lifetime ends that begins at `start`. */
export function endOf(lifetime: Lifetime, start: Date): Date {
  const minutes = 'minutes' in lifetime ? lifetime.minutes : lifetime.days * 24 * 60;
  return new Date(start.getTime() + minutes * 60_000);
}

/**
 * The validity of a certificate that is made now and used at once. It begins a second ago: OpenSSL reads a clock that
 * runs behind by some milliseconds, and would call the certificate not yet valid around the turn of a second.
 */
export function fromNow(lifetime: Lifetime, now: Date): Validity {
  const notBefore = new Date(now.getTime() - 1000);
  return {notBefore, notAfter: endOf(lifetime, notBefore)};
}

/** How long a validity lasts. */
export function lengthOf({notBefore, notAfter}: Validity): Lifetime {
  return {minutes: (notAfter.getTime() - notBefore.getTime()) / 60_000};
}
