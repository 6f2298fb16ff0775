import {randomUUID} from 'node:crypto';
import {subscribe, unsubscribe} from 'node:diagnostics_channel';
import {injectable, type LifeCycleObserver} from '@loopback/core';
import {repository} from '@loopback/repository';
import type {AuthorizationEvent} from '../../src/index';
import {AccessEntryRepository} from './repositories/access-entry.repository';

const CHANNEL = 'mtls:authorization';

/** Keeps every access decision of the API in the clinic's own store, where auditors can read it. */
@injectable({tags: {key: 'healthcare.AccessLog'}})
export class AccessLog implements LifeCycleObserver {
  private readonly entries: AccessEntryRepository;

  constructor(@repository(AccessEntryRepository) entries: AccessEntryRepository) {
    this.entries = entries;
  }

  start(): void {
    subscribe(CHANNEL, this.record);
  }

  stop(): void {
    unsubscribe(CHANNEL, this.record);
  }

  private readonly record = (message: unknown): void => {
    const event = message as AuthorizationEvent;
    const entry = {
      id: randomUUID(),
      at: new Date().toISOString(),
      verdict: event.verdict,
      request: `${event.method} ${event.path}`,
      ...(event.principal === undefined ? {} : {principal: event.principal}),
    };
    this.entries.create(entry).catch((error: unknown) => {
      process.emitWarning(`the audit trail could not be written: ${String(error)}`);
    });
  };
}
