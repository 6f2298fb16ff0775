import type {AuditEvent, Family} from '../../src/audit/events';
import type {EventName} from '../../src/audit/names';
import {attachSink} from '../../src/audit/sink';
import type {RecordedEvent} from '../../src/audit/publish';

const peer = {
  remoteAddress: '192.0.2.7',
  remotePort: 50_000,
  fingerprint: 'ab'.repeat(32),
  subject: 'CN=Alice',
  issuer: 'CN=Clinic CA',
  serialNumber: '01',
  notAfter: '2030-01-01T00:00:00.000Z',
};
const why = {code: 'ERR_MTLS_EXPIRED', required: 'a notAfter ahead', found: 'one behind'} as const;

/** One event of every name. */
export const SAMPLES: Readonly<Record<EventName, AuditEvent>> = {
  'mtls.handshake.accepted': {
    family: 'handshake',
    peer,
    protocol: 'TLSv1.3',
    cipher: 'TLS_AES_256_GCM_SHA384',
    group: 'X25519MLKEM768',
    serverName: 'api.clinic.example',
    session: 'new',
    generation: 3,
  },
  'mtls.refusal.handshake': {family: 'refusal', peer, why, stage: 'handshake', generation: 3},
  'mtls.refusal.verification': {family: 'refusal', peer, why, stage: 'verification', generation: 3, suppressed: 41},
  'mtls.refusal.identity': {family: 'refusal', peer, why, stage: 'identity', generation: 3},
  'mtls.refusal.open': {family: 'refusal', peer, why, stage: 'open', generation: 3},
  'mtls.authentication.succeeded': {
    family: 'authentication',
    peer,
    principal: 'spiffe://clinic.example/alice',
    roles: ['clinician'],
    rules: ['clinicians'],
    generation: 3,
  },
  'mtls.authorization.allow': {
    family: 'authorization',
    verdict: 'allow',
    correlationId: 'c-1',
    peer,
    principal: 'alice',
    method: 'GET',
    path: '/patients',
  },
  'mtls.authorization.deny': {
    family: 'authorization',
    verdict: 'deny',
    correlationId: 'c-2',
    peer,
    method: 'GET',
    path: '/patients',
    why: {code: 'ERR_MTLS_ACCESS_DENIED', required: 'role clinician', found: 'role device'},
  },
  'mtls.start.listening': {family: 'start', phase: 'listening', message: 'on port 8443', generation: 1},
  'mtls.start.refused': {family: 'start', phase: 'refused', message: 'one fault'},
  'mtls.start.weakening': {family: 'start', phase: 'weakening', message: 'old-runtime'},
  'mtls.start.warning': {family: 'start', phase: 'warning', message: 'no X25519MLKEM768'},
  'mtls.start.stopped': {family: 'start', phase: 'stopped', message: 'drained'},
  'mtls.reload.applied': {
    family: 'reload',
    phase: 'applied',
    trigger: 'file',
    changed: ['crl'],
    generation: 4,
    faults: [],
  },
  'mtls.reload.unchanged': {
    family: 'reload',
    phase: 'unchanged',
    trigger: 'signal',
    changed: [],
    generation: 4,
    faults: [],
  },
  'mtls.reload.rejected': {
    family: 'reload',
    phase: 'rejected',
    trigger: 'call',
    changed: ['anchors'],
    generation: 4,
    faults: [{code: 'ERR_MTLS_PEM', where: 'clients.ca', required: 'PEM', found: 'nothing', remedy: 'write it again'}],
  },
  'mtls.revocation.loaded': {
    family: 'revocation',
    phase: 'loaded',
    kind: 'crl',
    source: 'clients.crl',
    entries: 7,
    thisUpdate: '2026-01-01T00:00:00.000Z',
    nextUpdate: '2026-01-08T00:00:00.000Z',
  },
  'mtls.revocation.failed': {family: 'revocation', phase: 'failed', kind: 'ocsp', source: 'responder', why},
  'mtls.revocation.stale': {family: 'revocation', phase: 'stale', kind: 'crl', source: 'clients.crl', why},
  'mtls.revocation.grace': {
    family: 'revocation',
    phase: 'grace',
    source: 'responder',
    peer,
    until: '2026-02-01T00:00:00.000Z',
  },
  'mtls.revocation.denied': {
    family: 'revocation',
    phase: 'denied',
    source: 'code',
    by: 'certificate',
    value: 'ab'.repeat(32),
  },
  'mtls.expiry.approaching': {
    family: 'expiry',
    phase: 'approaching',
    kind: 'server-certificate',
    subject: 'CN=api',
    notAfter: '2026-02-01T00:00:00.000Z',
    remainingSeconds: 604_800,
    threshold: '7 days',
  },
  'mtls.expiry.expired': {
    family: 'expiry',
    phase: 'expired',
    kind: 'crl',
    subject: 'clients.crl',
    notAfter: '2026-02-01T00:00:00.000Z',
    remainingSeconds: -1,
    threshold: 'end',
  },
  'mtls.audit.dropped': {family: 'audit', phase: 'dropped', count: 12},
  'mtls.audit.failed': {family: 'audit', phase: 'failed'},
};

/** The events that are published while `act` runs. */
export async function eventsDuring(
  act: () => void | Promise<void>,
  families?: readonly Family[],
): Promise<readonly RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  const detach = attachSink(event => {
    events.push(event);
  }, families);
  try {
    await act();
  } finally {
    detach();
  }
  return events;
}
