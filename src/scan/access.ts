import type {HttpOutcome} from './probe/http-exchange';

/** How far a request came, from the outside in. */
export type Access = 'refused by TLS' | 'refused by the application' | 'served' | 'no answer';

/** Statuses with which applications and proxies refuse a client for who it is; 495 and 496 are nginx's own. */
const REFUSALS: ReadonlySet<number> = new Set([400, 401, 403, 421, 495, 496]);

/** Anything but a refusal means that the request reached what the certificate was to protect; a 404 comes from there too. */
export function accessOf(outcome: HttpOutcome): Access {
  if (outcome.kind === 'answered') return REFUSALS.has(outcome.status) ? 'refused by the application' : 'served';
  return outcome.kind === 'timeout' ? 'no answer' : 'refused by TLS';
}

/** The same for people, with its evidence. */
export function describeAccess(outcome: HttpOutcome): string {
  const detail = outcome.kind === 'answered' ? `HTTP ${outcome.status} over ${outcome.protocol}` : outcome.reason;
  return `${accessOf(outcome)}: ${detail}`;
}
