import {randomUUID} from 'node:crypto';
import {channel} from 'node:diagnostics_channel';
import type {Channel} from 'node:diagnostics_channel';
import type {AuditEvent, Family} from './events';
import {EVENTS, nameOf} from './names';
import type {EventName, Level} from './names';

/** What every recorded event carries beside its own fields. */
export interface Envelope {
  /** When it was published, ISO 8601 in UTC with milliseconds. */
  readonly time: string;
  /** Unique among all events of all processes. */
  readonly id: string;
  readonly name: EventName;
  readonly level: Level;
}

/** An event as subscribers and sinks see it. Frozen. */
export type RecordedEvent = AuditEvent & Envelope;

/** One channel per family; anybody may subscribe through `node:diagnostics_channel` by name. */
export const CHANNELS: Readonly<Record<Family, Channel>> = Object.freeze({
  handshake: channel('mtls:handshake'),
  refusal: channel('mtls:refusal'),
  authentication: channel('mtls:authentication'),
  authorization: channel('mtls:authorization'),
  start: channel('mtls:start'),
  reload: channel('mtls:reload'),
  revocation: channel('mtls:revocation'),
  expiry: channel('mtls:expiry'),
  audit: channel('mtls:audit'),
});

const recorded = new WeakSet();

/** Takes an event; {@link publish} is one. */
export type Publish = (event: AuditEvent) => void;

/**
 * Publishes an event to whoever subscribed to its family; does nothing when nobody did. Never throws: what a raw
 * subscriber throws, Node raises later as an uncaught exception, and what a sink throws stays in the sink.
 */
export function publish(event: AuditEvent): void {
  const target = CHANNELS[event.family];
  if (target.hasSubscribers) target.publish(record(event));
}

/** Stamps an event with time, id, name and level. */
export function record(event: AuditEvent): RecordedEvent {
  const name = nameOf(event);
  const {level} = EVENTS[name];
  const stamped = Object.freeze({time: new Date().toISOString(), id: randomUUID(), name, level, ...event});
  recorded.add(stamped);
  return stamped;
}

/** Whether the value is an event of this library: the channels are open to every module of the process. */
export function isRecorded(value: unknown): value is RecordedEvent {
  return typeof value === 'object' && value !== null && recorded.has(value);
}
