import {extensionFilter} from '@loopback/core';
import type {Context} from '@loopback/core';
import {attachSink} from '../audit/sink';
import type {AuditSink} from '../audit/sink';
import {AUDIT_SINKS} from './keys';

/** Attaches every sink that is bound as an extension of `AUDIT_SINKS`; the function it returns detaches them. */
export async function attachSinks(context: Context): Promise<() => void> {
  const bindings = context.find(extensionFilter(AUDIT_SINKS));
  const sinks = await Promise.all(bindings.map(({key}) => context.get<AuditSink>(key)));
  const detach = sinks.map(sink => attachSink(sink));
  return () => {
    for (const end of detach) end();
  };
}
