import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import * as client from 'prom-client';
import {COUNTERS, HISTOGRAMS, STATE_METRICS} from '../../src/audit/metrics';
import {bindPrometheus} from '../../src/audit/prometheus';
import {clientRoot, closed, Folder, get, issueClient, open, Recorder, start} from '../server/harness';
import {replace, rotatingOptions} from './rotation';

const METRICS = Object.keys({...COUNTERS, ...HISTOGRAMS, ...STATE_METRICS});

describe('metrics of a running server', () => {
  it('follow its connections, reloads and verdicts', async () => {
    const folder = new Folder();
    const recorder = new Recorder('reload', 'refusal');
    const server = await start(rotatingOptions(folder));
    const registry = new client.Registry();
    const unbind = bindPrometheus(client, registry, () => server.mtls.state());
    const value = async (line: string): Promise<number> => {
      const found = (await registry.metrics()).split('\n').find(each => each.startsWith(`${line} `));
      return Number(found?.slice(line.length) ?? Number.NaN);
    };
    try {
      const alice = issueClient();
      const kept = await open(server.port, alice);
      kept.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
      await new Promise(answered => kept.once('data', answered));
      await get(server.port, alice, {maxVersion: 'TLSv1.2'});
      await assert.rejects(get(server.port, undefined));
      await recorder.next('refusal');
      replace(join(folder.path, 'clients.crl'), clientRoot.issueCrl({number: 5}).pem);
      await recorder.next('reload');

      const text = await registry.metrics();
      for (const metric of METRICS) assert.ok(text.includes(`# TYPE ${metric} `), metric);
      assert.match(text, /mtls_handshakes_total\{protocol="TLSv1\.3",group="[^"]+",session="new"\} 1/);
      assert.match(text, /mtls_handshakes_total\{protocol="TLSv1\.2",group="[^"]+",session="new"\} 1/);
      assert.match(text, /mtls_refusals_total\{code="ERR_MTLS_CERTIFICATE_MISSING",stage="handshake"\} 1/);
      assert.equal(await value('mtls_reloads_total{outcome="applied"}'), 1);
      assert.equal(await value('mtls_snapshot_generation'), 2);
      assert.equal(await value('mtls_connections'), 1);
      assert.equal(await value('mtls_role_connections{role="clinician"}'), 1);
      assert.ok((await value('mtls_decision_cache_lookups_total{outcome="hit"}')) >= 1);
      assert.ok((await value('mtls_decision_cache_lookups_total{outcome="miss"}')) >= 1);
      const crl = `source="CN=Client Root from ${join(folder.path, 'clients.crl')}"`;
      assert.ok((await value(`mtls_crl_age_seconds{${crl}}`)) >= 0);
      assert.ok((await value('mtls_expiry_seconds{kind="server-certificate",subject="CN=Server"}')) > 86_400);
      assert.match(text, /mtls_client_certificate_remaining_seconds_bucket\{le="7776000"\} 2/);

      kept.destroy();
      await closed(kept);
      while (server.mtls.connectionCount > 0) await new Promise(resolved => setTimeout(resolved, 5));
      assert.doesNotMatch(await registry.metrics(), /mtls_role_connections\{/);
    } finally {
      unbind();
      recorder.stop();
      await server.stop();
      folder.remove();
    }
    assert.equal(await registry.metrics(), '\n');
  });

  it('are all on the dashboard, and nothing else is', () => {
    const path = resolve(__dirname, '../../../docs/grafana-dashboard.json');
    const shown = new Set(readFileSync(path, 'utf8').match(/mtls_[a-z_]+/g));
    const names = [...shown].map(name => name.replace(/_bucket$/, ''));
    assert.deepEqual([...new Set(names)].sort(), [...METRICS].sort());
  });
});
