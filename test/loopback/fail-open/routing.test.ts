import assert from 'node:assert/strict';
import {authorize} from '@loopback/authorization';
import {get, param, RegExpRouter, RestBindings} from '@loopback/rest';
import type {RestApplication} from '@loopback/rest';
import {assertRefused, nurse, serving, statuses} from '../support/clinic';

class ExportController {
  @authorize({allowedRoles: ['admin']})
  @get('/patients/export')
  export(): string {
    return 'everybody';
  }

  @authorize({allowedRoles: ['nurse', 'guest', 'admin']})
  @get('/patients/{id}')
  find(@param.path.string('id') id: string): string {
    return id;
  }
}

class OtherController {
  @authorize({allowedRoles: ['admin']})
  @get('/patients/{patient}')
  find(@param.path.string('patient') patient: string): string {
    return patient;
  }
}

class SameController {
  @authorize({allowedRoles: ['guest']})
  @get('/patients/export')
  export(): string {
    return 'nobody';
  }
}

const wards = (app: RestApplication): void => void app.controller(ExportController);
const handler = {responses: {}, 'x-mtls-access': {allowedRoles: ['guest']}};

describe('fail-open: which route a request means', () => {
  it('row 31: two routes that differ only in the name of a variable refuse the start', () =>
    assertRefused(
      {
        setup: app => {
          wards(app);
          app.controller(OtherController);
        },
      },
      /patients\/\{(id|patient)\}/,
      /^the same as get \/patients/,
    ));

  it('row 31: two controllers with the same route refuse the start', () =>
    assertRefused(
      {
        setup: app => {
          wards(app);
          app.controller(SameController);
        },
      },
      /ExportController\.export/,
      /SameController/,
    ));

  it('row 31: a handler under the path of a controller refuses the start', () =>
    assertRefused(
      {
        setup: app => {
          wards(app);
          app.route('get', '/patients/export', handler, () => 'nobody');
        },
      },
      /patients\/export/,
      /replaced|same as/,
    ));

  it('row 31: a handler registered twice refuses the start', () =>
    assertRefused(
      {
        setup: app => {
          app.route('get', '/twice', handler, () => 1);
          app.route('get', '/twice', handler, () => 2);
        },
      },
      /twice/,
      /replaced/,
    ));

  it('row 31: two controller classes of the same name refuse the start', () =>
    assertRefused(
      {
        setup: app => {
          wards(app);
          const other = {ExportController: class extends OtherController {}}.ExportController;
          app.controller(other);
        },
      },
      /^controllers\.ExportController$/,
      /replaced/,
    ));

  it('row 31: an operation of app.api() beside a controller refuses the start', () =>
    assertRefused(
      {
        setup: app => {
          wards(app);
          app.api({
            openapi: '3.0.0',
            info: {title: 'clinic', version: '1'},
            paths: {'/patients/export': {get: {...handler, 'x-operation': () => 'nobody'}}},
          });
        },
      },
      /patients\/export/,
      /the same as/,
    ));

  it('the same controller registered twice is one', () =>
    serving(
      {
        setup: app => {
          wards(app);
          wards(app);
        },
      },
      async clinic => {
        assert.deepEqual(await statuses(clinic, '/patients/export'), [403, 200, 403]);
      },
    ));

  it('row 32: a literal path wins with and without trailing slash', () =>
    serving({setup: wards}, async clinic => {
      assert.deepEqual(await statuses(clinic, '/patients/export'), [403, 200, 403]);
      assert.deepEqual(await statuses(clinic, '/patients/export/'), [403, 200, 403]);
      assert.deepEqual(await statuses(clinic, '/patients/7/'), [200, 200, 200]);
    }));

  it('row 32: what only looks like the literal path is the variable route', () =>
    serving({setup: wards}, async clinic => {
      for (const path of ['/patients/%65xport', '/patients/EXPORT']) {
        assert.match((await clinic.get(nurse, path)).body, /^export$/i);
      }
    }));

  it('row 32: ambiguous paths are refused before any route is looked for', () =>
    serving({setup: wards}, async clinic => {
      for (const path of ['//patients/export', '/patients//export', '/patients/./export', '/x/../patients/export']) {
        assert.deepEqual(await statuses(clinic, path), [400, 400, 400], path);
      }
      for (const path of [
        '/patients%2fexport',
        '/patients\\export',
        '/patients/%2e%2e/export',
        '/patients/%00',
        '/%zz',
      ]) {
        assert.deepEqual(await statuses(clinic, path), [400, 400, 400], path);
      }
    }));

  for (const path of ['stock', 'compiled'] as const) {
    it(`a target in absolute form means its path, on the ${path} path`, () =>
      serving(
        {
          setup: app => {
            wards(app);
            if (path === 'stock') app.middleware((_context, next) => next());
          },
        },
        async clinic => {
          assert.deepEqual(await statuses(clinic, 'https://localhost/patients/export'), [403, 200, 403]);
          assert.deepEqual(await statuses(clinic, 'https://localhost/patients/7?x=/patients/export'), [200, 200, 200]);
          assert.deepEqual(await statuses(clinic, 'https://elsewhere.example/patients/7'), [421, 421, 421]);
          assert.deepEqual(await statuses(clinic, '/patients/export?a=b#/patients/7'), [403, 200, 403]);
          assert.deepEqual(await statuses(clinic, '/patients/7#/patients/export'), [400, 400, 400]);
          assert.deepEqual(await statuses(clinic, '/patients/export;x=1'), [200, 200, 200]);
        },
      ));
  }

  it('row 33: strict routing is honoured', () =>
    serving({setup: wards, rest: {router: {strict: true}}}, async clinic => {
      assert.deepEqual(await statuses(clinic, '/patients/export'), [403, 200, 403]);
      // A variable route has no slash of its own to be strict about; it serves the caller under its own rule.
      assert.equal((await clinic.get(nurse, '/patients/export/')).body, 'export');
    }));

  it('a router of the application is asked, and what it finds is judged', () =>
    serving(
      {
        setup: app => {
          app.bind(RestBindings.ROUTER).toClass(RegExpRouter);
          wards(app);
        },
      },
      async clinic => {
        assert.deepEqual(await statuses(clinic, '/patients/export'), [403, 200, 403]);
        assert.deepEqual(await statuses(clinic, '/patients/7'), [200, 200, 200]);
      },
    ));

  it('no other router can be bound at the server', () =>
    serving({setup: wards}, ({server}) => {
      assert.throws(() => server.bind(RestBindings.ROUTER), /locked/);
      return Promise.resolve();
    }));

  it('row 34: verbs that no route has are not found', () =>
    serving({setup: wards}, async clinic => {
      for (const method of ['HEAD', 'OPTIONS', 'TRACE', 'PUT', 'PROPFIND']) {
        assert.deepEqual(await statuses(clinic, '/patients/export', {method}), [404, 404, 404], method);
      }
    }));

  it('a base path is cut off before keys and routes are matched', () =>
    serving({setup: wards, rest: {basePath: '/api'}, options: {access: {}}}, async clinic => {
      assert.deepEqual(await statuses(clinic, '/api/patients/export'), [403, 200, 403]);
      assert.deepEqual(await statuses(clinic, '/API/patients/export'), [403, 200, 403]);
      assert.deepEqual(await statuses(clinic, '/patients/export'), [404, 404, 404]);
    }));

  it('an access key that covers some values of a path and not others refuses the start', () =>
    assertRefused(
      {setup: wards, options: {access: {'GET /patients/private': {allowedRoles: ['admin']}}}},
      /^GET \/patients\/\{id\}/,
      /covers some values/,
    ));
});
