import assert from 'node:assert/strict';
import {AuthorizationDecision, AuthorizationTags, authorize} from '@loopback/authorization';
import {bind, BindingScope} from '@loopback/core';
import {get, MiddlewareSequence, post, requestBody, RestBindings} from '@loopback/rest';
import type {RestApplication, RestServerConfig} from '@loopback/rest';
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

@authorize({allowedRoles: ['nurse']})
class UploadController {
  @post('/upload')
  upload(@requestBody({content: {'application/json': {'x-parser': 'json'}}}) body: object): object {
    return body;
  }
}

class OwnSequence extends MiddlewareSequence {}

function register(app: RestApplication): void {
  app.controller(PingController);
  app.controller(EchoController);
}

async function pathOf(clinic: Clinic, endpoint: string): Promise<RoutePath | undefined> {
  return (await clinic.server.paths()).find(route => route.endpoint === endpoint);
}

interface Reason {
  readonly why: string;
  readonly setup?: (app: RestApplication) => void;
  readonly rest?: RestServerConfig;
}

const REASONS: readonly Reason[] = [
  {why: 'a sequence or middleware of the application', setup: app => void app.sequence(OwnSequence)},
  {why: 'a sequence or middleware of the application', setup: app => void app.middleware((_, next) => next())},
  {why: 'CORS is configured', rest: {cors: {origin: 'https://clinic.example'}}},
  {why: 'Express settings are configured', rest: {expressSettings: {'x-powered-by': false}}},
  {
    why: 'rest.sequence.actions.send is bound by the application',
    setup: app => void app.bind(RestBindings.SequenceActions.SEND).to(response => response.end('own')),
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

  for (const {why, setup, rest = {}} of REASONS) {
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
          assert.equal((await clinic.get(nurse, '/ping')).status, 200);
        },
      ));
  }

  it('leave a body with a parser of its own to the stock path', () =>
    serving({setup: app => void app.controller(UploadController)}, async clinic => {
      assert.equal((await pathOf(clinic, 'POST /upload'))?.how, 'its body has a parser of its own');
    }));

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
