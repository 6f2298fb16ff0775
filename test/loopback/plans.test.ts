import assert from 'node:assert/strict';
import {AuthorizationDecision, AuthorizationTags, authorize} from '@loopback/authorization';
import {bind, BindingScope, createBindingFromClass, inject} from '@loopback/core';
import {
  ControllerRoute,
  get,
  InvokeMethodMiddlewareProvider,
  invokeMiddleware,
  MiddlewareSequence,
  post,
  requestBody,
  RequestBodyParser,
  RestBindings,
  TrieRouter,
} from '@loopback/rest';
import type {OperationObject, RestApplication, RestServerConfig} from '@loopback/rest';
import type {RoutePath} from '../../src/loopback/compiled-path';
import {nurse, serving} from './support/clinic';
import type {Clinic} from './support/clinic';

@bind({scope: BindingScope.SINGLETON})
@authorize({allowedRoles: ['nurse']})
class PingController {
  @get('/ping')
  ping(): string {
    return 'pong';
  }
}

@authorize({allowedRoles: ['nurse']})
class EchoController {
  @post('/echo')
  echo(@requestBody() body: object): object {
    return body;
  }
}

@bind({scope: BindingScope.SINGLETON})
@authorize({allowedRoles: ['nurse']})
class LateController {
  readonly #word: string;

  constructor(@inject('words.late') word: string) {
    this.#word = word;
  }

  @get('/late')
  late(): string {
    return this.#word;
  }
}

@authorize({allowedRoles: ['nurse']})
class UploadController {
  @post('/upload')
  upload(@requestBody({content: {'application/json': {'x-parser': 'json'}}}) body: object): object {
    return body;
  }
}

const DOCUMENTED: OperationObject = {responses: {}};

/** The routes that LoopBack itself has to serve, and why. */
const ROUTE_REASONS: readonly (readonly [string, string, string, (app: RestApplication) => void])[] = [
  [
    'a function',
    'GET /function',
    'no controller route',
    app => void app.route('get', '/function', DOCUMENTED, () => 'called'),
  ],
  ['a redirect', 'GET /from', 'no controller route', app => void app.redirect('/from', '/ping')],
  [
    'a route of a class of its own',
    'GET /own',
    'no controller route',
    app => void app.route(new OwnRoute('get', '/own', DOCUMENTED, PingController, undefined, 'ping')),
  ],
  [
    'a path that the OpenAPI document may be at',
    'GET /{document}',
    'middleware may answer its path',
    app => void app.route(new ControllerRoute('get', '/{document}', TEMPLATE, PingController, undefined, 'ping')),
  ],
  [
    'a body that is a reference',
    'POST /reference',
    'its body is a reference',
    app => void app.route(new ControllerRoute('post', '/reference', REFERENCE, EchoController, undefined, 'echo')),
  ],
  [
    'a body with a parser of its own',
    'POST /upload',
    'its body has a parser of its own',
    app => void app.controller(UploadController),
  ],
];
const TEMPLATE: OperationObject = {
  ...DOCUMENTED,
  parameters: [{name: 'document', in: 'path', required: true, schema: {type: 'string'}}],
};
const REFERENCE: OperationObject = {...DOCUMENTED, requestBody: {$ref: '#/components/requestBodies/Echo'}};

class OwnRoute extends ControllerRoute<PingController> {}

class OwnRequestBodyParser extends RequestBodyParser {}

class OwnInvocation extends InvokeMethodMiddlewareProvider {}

class OwnSequence extends MiddlewareSequence {}

function register(app: RestApplication): void {
  app.controller(PingController);
  app.controller(EchoController);
}

async function pathOf(clinic: Clinic, endpoint: string): Promise<RoutePath | undefined> {
  return (await clinic.server.paths()).find(route => route.endpoint === endpoint);
}

const {SequenceActions} = RestBindings;

interface Reason {
  readonly why: string;
  readonly setup?: (app: RestApplication) => void;
  readonly rest?: RestServerConfig;
  /** Where the route is then; `/ping` unless said otherwise. */
  readonly path?: string;
}

const REASONS: readonly Reason[] = [
  {why: 'a sequence or middleware of the application', setup: app => void app.sequence(OwnSequence)},
  {why: 'a sequence or middleware of the application', setup: app => void app.middleware((_, next) => next())},
  {
    why: 'a sequence or middleware of the application',
    setup: app => {
      app.add(createBindingFromClass(OwnInvocation, {key: 'providers.InvokeMethodMiddlewareProvider'}));
    },
  },
  {
    why: 'its sequence is configured',
    setup: app => void app.configure(RestBindings.SEQUENCE).to(MiddlewareSequence.defaultOptions),
  },
  {
    why: 'rest.invokeMiddleware is bound by the application',
    setup: app =>
      void app
        .bind(RestBindings.INVOKE_MIDDLEWARE_SERVICE)
        .to(context => Promise.resolve(invokeMiddleware(context, MiddlewareSequence.defaultOptions))),
  },
  {why: 'CORS is configured', rest: {cors: {origin: 'https://clinic.example'}}},
  {why: 'Express settings are configured', rest: {expressSettings: {'x-powered-by': false}}},
  {why: 'a base path is configured', rest: {basePath: '/api'}, path: '/api/ping'},
  {why: 'a router of the application', setup: app => void app.bind(RestBindings.ROUTER).toClass(TrieRouter)},
  {
    why: 'rest.sequence.actions.send is bound by the application',
    setup: app => void app.bind(SequenceActions.SEND).to(response => response.end('own')),
  },
  {
    why: 'rest.sequence.actions.reject is bound by the application',
    setup: app => void app.bind(SequenceActions.REJECT).to(({response}) => response.end('own')),
  },
  {
    why: 'rest.sequence.actions.logError is bound by the application',
    setup: app => void app.bind(SequenceActions.LOG_ERROR).to(() => undefined),
  },
  {
    why: 'rest.requestBodyParser.rest.ajvFactory is bound by the application',
    setup: app => void app.bind(RestBindings.AJV_FACTORY).to(() => assert.fail('nothing to validate')),
  },
  {
    why: 'rest.requestBodyParser is bound by the application',
    setup: app => void app.bind(RestBindings.REQUEST_BODY_PARSER).toClass(OwnRequestBodyParser),
  },
];

describe('plans of routes', () => {
  it('call a singleton, and inject others', () =>
    serving({setup: register}, async clinic => {
      assert.deepEqual(
        (await clinic.server.paths()).map(({endpoint, path, how}) => [endpoint, path, how]),
        [
          ['GET /ping', 'compiled', 'direct'],
          ['POST /echo', 'compiled', 'injected'],
        ],
      );
    }));

  it('inject a singleton that cannot be made before the start', () =>
    serving({setup: app => void app.controller(LateController)}, async clinic => {
      assert.equal((await pathOf(clinic, 'GET /late'))?.how, 'injected');
      clinic.app.bind('words.late').to('here now');
      const {status, body} = await clinic.get(nurse, '/late');
      assert.deepEqual([status, body], [200, 'here now']);
    }));

  for (const {why, setup, rest = {}, path = '/ping'} of REASONS) {
    it(`leave the stock path to a server where ${why}`, () =>
      serving(
        {
          rest,
          setup: app => {
            register(app);
            setup?.(app);
          },
          options: {access: {'/**': {allowedRoles: ['nurse']}}},
        },
        async clinic => {
          assert.deepEqual(await pathOf(clinic, 'GET /ping'), {endpoint: 'GET /ping', path: 'stock', how: why});
          assert.equal((await clinic.get(nurse, path)).status, 200);
        },
      ));
  }

  for (const [what, endpoint, why, setup] of ROUTE_REASONS) {
    it(`leave ${what} to the stock path, and nothing else`, () =>
      serving(
        {
          setup: app => {
            register(app);
            setup(app);
          },
          options: {access: {[endpoint]: {allowedRoles: ['nurse']}}},
        },
        async clinic => {
          const paths = await clinic.server.paths();
          const stock = paths.filter(({path}) => path === 'stock');
          assert.deepEqual(stock, [{endpoint, path: 'stock', how: why}]);
          assert.equal((await clinic.get(nurse, '/ping')).body, 'pong');
        },
      ));
  }

  it('leave bodies to the stock path where the application has parsers', () =>
    serving(
      {
        setup: app => {
          register(app);
          app.bodyParser(OwnParser);
        },
      },
      async clinic => {
        assert.equal((await pathOf(clinic, 'POST /echo'))?.how, 'body parsers of the application');
        assert.equal((await pathOf(clinic, 'GET /ping'))?.path, 'compiled');
      },
    ));
});

class OwnParser {
  readonly name = 'own';

  supports(): boolean {
    return false;
  }

  parse(): Promise<never> {
    return Promise.reject(new Error('supports nothing'));
  }
}

describe('what is bound after the start', () => {
  /** Serves the first request as planned, binds, and asks again: at once, and when the routes are planned anew. */
  async function bodiesAround(change: (app: RestApplication) => void): Promise<readonly string[]> {
    return serving({setup: register}, async clinic => {
      const before = await clinic.get(nurse, '/ping');
      change(clinic.app);
      const answers = [before, await clinic.get(nurse, '/ping')];
      for (let attempt = 0; attempt < 3; attempt++) answers.push(await clinic.get(nurse, '/ping'));
      return [...new Set(answers.map(({status, body}) => `${status} ${body}`))];
    });
  }

  it('an interceptor is asked from then on', async () => {
    const bodies = await bodiesAround(app => {
      app.interceptor(() => 'intercepted', {global: true, group: 'own', name: 'own'});
    });
    assert.deepEqual(bodies, ['200 pong', '200 intercepted']);
  });

  it('an authorizer has a vote from then on', async () => {
    const [before, behind, ...others] = await bodiesAround(app => {
      app
        .bind('authorizers.never')
        .to(() => Promise.resolve(AuthorizationDecision.DENY))
        .tag(AuthorizationTags.AUTHORIZER);
    });
    assert.equal(before, '200 pong');
    assert.match(behind ?? '', /^403 /);
    assert.deepEqual(others, []);
  });

  it('middleware answers from then on', async () => {
    const bodies = await bodiesAround(app => {
      app.middleware(({response}) => {
        response.end('middleware');
        return response;
      });
    });
    assert.deepEqual(bodies, ['200 pong', '200 middleware']);
  });
});
