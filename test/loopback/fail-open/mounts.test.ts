import assert from 'node:assert/strict';
import {mkdtempSync, mkdirSync, rmSync, writeFileSync} from 'node:fs';
import type {ServerResponse} from 'node:http';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {authorize} from '@loopback/authorization';
import {get} from '@loopback/rest';
import type {RestApplication} from '@loopback/rest';
import {RestExplorerComponent} from '@loopback/rest-explorer';
import type {AccessOptions} from '../../../src/loopback/access-config';
import {admin, assertRefused, refusedStart, serving, statuses} from '../support/clinic';

const folder = mkdtempSync(join(tmpdir(), 'mtls-static-'));
mkdirSync(join(folder, 'admin'));
for (const file of ['index.html', 'admin/keys.txt']) writeFileSync(join(folder, file), 'secret');

class PingController {
  @authorize({allowedRoles: ['nurse', 'admin']})
  @get('/ping')
  ping(): string {
    return 'pong';
  }
}

/** An Express handler that answers whatever it is asked. */
function answering(_request: unknown, response: ServerResponse): void {
  response.end('secret');
}

const routers = (app: RestApplication): void => {
  app.controller(PingController);
  app.mountExpressRouter('/legacy', answering);
};
const statics = (app: RestApplication): void => {
  app.controller(PingController);
  app.static('/', folder);
};
const documented: AccessOptions = {'GET /openapi.json': {allowedRoles: ['admin']}};

describe('fail-open: what LoopBack serves beside its routes', () => {
  after(() => {
    rmSync(folder, {recursive: true});
  });

  it('row 3: an Express router without a rule refuses the start', () =>
    assertRefused({setup: routers}, /^express mount \/legacy$/, /^none$/));

  it('row 3: an Express router obeys its rule, in whatever case it is asked', () =>
    serving({setup: routers, options: {access: {'/legacy/**': {allowedRoles: ['admin']}}}}, async clinic => {
      for (const path of ['/legacy', '/legacy/a', '/LEGACY/A', '/%6cegacy/a']) {
        assert.deepEqual(await statuses(clinic, path), path.includes('%') ? [403, 404, 403] : [403, 200, 403], path);
      }
    }));

  it('row 3: of two rules about a path both have to allow', () =>
    serving(
      {
        setup: routers,
        options: {
          access: {'/legacy/**': {allowedRoles: ['nurse', 'admin']}, '/legacy/admin/**': {allowedRoles: ['admin']}},
        },
      },
      async clinic => {
        assert.deepEqual(await statuses(clinic, '/legacy/a'), [200, 200, 403]);
        for (const path of ['/legacy/admin', '/legacy/admin/', '/legacy/ADMIN/x', '/legacy/%61dmin/x']) {
          assert.deepEqual((await statuses(clinic, path))[0], 403, path);
        }
      },
    ));

  it('row 3: a mount by pattern, for which no rule can be written, refuses the start', () =>
    assertRefused(
      {
        setup: app => {
          app.controller(PingController);
          app.static(/^\/files/, folder);
        },
      },
      /^static mount/,
      /pattern/,
    ));

  it('row 3: a router mounted after the start serves nobody', () =>
    serving({setup: app => void app.controller(PingController)}, async clinic => {
      clinic.app.mountExpressRouter('/late', answering);
      assert.deepEqual(await statuses(clinic, '/late'), [404, 404, 404]);
    }));

  it('row 4: a static folder without a rule refuses the start, even where another path below it has one', async () => {
    await assertRefused({setup: statics}, /^static mount \/$/, /^none$/);
    await assertRefused({setup: statics, options: {access: documented}}, /^static mount \/$/, /^none$/);
  });

  it('row 4, row 34: a static folder obeys its rule, HEAD too', () =>
    serving({setup: statics, options: {access: {'GET /**': {allowedRoles: ['admin']}}}}, async clinic => {
      assert.deepEqual(await statuses(clinic, '/index.html'), [403, 200, 403]);
      assert.deepEqual(await statuses(clinic, '/index.html', {method: 'HEAD'}), [403, 200, 403]);
      assert.deepEqual(await statuses(clinic, '/index.html', {method: 'POST'}), [404, 404, 404]);
      // The rule for the tree narrows the route in it.
      assert.deepEqual(await statuses(clinic, '/ping'), [403, 200, 403]);
    }));

  it('row 4: percent-encoding and case do not lead around a rule for a part of the folder', () =>
    serving(
      {
        setup: statics,
        options: {
          access: {'/**': {allowedRoles: ['nurse', 'admin']}, '/admin/**': {allowedRoles: ['admin']}},
        },
      },
      async clinic => {
        assert.deepEqual(await statuses(clinic, '/admin/keys.txt'), [403, 200, 403]);
        assert.deepEqual(await statuses(clinic, '/%61dmin/keys.txt'), [403, 200, 403]);
        assert.deepEqual(await statuses(clinic, '/ADMIN/keys.txt'), [403, 404, 403]);
        for (const path of [
          '//admin/keys.txt',
          '/x/../admin/keys.txt',
          '/x/%2e%2e/admin/keys.txt',
          '/admin%2fkeys.txt',
        ]) {
          assert.deepEqual(await statuses(clinic, path), [400, 400, 400], path);
        }
      },
    ));

  it('row 4: a rule for a whole tree never opens a LoopBack route that has no rule of its own', () =>
    assertRefused(
      {
        setup: app => {
          app.static('/', folder);
          app.route('get', '/handler', {responses: {}}, () => 'secret');
        },
        options: {access: {'/**': {allowedRoles: ['$authenticated']}}},
      },
      /^GET \/handler/,
      /^only access\["\/\*\*"\]$/,
    ));

  it('row 6: the OpenAPI document is off unless a rule opens it, however it is spelt', () =>
    serving({setup: app => void app.controller(PingController)}, async clinic => {
      for (const path of ['/openapi.json', '/openapi.yaml', '/OPENAPI.JSON', '/openapi.json/', '/openapi%2ejson']) {
        assert.deepEqual(await statuses(clinic, path), path.includes('%') ? [400, 400, 400] : [404, 404, 404], path);
      }
    }));

  it('row 6: the OpenAPI document obeys its rule, however it is spelt', () =>
    serving({setup: app => void app.controller(PingController), options: {access: documented}}, async clinic => {
      for (const path of ['/openapi.json', '/OPENAPI.JSON', '/openapi.json/']) {
        assert.deepEqual(await statuses(clinic, path), [403, 200, 403], path);
      }
      assert.deepEqual(await statuses(clinic, '/openapi.yaml'), [404, 404, 404]);
    }));

  it('row 7: nobody is sent to an explorer on the Internet', () =>
    serving(
      {
        setup: app => {
          app.controller(PingController);
          app.expressMiddleware('middleware.own', (_request, _response, next) => {
            next();
          });
        },
        options: {access: {'GET /explorer': {allowedRoles: ['admin']}}},
      },
      async clinic => {
        assert.deepEqual(await statuses(clinic, '/explorer'), [403, 404, 403]);
        assert.deepEqual(await statuses(clinic, '/swagger-ui'), [404, 404, 404]);
      },
    ));

  it('row 8, row 44: forwarded headers name neither servers nor callers', () =>
    serving(
      {
        setup: app => {
          app.controller(PingController);
          app.expressMiddleware('middleware.echo', (request, response, next) => {
            if (request.path !== '/echo') next();
            else response.json([request.ip, request.protocol, request.hostname, request.get('forwarded') ?? null]);
          });
        },
        rest: {openApiSpec: {setServersFromRequest: true}},
        options: {access: {...documented, 'GET /echo': {allowedRoles: ['admin']}}},
      },
      async clinic => {
        const headers = {
          host: 'localhost',
          forwarded: 'for=10.0.0.1',
          'x-forwarded-for': '10.0.0.1',
          'x-forwarded-host': 'evil.example',
          'x-forwarded-proto': 'http',
          'x-forwarded-port': '81',
        };
        const document = JSON.parse((await clinic.get(admin, '/openapi.json', {headers})).body) as {servers: unknown};
        assert.deepEqual(document.servers, [{url: 'https://localhost'}]);
        const seen: unknown = JSON.parse((await clinic.get(admin, '/echo', {headers})).body);
        assert.deepEqual(seen, ['127.0.0.1', 'https', 'localhost', null]);
      },
    ));

  it('row 44: a trusted proxy refuses the start', () =>
    assertRefused(
      {setup: app => void app.controller(PingController), rest: {expressSettings: {'trust proxy': true}}},
      /trust proxy/,
      /^true$/,
    ));

  it('row 36: the explorer needs rules for its controller and for its folder', async () => {
    const setup = (app: RestApplication): void => {
      app.controller(PingController);
      app.component(RestExplorerComponent);
    };
    const faults = await refusedStart({setup});
    assert.match(faults.map(({where}) => where).join('\n'), /GET \/explorer.*[^]*static mount \/explorer/);
    const access = {
      ...documented,
      ExplorerController: {allowedRoles: ['admin']},
      '/explorer/**': {allowedRoles: ['admin']},
    };
    await serving({setup, options: {access}}, async clinic => {
      assert.deepEqual(await statuses(clinic, '/explorer/'), [403, 200, 403]);
      assert.deepEqual(await statuses(clinic, '/explorer/swagger-ui.css'), [403, 200, 403]);
    });
  });
});
