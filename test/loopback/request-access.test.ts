import assert from 'node:assert/strict';
import {AuthorizationDecision, AuthorizationTags, authorize} from '@loopback/authorization';
import type {Authorizer} from '@loopback/authorization';
import {bind, BindingScope} from '@loopback/core';
import {get, param, RestBindings} from '@loopback/rest';
import type {RestApplication} from '@loopback/rest';
import type {Code} from '../../src/errors';
import {Recorder} from '../server/harness';
import {Clinic, guest, nurse} from './support/clinic';

@bind({scope: BindingScope.SINGLETON})
@authorize({allowedRoles: ['nurse']})
class SingletonController {
  @get('/single')
  single(): string {
    return 'single';
  }
}

let cast: () => AuthorizationDecision = () => AuthorizationDecision.ALLOW;
const voter: Authorizer = () => Promise.resolve().then(() => cast());

class WardController {
  @authorize({allowedRoles: ['nurse'], voters: [voter]})
  @get('/beds/{number}')
  bed(@param.path.integer('number') number: number): number {
    return number;
  }

  @authorize({allowedRoles: ['nurse']})
  @get('/plain')
  plain(): string {
    return 'plain';
  }
}

const quiet = (app: RestApplication): void => {
  app.controller(WardController);
  app.bind(RestBindings.SequenceActions.LOG_ERROR).to(() => undefined);
};
const withAuthorizer = (app: RestApplication): void => {
  quiet(app);
  app.bind('authorizers.mine').to(voter).tag(AuthorizationTags.AUTHORIZER);
};

describe('what is recorded about a request', () => {
  afterEach(() => {
    cast = () => AuthorizationDecision.ALLOW;
  });

  const once: readonly (readonly [
    string,
    typeof quiet,
    () => AuthorizationDecision,
    string,
    number,
    Code | 'allow',
  ])[] = [
    ['no voter has a say', quiet, () => AuthorizationDecision.DENY, '/plain', 200, 'allow'],
    ['the voter allows', quiet, () => AuthorizationDecision.ALLOW, '/beds/7', 200, 'allow'],
    ['the voter denies', quiet, () => AuthorizationDecision.DENY, '/beds/7', 403, 'ERR_MTLS_ACCESS_DENIED'],
    ['the voter throws', quiet, fail, '/beds/7', 500, 'ERR_MTLS_ACCESS_DENIED'],
    ['the voter was never asked', quiet, () => AuthorizationDecision.DENY, '/beds/seven', 400, 'allow'],
    [
      'there is neither route nor rule',
      quiet,
      () => AuthorizationDecision.ALLOW,
      '/nowhere',
      404,
      'ERR_MTLS_ACCESS_NO_RULE',
    ],
    ['an authorizer is bound', withAuthorizer, () => AuthorizationDecision.ALLOW, '/plain', 200, 'allow'],
    ['it denies', withAuthorizer, () => AuthorizationDecision.DENY, '/plain', 403, 'ERR_MTLS_ACCESS_DENIED'],
  ];
  for (const [when, setup, vote, path, status, outcome] of once) {
    it(`is one event when ${when}`, async () => {
      cast = vote;
      assert.deepEqual(await recordedOf(setup, path, status), [outcome]);
    });
  }

  it('is one event for each request after the last authorizer is gone', async () => {
    const recorder = new Recorder('authorization');
    const setup = (app: RestApplication): void => {
      app.controller(SingletonController);
      app.bind('authorizers.mine').to(voter).tag(AuthorizationTags.AUTHORIZER);
    };
    const clinic = new Clinic({options: {audit: {allowed: 'record', sink: 'none'}}, setup});
    try {
      await clinic.app.start();
      assert.equal((await clinic.get(nurse, '/single')).status, 200);
      clinic.app.unbind('authorizers.mine');
      // The first one finds that the routes have to be planned again.
      for (let count = 0; count < 4; count++) assert.equal((await clinic.get(nurse, '/single')).status, 200);
      assert.equal((await clinic.server.paths()).find(({endpoint}) => endpoint === 'GET /single')?.how, 'direct');
      await clinic.app.stop();
      assert.deepEqual(
        recorder.of('authorization').map(({verdict}) => verdict),
        Array(5).fill('allow'),
      );
    } finally {
      recorder.stop();
      await clinic.stop();
    }
  });
});

/** What was recorded about one request of the nurse, proven complete by a refused one behind it. */
async function recordedOf(setup: typeof quiet, path: string, status: number): Promise<readonly string[]> {
  const recorder = new Recorder('authorization');
  const clinic = new Clinic({options: {audit: {allowed: 'record', sink: 'none'}}, setup});
  try {
    await clinic.app.start();
    assert.equal((await clinic.get(nurse, path)).status, status);
    await recorder.next('authorization');
    await clinic.get(guest, '/plain');
    await recorder.next('authorization', 2);
    await clinic.app.stop();
    const events = recorder.of('authorization');
    assert.equal(events.at(-1)?.principal, 'spiffe://clinic.example/gus');
    assert.equal(new Set(events.map(({correlationId}) => correlationId)).size, events.length);
    return events.slice(0, -1).map(({verdict, why}) => (verdict === 'allow' ? verdict : (why?.code ?? '')));
  } finally {
    recorder.stop();
    await clinic.stop();
  }
}

function fail(): AuthorizationDecision {
  throw new Error('broken');
}
