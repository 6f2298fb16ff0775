/** How long revocation data counts past its nextUpdate, and until when there is any grace at all. */
export interface Grace {
  readonly hours: number;
  readonly until: Date;
}

/** Data that has ended and counts on, by a grace: whose it is, and until when. */
export interface GraceUse {
  readonly source: string;
  readonly until: Date;
}

/** Until when data counts that still does. */
export interface Currency {
  readonly untilMs: number;
  /** Only where it is past its own end. */
  readonly grace?: GraceUse;
}

/** When data with this nextUpdate stops counting, in epoch milliseconds. Grace only ever adds time. */
export function endWithGrace(nextUpdateMs: number, grace: Grace | undefined): number {
  if (grace === undefined) return nextUpdateMs;
  return Math.max(nextUpdateMs, Math.min(nextUpdateMs + grace.hours * 3_600_000, grace.until.getTime()));
}

/**
 * How long data of a source counts at a moment; undefined when it does no more. A grace begins only where the data ends,
 * so that whoever relies on it asks again then and is seen to be under a grace.
 *
 * @param untilMs the end with grace
 */
export function currencyAt(now: Date, endMs: number, untilMs: number, source: string): Currency | undefined {
  if (now.getTime() <= endMs) return {untilMs: endMs};
  if (now.getTime() <= untilMs) return {untilMs, grace: {source, until: new Date(untilMs)}};
  return undefined;
}
