/** How long revocation data counts past its nextUpdate, and until when there is any grace at all. */
export interface Grace {
  readonly hours: number;
  readonly until: Date;
}

/** When data with this nextUpdate stops counting, in epoch milliseconds. Grace only ever adds time. */
export function endWithGrace(nextUpdateMs: number, grace: Grace | undefined): number {
  if (grace === undefined) return nextUpdateMs;
  return Math.max(nextUpdateMs, Math.min(nextUpdateMs + grace.hours * 3_600_000, grace.until.getTime()));
}
