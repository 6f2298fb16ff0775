import {subscribe, unsubscribe} from 'node:diagnostics_channel';
import type {Family} from './events';
import {CHANNELS, isRecorded, publish} from './publish';
import type {RecordedEvent} from './publish';

/** Receives events. It must not block; what it throws or rejects with is contained and told once as `mtls.audit.failed`. */
export type AuditSink = (event: RecordedEvent) => void | Promise<void>;

/** Every family there is. */
export const FAMILIES: readonly Family[] = Object.freeze(
  Object.keys(CHANNELS).filter((name): name is Family => Object.hasOwn(CHANNELS, name)),
);

/**
 * Sends the events of the families, all where none are named, to a sink.
 *
 * @returns a function that ends it
 */
export function attachSink(sink: AuditSink, families: readonly Family[] = FAMILIES): () => void {
  const receive = contain(sink);
  for (const family of families) subscribe(`mtls:${family}`, receive);
  return () => {
    for (const family of families) unsubscribe(`mtls:${family}`, receive);
  };
}

/**
 * A sink that throws must reach neither the code that published nor the process: `node:diagnostics_channel` would
 * raise it as an uncaught exception. The first failure of a row is an event of its own, for the other sinks.
 */
function contain(sink: AuditSink): (message: unknown) => void {
  let standing: 'works' | 'fails' = 'works';
  const succeed = (): void => {
    standing = 'works';
  };
  const fail = (): void => {
    if (standing === 'fails') return;
    standing = 'fails';
    publish({family: 'audit', phase: 'failed'});
  };
  return message => {
    if (!isRecorded(message)) return;
    try {
      const pending = sink(message);
      if (pending === undefined) succeed();
      else pending.then(succeed, fail);
    } catch {
      fail();
    }
  };
}
