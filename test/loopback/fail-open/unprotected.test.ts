import assert from 'node:assert/strict';
import {AuthenticationBindings} from '@loopback/authentication';
import {AuthorizationBindings, AuthorizationDecision, authorize} from '@loopback/authorization';
import {inject} from '@loopback/core';
import {get, RestBindings} from '@loopback/rest';
import type {RestApplication} from '@loopback/rest';
import {SecurityBindings, securityId} from '@loopback/security';
import type {UserProfile} from '@loopback/security';
import {MtlsBindings} from '../../../src/loopback/keys';
import {assertRefused, Clinic, nurse, refusedStart, serving, statuses} from '../support/clinic';

class BareController {
  @get('/bare')
  read(): string {
    return 'secret';
  }
}

class AdminController {
  @authorize({allowedRoles: ['admin']})
  @get('/admin')
  read(): string {
    return 'secret';
  }
}

class WhoAmIController {
  @get('/whoami')
  read(@inject(SecurityBindings.USER) user: UserProfile): string {
    return user[securityId];
  }
}

const bare = (app: RestApplication): void => void app.controller(BareController);
const adminOnly = (app: RestApplication): void => void app.controller(AdminController);

describe('fail-open: routes that nobody protected', () => {
  it('row 1: a controller method without decorators refuses the start', () =>
    assertRefused({setup: bare}, /^GET \/bare \(BareController\.read\)$/, /^none$/));

  it('row 1: names every such route at once, together with the faults of the configuration', async () => {
    const setup = (app: RestApplication): void => {
      bare(app);
      app.route('get', '/handler', {responses: {}}, () => 'secret');
    };
    const faults = await refusedStart({
      setup,
      options: {clients: {ca: '/nowhere/ca.crt', revocation: {unknown: 'deny-list-only'}}},
    });
    const places = faults.map(({where}) => where).join('\n');
    for (const place of [/GET \/bare/, /GET \/handler/, /clients\.ca/]) assert.match(places, place);
    for (const {remedy} of faults) assert.notEqual(remedy, '');
  });

  it('row 2: a handler route without a rule refuses the start', () =>
    assertRefused(
      {setup: app => void app.route('get', '/handler', {responses: {}}, () => 'secret')},
      /^GET \/handler/,
      /^none$/,
    ));

  it('row 2: a handler route takes its rule from the operation or from access', () =>
    serving(
      {
        options: {access: {'GET /configured': {allowedRoles: ['nurse']}}},
        setup: app => {
          const spec = {responses: {}, 'x-mtls-access': {allowedRoles: ['admin']}};
          app.route('get', '/written', spec, () => 'secret');
          app.route('get', '/configured', {responses: {}}, () => 'secret');
        },
      },
      async clinic => {
        assert.deepEqual(await statuses(clinic, '/written'), [403, 200, 403]);
        assert.deepEqual(await statuses(clinic, '/configured'), [200, 403, 403]);
      },
    ));

  it('row 5: a redirect without a rule refuses the start, and with one obeys it', async () => {
    const setup = (app: RestApplication): void => void app.redirect('/old', '/new');
    await assertRefused({setup}, /^GET \/old \(\/new\)$/, /^none$/);
    await serving({setup, options: {access: {'GET /old': {allowedRoles: ['admin']}}}}, async clinic => {
      assert.deepEqual(await statuses(clinic, '/old'), [403, 303, 403]);
    });
  });

  it('row 18: a user bound by the application is never the caller', () =>
    serving(
      {
        options: {access: {'GET /whoami': {allowedRoles: ['$authenticated']}}},
        setup: app => {
          app.bind(SecurityBindings.USER).to({[securityId]: 'root', roles: ['admin']});
          app.controller(AdminController);
          app.controller(WhoAmIController);
        },
      },
      async clinic => {
        assert.equal((await clinic.get(nurse, '/whoami')).body, 'spiffe://clinic.example/nora');
        assert.equal((await clinic.get(nurse, '/admin')).status, 403);
      },
    ));

  it('row 25: rules hold without the interceptor of @loopback/authorization', () =>
    serving(
      {
        setup: app => {
          adminOnly(app);
          app.getBinding('globalInterceptors.AuthorizationInterceptor').unlock();
          app.unbind('globalInterceptors.AuthorizationInterceptor');
        },
      },
      async clinic => {
        assert.deepEqual(await statuses(clinic, '/admin'), [403, 200, 403]);
      },
    ));

  it('row 26: a later configuration of the authentication and authorization components changes nothing', () =>
    serving(
      {
        setup: app => {
          adminOnly(app);
          app.configure(AuthenticationBindings.COMPONENT).to({});
          app.configure(AuthorizationBindings.COMPONENT).to({});
        },
      },
      async clinic => {
        assert.deepEqual(await statuses(clinic, '/admin'), [403, 200, 403]);
      },
    ));

  it('row 35, row 36: a controller that is not yours needs a line under access', async () => {
    await assertRefused({setup: bare}, /BareController/, /^none$/);
    await serving({setup: bare, options: {access: {BareController: {allowedRoles: ['nurse']}}}}, async clinic => {
      assert.deepEqual(await statuses(clinic, '/bare'), [200, 403, 403]);
    });
    const line = {'BareController.read': {allowedRoles: ['admin']}};
    await serving({setup: bare, options: {access: line}}, async clinic => {
      assert.deepEqual(await statuses(clinic, '/bare'), [403, 200, 403]);
    });
  });

  it('row 37: a route added after the start is denied, or obeys its rule', () =>
    serving({setup: adminOnly}, async clinic => {
      clinic.app.controller(BareController);
      clinic.app.route('get', '/later', {responses: {}}, () => 'secret');
      assert.deepEqual(await statuses(clinic, '/bare'), [403, 403, 403]);
      assert.deepEqual(await statuses(clinic, '/later'), [403, 403, 403]);
      const spec = {responses: {}, 'x-mtls-access': {allowedRoles: ['nurse']}};
      clinic.app.route('get', '/ruled', spec, () => 'open to nurses');
      assert.deepEqual(await statuses(clinic, '/ruled'), [200, 403, 403]);
    }));

  it('row 47: default metadata, which would only seem to protect, refuses the start', () =>
    assertRefused(
      {
        setup: app => {
          adminOnly(app);
          app.configure(AuthorizationBindings.COMPONENT).to({defaultMetadata: {allowedRoles: ['admin']}});
        },
      },
      /AuthorizationComponent/,
      /^defaultMetadata$/,
    ));

  for (const option of ['precedence', 'defaultDecision'] as const) {
    it(`row 17: ${option} of Allow refuses the start`, () =>
      assertRefused(
        {
          setup: app => {
            adminOnly(app);
            app.configure(AuthorizationBindings.COMPONENT).to({[option]: AuthorizationDecision.ALLOW});
          },
        },
        /AuthorizationComponent/,
        /Allow$/,
      ));
  }

  it('row 43: an error writer in debug mode refuses the start', () =>
    assertRefused(
      {
        setup: app => {
          adminOnly(app);
          app.bind(RestBindings.ERROR_WRITER_OPTIONS).to({debug: true});
        },
      },
      /^rest\.errorWriterOptions$/,
      /debug/,
    ));

  it('a class name or path under access that nothing serves refuses the start', async () => {
    const access = {BearController: {allowedRoles: ['admin']}, 'GET /bear': {allowedRoles: ['admin']}};
    const faults = await refusedStart({setup: adminOnly, options: {access}});
    assert.deepEqual(
      faults.map(({where}) => where),
      ['access["BearController"]', 'access["GET /bear"]'],
    );
  });

  it('a route that comes between making the server and starting it refuses the start too', async () => {
    const clinic = new Clinic({setup: adminOnly});
    await clinic.app.get(MtlsBindings.SERVER);
    bare(clinic.app);
    await assert.rejects(clinic.app.start(), {name: 'ConfigError', message: /^GET \/bare/});
    assert.equal(clinic.server.listening, false);
    await clinic.stop();
  });

  it('nobody can be found outside of a request', async () => {
    const clinic = new Clinic({setup: adminOnly});
    await assert.rejects(clinic.server.get(MtlsBindings.PRINCIPAL), {code: 'ERR_MTLS_CONNECTION_UNVERIFIED'});
    await clinic.stop();
  });

  it('starts for nobody while there are no rules in force', async () => {
    const clinic = new Clinic({setup: bare});
    await assert.rejects(clinic.app.start());
    assert.equal(clinic.server.listening, false);
    assert.equal(clinic.server.url, undefined);
    await clinic.stop();
  });
});
