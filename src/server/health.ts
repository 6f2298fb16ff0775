import type {ReloadEvent} from '../audit/events';
import {nearnessOf} from './expiry';
import type {Perishable} from './expiry';

/** How a server is. */
export interface Health {
  /** `degraded`: it serves, and somebody has to act soon. `failing`: something it cannot do without has ended. */
  readonly status: 'ok' | 'degraded' | 'failing';
  /** Whether it takes connections: from the moment it listens to the moment it is told to stop. */
  readonly readiness: 'ready' | 'not ready';
  /** What is not as it should be, most urgent first. Names files and CAs: for operators. */
  readonly details: readonly HealthDetail[];
}

/** One thing that is not as it should be. */
export interface HealthDetail {
  readonly status: 'degraded' | 'failing';
  readonly message: string;
}

/** Judges what ends and how the latest reload did. A notice far ahead of an end is an event and no illness. */
export function healthOf(
  perishables: readonly Perishable[],
  latestReload: ReloadEvent['phase'] | 'none',
  readiness: Health['readiness'],
  now: Date,
): Health {
  const expiries = perishables.flatMap(perishable => detailOf(perishable, now));
  const rejected: readonly HealthDetail[] =
    latestReload === 'rejected'
      ? [{status: 'degraded', message: 'the latest reload was rejected; what was in force before still is'}]
      : [];
  const details = [...expiries, ...rejected].sort((a, b) => RANK[a.status] - RANK[b.status]);
  return Object.freeze({status: details[0]?.status ?? 'ok', readiness, details: Object.freeze(details)});
}

const RANK = {failing: 0, degraded: 1} as const;

function detailOf(perishable: Perishable, now: Date): readonly HealthDetail[] {
  const near = nearnessOf(perishable, now);
  if (near === undefined || near.urgency === 'notice') return [];
  const {kind, subject, notAfter, afterEnd = 'failing'} = perishable;
  const end = notAfter.toISOString();
  return near.urgency === 'ended'
    ? [{status: afterEnd, message: `${kind} ${subject} ended ${end}`}]
    : [{status: 'degraded', message: `${kind} ${subject} ends ${end}`}];
}
