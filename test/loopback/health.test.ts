import assert from 'node:assert/strict';
import {setTimeout as delay} from 'node:timers/promises';
import {dangerouslyAllowOldRuntime} from '../../src/danger';
import {MtlsHealthController} from '../../src/loopback/health-controller';
import {admin, assertRefused, nurse, serving} from './support/clinic';
import type {Plan} from './support/clinic';

const setup: Plan['setup'] = app => {
  app.controller(MtlsHealthController);
};
const access = {'GET /health': {allowedRoles: ['admin']}};

describe('the health endpoint', () => {
  it('needs a rule like every endpoint', async () => {
    await assertRefused({setup}, /GET \/health/, /./);
  });

  it('tells those who may know, and nobody else', async () => {
    await serving({setup, options: {access}}, async clinic => {
      const {status, body} = await clinic.get(admin, '/health');
      assert.equal(status, 200);
      assert.deepEqual(JSON.parse(body), {status: 'ok', readiness: 'ready', details: []});
      assert.equal((await clinic.get(nurse, '/health')).status, 403);
    });
  });

  it('answers 503 when something has ended', async () => {
    const until = new Date(Date.now() + 2_000);
    const danger = [dangerouslyAllowOldRuntime({reason: 'a test of the end of things', until})];
    await serving({setup, options: {access, danger}}, async clinic => {
      await delay(until.getTime() - Date.now() + 10);
      const {status, body} = await clinic.get(admin, '/health');
      assert.equal(status, 503);
      assert.match(body, /"failing".*weakening old-runtime ended/);
    });
  });
});
