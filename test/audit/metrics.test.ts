import assert from 'node:assert/strict';
import * as promClient from 'prom-client';
import {COUNTERS, HISTOGRAMS, recordMetrics, sampleState, STATE_METRICS} from '../../src/audit/metrics';
import type {Labels, Recorder, ServerState} from '../../src/audit/metrics';
import {bindPrometheus} from '../../src/audit/prometheus';
import {publish} from '../../src/audit/publish';
import {SAMPLES} from './samples';

const STATE: ServerState = {
  generation: 7,
  connections: 3,
  connectionsByRole: new Map([
    ['clinician', 2],
    ['auditor', 1],
  ]),
  crls: [{source: 'clients.crl', thisUpdate: new Date(0)}],
  expiries: [{kind: 'server-certificate', subject: 'CN=api', notAfter: new Date(90_000)}],
  decisionCache: {entries: 2, hits: 40, misses: 2},
};

type Call = readonly [metric: string, labels: Labels, value: number];

function callsFor(act: () => void): readonly Call[] {
  const calls: Call[] = [];
  const recorder: Recorder = {
    count: (...call) => void calls.push(call),
    observe: (...call) => void calls.push(call),
  };
  const stop = recordMetrics(recorder);
  act();
  stop();
  return calls;
}

const COUNTED: readonly (readonly [keyof typeof SAMPLES, readonly Call[]])[] = [
  ['mtls.refusal.verification', [['mtls_refusals_total', {code: 'ERR_MTLS_EXPIRED', stage: 'verification'}, 42]]],
  ['mtls.refusal.open', [['mtls_refusals_total', {code: 'ERR_MTLS_EXPIRED', stage: 'open'}, 1]]],
  ['mtls.authorization.deny', [['mtls_denials_total', {code: 'ERR_MTLS_ACCESS_DENIED'}, 1]]],
  ['mtls.authorization.allow', []],
  ['mtls.reload.applied', [['mtls_reloads_total', {outcome: 'applied'}, 1]]],
  ['mtls.reload.rejected', [['mtls_reloads_total', {outcome: 'rejected'}, 1]]],
  ['mtls.revocation.failed', [['mtls_revocation_failures_total', {kind: 'ocsp', phase: 'failed'}, 1]]],
  ['mtls.revocation.stale', [['mtls_revocation_failures_total', {kind: 'crl', phase: 'stale'}, 1]]],
  ['mtls.revocation.loaded', []],
  ['mtls.audit.dropped', [['mtls_audit_dropped_total', {}, 12]]],
  ['mtls.audit.failed', []],
  ['mtls.authentication.succeeded', []],
  ['mtls.start.listening', []],
  ['mtls.expiry.expired', []],
];

describe('audit/metrics', () => {
  for (const [name, calls] of COUNTED) {
    it(`counts ${name}`, () => {
      assert.deepEqual(
        callsFor(() => {
          publish(SAMPLES[name]);
        }),
        calls,
      );
    });
  }

  it('counts a handshake and observes how long its certificate lasts', () => {
    const notAfter = new Date(Date.now() + 3_600_000).toISOString();
    const peer = {remoteAddress: undefined, remotePort: undefined, notAfter};
    const [counted, observed] = callsFor(() => {
      publish({
        family: 'handshake',
        peer,
        protocol: 'TLSv1.3',
        cipher: 'x',
        group: 'X25519',
        session: 'resumed',
        generation: 1,
      });
    });
    assert.deepEqual(counted, ['mtls_handshakes_total', {protocol: 'TLSv1.3', group: 'X25519', session: 'resumed'}, 1]);
    assert.ok(observed);
    const [metric, labels, remainingSeconds] = observed;
    assert.deepEqual([metric, labels], ['mtls_client_certificate_remaining_seconds', {}]);
    assert.ok(remainingSeconds <= 3600 && remainingSeconds > 3500, String(remainingSeconds));
  });

  it('counts a handshake of unknown group, and a denial without reason', () => {
    const peer = {remoteAddress: undefined, remotePort: undefined};
    const calls = callsFor(() => {
      publish({family: 'handshake', peer, protocol: 'TLSv1.2', cipher: 'x', session: 'new', generation: 1});
      publish({family: 'authorization', verdict: 'deny', correlationId: 'c', peer, method: 'GET', path: '/'});
    });
    assert.deepEqual(calls, [
      ['mtls_handshakes_total', {protocol: 'TLSv1.2', group: 'unknown', session: 'new'}, 1],
      ['mtls_denials_total', {code: 'unknown'}, 1],
    ]);
  });

  it('samples the state of a server', () => {
    assert.deepEqual(
      sampleState(STATE, new Date(60_000)).map(({metric, labels, value}) => [metric, labels, value]),
      [
        ['mtls_snapshot_generation', {}, 7],
        ['mtls_connections', {}, 3],
        ['mtls_role_connections', {role: 'clinician'}, 2],
        ['mtls_role_connections', {role: 'auditor'}, 1],
        ['mtls_crl_age_seconds', {source: 'clients.crl'}, 60],
        ['mtls_expiry_seconds', {kind: 'server-certificate', subject: 'CN=api'}, 30],
        ['mtls_decision_cache_entries', {}, 2],
        ['mtls_decision_cache_lookups_total', {outcome: 'hit'}, 40],
        ['mtls_decision_cache_lookups_total', {outcome: 'miss'}, 2],
      ],
    );
  });

  it('labels each value with exactly the labels of its metric', () => {
    for (const {metric, labels} of sampleState(STATE, new Date()))
      assert.deepEqual(Object.keys(labels), [...STATE_METRICS[metric].labels]);
  });
});

describe('audit/prometheus', () => {
  it('shows events and state in a scrape', async () => {
    const registry = new promClient.Registry();
    const unbind = bindPrometheus(promClient, registry, () => STATE);
    publish(SAMPLES['mtls.handshake.accepted']);
    publish(SAMPLES['mtls.refusal.verification']);
    const text = await registry.metrics();
    unbind();
    for (const line of [
      'mtls_handshakes_total{protocol="TLSv1.3",group="X25519MLKEM768",session="new"} 1',
      'mtls_refusals_total{code="ERR_MTLS_EXPIRED",stage="verification"} 42',
      'mtls_client_certificate_remaining_seconds_count 1',
      'mtls_snapshot_generation 7',
      'mtls_role_connections{role="clinician"} 2',
      'mtls_decision_cache_lookups_total{outcome="hit"} 40',
    ])
      assert.ok(text.includes(`${line}\n`), `${line} in\n${text}`);
  });

  it('registers every metric, and none stays behind', () => {
    const registry = new promClient.Registry();
    const unbind = bindPrometheus(promClient, registry, () => STATE);
    assert.deepEqual(
      registry.getMetricsAsArray().map(({name}) => name),
      Object.keys({...COUNTERS, ...HISTOGRAMS, ...STATE_METRICS}),
    );
    unbind();
    assert.deepEqual(registry.getMetricsAsArray(), []);
  });

  it('reads the state anew at each scrape: what is gone is not shown', async () => {
    const registry = new promClient.Registry();
    let state = STATE;
    const unbind = bindPrometheus(promClient, registry, () => state);
    await registry.metrics();
    state = {...STATE, connectionsByRole: new Map([['auditor', 5]]), decisionCache: {entries: 0, hits: 41, misses: 2}};
    const text = await registry.metrics();
    unbind();
    assert.ok(!text.includes('role="clinician"'));
    assert.ok(text.includes('mtls_role_connections{role="auditor"} 5\n'));
    assert.ok(text.includes('mtls_decision_cache_lookups_total{outcome="hit"} 41\n'));
  });
});
