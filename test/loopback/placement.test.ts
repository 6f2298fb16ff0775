import assert from 'node:assert/strict';
import {BootMixin} from '@loopback/boot';
import {authorize} from '@loopback/authorization';
import {Application} from '@loopback/core';
import type {ApplicationConfig} from '@loopback/core';
import {RepositoryMixin} from '@loopback/repository';
import {get, MiddlewareSequence, RestApplication, RestBindings, RestComponent, RestServer} from '@loopback/rest';
import {RestExplorerComponent} from '@loopback/rest-explorer';
import {ServiceMixin} from '@loopback/service-proxy';
import {createRestAppClient, givenHttpServerConfig} from '@loopback/testlab';
import type {RestApplicationLike} from '@loopback/testlab';
import {MtlsComponent} from '../../src/loopback/component';
import {MtlsBindings} from '../../src/loopback/keys';
import {MtlsRestServer} from '../../src/loopback/rest-server';
import {get as fetch, serverRoot} from '../server/harness';
import {Clinic, nurse} from './support/clinic';

class PingController {
  @authorize({allowedRoles: ['nurse']})
  @get('/ping')
  ping(): string {
    return 'pong';
  }
}

class OwnSequence extends MiddlewareSequence {}
class OwnRestServer extends RestServer {}

/** What `lb4 app` writes, with the line where the test puts it. */
class Scaffolded extends BootMixin(ServiceMixin(RepositoryMixin(RestApplication))) {
  constructor(options: ApplicationConfig, line: 'first' | 'last') {
    super(options);
    if (line === 'first') this.component(MtlsComponent);
    this.sequence(OwnSequence);
    this.static('/', __dirname);
    this.component(RestExplorerComponent);
    if (line === 'last') this.component(MtlsComponent);
    this.projectRoot = __dirname;
  }
}

const quiet = {shutdown: {signals: []}, rest: {...givenHttpServerConfig(), port: 0, host: '127.0.0.1'}};

describe('where the component line stands', () => {
  it('right behind super() of a scaffolded application it works, sequence, folder and explorer included', async () => {
    const clinic = new Clinic();
    const app = new Scaffolded(quiet, 'first');
    app.controller(PingController);
    app.configure(MtlsBindings.COMPONENT).to(
      clinic.options({
        access: {
          '/**': {allowedRoles: ['nurse', 'admin']},
          ExplorerController: {allowedRoles: ['admin']},
          '/explorer/**': {allowedRoles: ['admin']},
        },
      }),
    );
    await app.boot();
    await app.start();
    assert.ok((await app.restServer.get(RestBindings.SEQUENCE)) instanceof OwnSequence);
    // testlab declares the url as always there; while the server listens, it is.
    const client = createRestAppClient(app as RestApplicationLike);
    const answer = await client.get('/ping').ca(serverRoot.pem).cert(nurse.chainPem).key(nurse.exportKeyPem());
    assert.equal(answer.status, 200);
    await assert.rejects(async () => client.get('/ping').ca(serverRoot.pem));
    await app.stop();
    await clinic.stop();
  });

  const late: readonly (readonly [string, (app: RestApplication) => unknown])[] = [
    ['sequence()', app => void app.sequence(OwnSequence)],
    [
      'static()',
      app => {
        app.static('/', __dirname);
      },
    ],
    ['route()', app => void app.route('get', '/x', {responses: {}}, () => 'x')],
    ['restServer', app => app.restServer],
    ['requestHandler', app => app.requestHandler],
    ['the explorer', app => void app.component(RestExplorerComponent)],
  ];
  for (const [name, use] of late) {
    it(`behind ${name} it stops with a sentence that says where to put it`, () => {
      const app = new RestApplication(quiet);
      use(app);
      assert.throws(() => app.component(MtlsComponent), {
        code: 'ERR_MTLS_COMPONENT_LATE',
        message: /right behind super\(options\)/,
      });
    });
  }

  it('at the end of a scaffolded application it stops', () => {
    assert.throws(() => new Scaffolded(quiet, 'last'), {code: 'ERR_MTLS_COMPONENT_LATE'});
  });

  it('over a REST server of a class of its own it stops', () => {
    const app = new Application(quiet);
    app.component(RestComponent);
    app.bind(RestBindings.SERVER).toClass(OwnRestServer);
    assert.throws(() => app.component(MtlsComponent), {code: 'ERR_MTLS_COMPONENT_LATE', message: /OwnRestServer/});
  });

  for (const order of ['before', 'after', 'never'] as const) {
    it(`works in a plain application that adds RestComponent ${order}`, async () => {
      const clinic = new Clinic();
      const app = new Application(quiet);
      if (order === 'before') app.component(RestComponent);
      app.component(MtlsComponent);
      if (order === 'after') app.component(RestComponent);
      app.configure(MtlsBindings.COMPONENT).to(clinic.options());
      app.controller(PingController);
      await app.start();
      const server = await app.getServer(RestServer);
      assert.ok(server instanceof MtlsRestServer);
      const {port} = new URL(server.url ?? '');
      assert.equal((await fetch(Number(port), nurse, {path: '/ping'})).status, 200);
      await app.stop();
      await clinic.stop();
    });
  }

  it('twice is once', async () => {
    const clinic = new Clinic({setup: app => void app.controller(PingController)});
    clinic.app.component(MtlsComponent);
    await clinic.app.start();
    assert.equal((await clinic.get(nurse, '/ping')).status, 200);
    await clinic.stop();
  });

  it('leaves the configuration of the application as it was', () => {
    const app = new RestApplication(quiet);
    app.component(MtlsComponent);
    assert.equal(app.getSync(RestBindings.CONFIG), quiet.rest);
    assert.equal(app.options, quiet);
  });
});
