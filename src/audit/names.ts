import type {AuditEvent, Family} from './events';

/** How loud an event is: `info` is life as usual, `warning` wants a look, `error` wants somebody now. */
export type Level = 'info' | 'warning' | 'error';

interface Row {
  readonly level: Level;
  /** One sentence, lower case, no full stop. */
  readonly when: string;
}

function info(when: string): Row {
  return {level: 'info', when};
}

function warning(when: string): Row {
  return {level: 'warning', when};
}

function error(when: string): Row {
  return {level: 'error', when};
}

/** One row per event name: how loud it is and when it is recorded. Names are stable and never reused. */
export const EVENTS = {
  'mtls.handshake.accepted': info('a connection was verified and mapped to a principal'),

  'mtls.refusal.handshake': warning('OpenSSL or a connection limit ended a handshake'),
  'mtls.refusal.verification': warning('the certificate did not pass verification'),
  'mtls.refusal.identity': warning('the verified certificate maps to no principal'),
  'mtls.refusal.open': warning('a connection that had been accepted was closed because it would no longer be'),

  'mtls.authentication.succeeded': info('a verified peer became a principal, or another one when it was judged again'),

  'mtls.authorization.allow': info('a request was allowed; recorded only where `audit.allowed` is `record`'),
  'mtls.authorization.deny': warning('a request was denied'),

  'mtls.start.listening': info('the server accepts connections'),
  'mtls.start.refused': error('the server did not start'),
  'mtls.start.weakening': warning('a weakening is in force'),
  'mtls.start.warning': warning('the runtime or the configuration is weaker than it should be'),
  'mtls.start.stopped': info('the server stopped'),

  'mtls.reload.applied': info('a new snapshot was swapped in'),
  'mtls.reload.unchanged': info('everything was read again and nothing differed'),
  'mtls.reload.rejected': error('new material was refused and the snapshot before stays in force'),

  'mtls.revocation.loaded': info('a source of revocation data was read'),
  'mtls.revocation.failed': error('a source of revocation data could not be fetched, read or verified'),
  'mtls.revocation.stale': error('a source of revocation data is past its nextUpdate'),
  'mtls.revocation.grace': warning(
    'a client was let in, or stays, by revocation data past its nextUpdate, under a signed-off grace',
  ),
  'mtls.revocation.denied': warning('an entry was added to the deny-list'),

  'mtls.expiry.approaching': warning('something this server depends on expires soon'),
  'mtls.expiry.expired': error('something this server depends on has expired'),

  'mtls.audit.dropped': error('a sink could not keep up and left events out'),
  'mtls.audit.failed': error('a sink threw or rejected, for the first time since it last worked'),
} as const satisfies Record<`mtls.${Family}.${string}`, Row>;

/** The stable name of an event. */
export type EventName = keyof typeof EVENTS;

/** The name of an event, from its family and what happened. */
export function nameOf(event: AuditEvent): EventName {
  switch (event.family) {
    case 'handshake':
      return 'mtls.handshake.accepted';
    case 'authentication':
      return 'mtls.authentication.succeeded';
    case 'refusal':
      return `mtls.refusal.${event.stage}`;
    case 'authorization':
      return `mtls.authorization.${event.verdict}`;
    case 'start':
      return `mtls.start.${event.phase}`;
    case 'reload':
      return `mtls.reload.${event.phase}`;
    case 'revocation':
      return `mtls.revocation.${event.phase}`;
    case 'expiry':
      return `mtls.expiry.${event.phase}`;
    case 'audit':
      return `mtls.audit.${event.phase}`;
  }
}
