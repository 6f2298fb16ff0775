import assert from 'node:assert/strict';
import {authorize} from '@loopback/authorization';
import {extensionFor} from '@loopback/core';
import {get, param} from '@loopback/rest';
import type {RestApplication} from '@loopback/rest';
import type {RecordedEvent} from '../../src/audit/publish';
import {AUDIT_SINKS} from '../../src/loopback/keys';
import {Recorder} from '../server/harness';
import {Clinic, guest, nurse, refusedStart, serving} from './support/clinic';

class PatientController {
  @authorize({allowedRoles: ['nurse']})
  @get('/patients/{id}')
  find(@param.path.string('id') id: string): string {
    return id;
  }
}

const patients = (app: RestApplication): void => void app.controller(PatientController);

describe('audit of requests', () => {
  let recorder: Recorder;
  beforeEach(() => {
    recorder = new Recorder('authorization', 'start');
  });
  afterEach(() => {
    recorder.stop();
  });

  it('records a refusal with its reason under the correlation id of the answer, without the query', () =>
    serving({setup: patients}, async clinic => {
      const answer = await clinic.get(guest, '/patients/7?name=Gus');
      const event = await recorder.next('authorization');
      assert.equal(event.verdict, 'deny');
      assert.equal(event.correlationId, answer.headers['x-correlation-id']);
      assert.equal(event.principal, 'spiffe://clinic.example/gus');
      assert.deepEqual([event.method, event.path, event.route], ['GET', '/patients/7', 'GET /patients/{id}']);
      assert.deepEqual(event.why, {
        code: 'ERR_MTLS_ACCESS_DENIED',
        required: 'one of the roles nurse',
        found: 'guest',
      });
      assert.match(event.peer.fingerprint ?? '', /^[0-9a-f]{64}$/);
    }));

  it('records what is allowed only where the configuration says so', async () => {
    await serving({setup: patients}, clinic => clinic.get(nurse, '/patients/7'));
    assert.deepEqual(recorder.of('authorization'), []);
    await serving({setup: patients, options: {audit: {allowed: 'record', sink: 'none'}}}, clinic =>
      clinic.get(nurse, '/patients/7'),
    );
    assert.deepEqual(
      recorder.of('authorization').map(({verdict, route}) => [verdict, route]),
      [['allow', 'GET /patients/{id}']],
    );
  });

  it('records once each that the server listens and that it stopped', async () => {
    await serving({setup: patients}, () => Promise.resolve());
    assert.deepEqual(
      recorder.of('start').flatMap(({phase}) => (phase === 'warning' ? [] : phase)),
      ['listening', 'stopped'],
    );
  });

  it('hands every event to the sinks that are bound, a refused start too, until the server stops', async () => {
    const seen: RecordedEvent[] = [];
    const bindSink = (app: RestApplication): void => {
      app
        .bind('sinks.mine')
        .to((event: RecordedEvent) => void seen.push(event))
        .apply(extensionFor(AUDIT_SINKS));
    };
    await refusedStart({
      setup: app => {
        bindSink(app);
        app.route('get', '/open', {responses: {}}, () => 'secret');
      },
    });
    assert.deepEqual(
      seen.map(({name}) => name),
      ['mtls.start.refused'],
    );
    seen.length = 0;
    const clinic = new Clinic({
      setup: app => {
        bindSink(app);
        patients(app);
      },
    });
    await clinic.app.start();
    await clinic.get(guest, '/patients/7');
    await clinic.stop();
    assert.ok(seen.some(({name}) => name === 'mtls.authorization.deny'));
    const {length} = seen;
    await serving({setup: patients}, other => other.get(guest, '/patients/7'));
    assert.equal(seen.length, length);
  });
});
