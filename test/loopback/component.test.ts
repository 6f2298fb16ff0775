import assert from 'node:assert/strict';
import {authorize} from '@loopback/authorization';
import {inject} from '@loopback/core';
import {get, RestServer} from '@loopback/rest';
import {SecurityBindings, securityId} from '@loopback/security';
import type {UserProfile} from '@loopback/security';
import {MtlsBindings} from '../../src/loopback/keys';
import type {MtlsPrincipal} from '../../src/loopback/principal';
import {MtlsRestServer} from '../../src/loopback/rest-server';
import {issueClient} from '../server/harness';
import {admin, Clinic, guest, nurse, serving, statuses} from './support/clinic';

@authorize({allowedRoles: ['nurse', 'admin']})
class PatientController {
  @get('/patients/{id}')
  find(
    @inject(MtlsBindings.PRINCIPAL) caller: MtlsPrincipal,
    @inject(SecurityBindings.USER) user: UserProfile,
  ): object {
    return {id: caller.id, securityId: user[securityId], same: Object.is(caller, user)};
  }
}

const clinic = {setup: (app: Clinic['app']): void => void app.controller(PatientController)};

describe('MtlsComponent', () => {
  it('lets those in whom the rule allows', () =>
    serving(clinic, async app => {
      assert.deepEqual(await statuses(app, '/patients/7'), [200, 200, 403]);
    }));

  it('gives the controller one principal under both keys', () =>
    serving(clinic, async app => {
      const id = 'spiffe://clinic.example/nora';
      assert.deepEqual(JSON.parse((await app.get(nurse, '/patients/7')).body), {id, securityId: id, same: true});
    }));

  it('refuses in the handshake who shows no certificate', () =>
    serving(clinic, app => assert.rejects(app.get(undefined, '/patients/7'))));

  it('refuses whom no identity rule maps', () =>
    serving(clinic, app => assert.rejects(app.get(issueClient(), '/patients/7'))));

  it('tells a refused caller nothing but status and public code', () =>
    serving(clinic, async app => {
      const {body, headers} = await app.get(guest, '/patients/7');
      assert.deepEqual(JSON.parse(body), {
        error: {statusCode: 403, name: 'ForbiddenError', message: 'Forbidden', code: 'ERR_MTLS_FORBIDDEN'},
      });
      assert.match(String(headers['x-correlation-id']), /^[0-9a-f-]{36}$/);
      assert.equal(headers['x-powered-by'], undefined);
    }));

  it('answers 404 where there is neither route nor rule', () =>
    serving(clinic, async app => {
      assert.equal((await app.get(admin, '/nothing')).status, 404);
    }));

  it('is one server under every key LoopBack knows', () =>
    serving(clinic, async ({app, server}) => {
      assert.equal(await app.getServer(RestServer), server);
      assert.equal(await app.getServer(MtlsRestServer), server);
      assert.equal(await app.get(MtlsBindings.SERVER), await server.secureServer());
      assert.match(server.url ?? '', /^https:\/\/127\.0\.0\.1:\d+$/);
      assert.equal(server.listening, true);
    }));

  it('starts again after a stop', async () => {
    const stopped = new Clinic(clinic);
    await stopped.app.start();
    await stopped.app.stop();
    assert.equal(stopped.server.listening, false);
    await stopped.app.start();
    assert.equal((await stopped.get(nurse, '/patients/7')).status, 200);
    await stopped.stop();
  });
});
