import type {HandshakeEvent} from './events';
import type {RecordedEvent} from './publish';
import {attachSink} from './sink';

/** What a metric is called, what it counts, and by which labels. */
export interface Metric {
  readonly help: string;
  readonly labels: readonly string[];
}

/** Counted from events. Every label takes its values from a closed list or from what OpenSSL negotiated. */
export const COUNTERS = {
  mtls_handshakes_total: {help: 'Connections accepted', labels: ['protocol', 'group', 'session']},
  mtls_refusals_total: {help: 'Connections refused, by reason', labels: ['code', 'stage']},
  mtls_denials_total: {help: 'Requests denied, by reason', labels: ['code']},
  mtls_reloads_total: {help: 'Reloads, by outcome', labels: ['outcome']},
  mtls_revocation_failures_total: {help: 'Revocation sources that failed or went stale', labels: ['kind', 'phase']},
  mtls_audit_dropped_total: {help: 'Audit events a sink left out', labels: []},
} as const satisfies Record<string, Metric>;

const HOUR = 3600;
const DAY = 24 * HOUR;

/** Observed from events. */
export const HISTOGRAMS = {
  mtls_client_certificate_remaining_seconds: {
    help: 'Time until notAfter of client certificates, at the handshake',
    labels: [],
    buckets: [HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY, 90 * DAY, 365 * DAY],
  },
} as const satisfies Record<string, Metric & {readonly buckets: readonly number[]}>;

/** Read from the server whenever somebody asks for the metrics. */
export const STATE_METRICS = {
  mtls_snapshot_generation: {kind: 'gauge', help: 'Generation of the trust snapshot in force', labels: []},
  mtls_connections: {kind: 'gauge', help: 'Open connections', labels: []},
  mtls_role_connections: {kind: 'gauge', help: 'Open connections whose principal has the role', labels: ['role']},
  mtls_crl_age_seconds: {kind: 'gauge', help: 'Time since thisUpdate of a CRL', labels: ['source']},
  mtls_expiry_seconds: {kind: 'gauge', help: 'Time until something expires', labels: ['kind', 'subject']},
  mtls_decision_cache_entries: {kind: 'gauge', help: 'Verdicts remembered', labels: []},
  mtls_decision_cache_lookups_total: {kind: 'counter', help: 'Look-ups of a verdict', labels: ['outcome']},
} as const satisfies Record<string, Metric & {readonly kind: 'gauge' | 'counter'}>;

/** A metric that only grows, one per kind of event. */
export type CounterName = keyof typeof COUNTERS;

/** A metric of durations. */
export type HistogramName = keyof typeof HISTOGRAMS;

/** A metric that is read from the state of a server when somebody asks. */
export type StateMetricName = keyof typeof STATE_METRICS;

/** Values of labels by name; none comes from a peer. */
export type Labels = Readonly<Record<string, string>>;

/** Where counts and observations go: the side of a metrics registry that this library writes to. */
export interface Recorder {
  count(metric: CounterName, labels: Labels, by: number): void;
  observe(metric: HistogramName, labels: Labels, value: number): void;
}

/**
 * Feeds a recorder from the audit channels. What a recorder throws is contained.
 *
 * @returns a function that ends it
 */
export function recordMetrics(recorder: Recorder): () => void {
  return attachSink(event => {
    recordEvent(event, recorder);
  });
}

function recordEvent(event: RecordedEvent, recorder: Recorder): void {
  switch (event.family) {
    case 'handshake':
      recordHandshake(event, recorder, Date.parse(event.time));
      return;
    case 'refusal':
      // What a rate limit kept out of the log is still a refusal.
      recorder.count('mtls_refusals_total', {code: event.why.code, stage: event.stage}, 1 + (event.suppressed ?? 0));
      return;
    case 'authorization':
      if (event.verdict === 'deny') recorder.count('mtls_denials_total', {code: event.why?.code ?? 'unknown'}, 1);
      return;
    case 'reload':
      recorder.count('mtls_reloads_total', {outcome: event.phase}, 1);
      return;
    case 'revocation':
      if (event.phase === 'failed' || event.phase === 'stale')
        recorder.count('mtls_revocation_failures_total', {kind: event.kind, phase: event.phase}, 1);
      return;
    case 'audit':
      if (event.phase === 'dropped') recorder.count('mtls_audit_dropped_total', {}, event.count);
      return;
    case 'authentication':
    case 'start':
    case 'expiry':
      return;
  }
}

function recordHandshake(
  {protocol, group = 'unknown', session, peer}: HandshakeEvent,
  recorder: Recorder,
  nowMs: number,
): void {
  recorder.count('mtls_handshakes_total', {protocol, group, session}, 1);
  if (peer.notAfter === undefined) return;
  const remainingSeconds = (Date.parse(peer.notAfter) - nowMs) / 1000;
  recorder.observe('mtls_client_certificate_remaining_seconds', {}, remainingSeconds);
}

/** What a server tells about itself at one moment. */
export interface ServerState {
  readonly generation: number;
  readonly connections: number;
  /** Open connections by role of their principal; a principal with two roles counts for both. */
  readonly connectionsByRole: ReadonlyMap<string, number>;
  readonly crls: readonly {readonly source: string; readonly thisUpdate: Date}[];
  /** Everything with an end: server chain, client CAs, CRLs, stapled answers, weakenings. */
  readonly expiries: readonly {readonly kind: string; readonly subject: string; readonly notAfter: Date}[];
  readonly decisionCache: {readonly entries: number; readonly hits: number; readonly misses: number};
}

/** One value of a state metric. */
export interface Sample {
  readonly metric: StateMetricName;
  readonly labels: Labels;
  readonly value: number;
}

/** The state metrics of a server at the moment `now`. */
export function sampleState(state: ServerState, now: Date): readonly Sample[] {
  const secondsUntil = (time: Date): number => (time.getTime() - now.getTime()) / 1000;
  const {entries, hits, misses} = state.decisionCache;
  return [
    {metric: 'mtls_snapshot_generation', labels: {}, value: state.generation},
    {metric: 'mtls_connections', labels: {}, value: state.connections},
    ...Array.from(state.connectionsByRole, ([role, value]) => sample('mtls_role_connections', {role}, value)),
    ...state.crls.map(crl => sample('mtls_crl_age_seconds', {source: crl.source}, -secondsUntil(crl.thisUpdate))),
    ...state.expiries.map(({kind, subject, notAfter}) =>
      sample('mtls_expiry_seconds', {kind, subject}, secondsUntil(notAfter)),
    ),
    {metric: 'mtls_decision_cache_entries', labels: {}, value: entries},
    {metric: 'mtls_decision_cache_lookups_total', labels: {outcome: 'hit'}, value: hits},
    {metric: 'mtls_decision_cache_lookups_total', labels: {outcome: 'miss'}, value: misses},
  ];
}

function sample(metric: StateMetricName, labels: Labels, value: number): Sample {
  return {metric, labels, value};
}
