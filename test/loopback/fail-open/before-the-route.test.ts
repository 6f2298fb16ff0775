import assert from 'node:assert/strict';
import {authorize} from '@loopback/authorization';
import {BindingScope, globalInterceptor} from '@loopback/core';
import type {Interceptor, Provider} from '@loopback/core';
import {get, post, requestBody, RestBindings} from '@loopback/rest';
import type {RequestContext, RestApplication, SequenceHandler} from '@loopback/rest';
import {DefaultSequence, MiddlewareSequence} from '@loopback/rest';
import {request} from 'node:https';
import {ownedBy} from '../../../src/loopback/voting';
import type {Credential} from '../../../src/pki/credential';
import {presenting} from '../../server/harness';
import {admin, Clinic, guest, nurse, serving, statuses} from '../support/clinic';

let constructed = 0;

@authorize({allowedRoles: ['admin']})
class RecordController {
  constructor() {
    constructed++;
  }

  @get('/records')
  list(): string {
    return 'secret';
  }

  @post('/records')
  add(
    @requestBody({content: {'application/json': {schema: {type: 'object', required: ['name']}}}})
    record: object,
  ): object {
    return record;
  }
}

const records = (app: RestApplication): void => void app.controller(RecordController);

/** Answers everything that reaches it. */
const answerAll = {
  setup: (app: RestApplication): void => {
    records(app);
    app.expressMiddleware('middleware.greedy', (_request, response) => {
      response.end('answered by middleware');
    });
  },
};

describe('fail-open: what runs before the route', () => {
  it('row 9: middleware answers nobody whom no rule allows', () =>
    serving(answerAll, async clinic => {
      assert.deepEqual(await statuses(clinic, '/anything'), [404, 404, 404]);
      assert.deepEqual(await statuses(clinic, '/records'), [403, 200, 403]);
      assert.equal((await clinic.get(admin, '/records')).body, 'answered by middleware');
    }));

  it('row 9: middleware that serves a path obeys the rule of the path', () =>
    serving({...answerAll, options: {access: {'GET /metrics': {allowedRoles: ['nurse']}}}}, async clinic => {
      assert.deepEqual(await statuses(clinic, '/metrics'), [200, 403, 403]);
      assert.deepEqual(await statuses(clinic, '/metrics', {method: 'DELETE'}), [404, 404, 404]);
    }));

  it('row 9: a path that middleware rewrites is judged again', () =>
    serving(
      {
        options: {access: {'GET /alias': {allowedRoles: ['$authenticated']}}},
        setup: app => {
          records(app);
          app.expressMiddleware('middleware.rewrite', (incoming, _response, next) => {
            if (incoming.url === '/alias') incoming.url = '/records';
            next();
          });
        },
      },
      async clinic => {
        assert.deepEqual(await statuses(clinic, '/alias'), [403, 200, 403]);
      },
    ));

  it('row 10: a preflight answers no origin, neither with nor without a rule for the path', () =>
    serving({setup: records}, async clinic => {
      for (const path of ['/records', '/anything']) {
        const answer = await clinic.get(guest, path, preflight('POST'));
        assert.equal(answer.headers['access-control-allow-origin'], undefined);
        assert.notEqual(answer.status, 204);
      }
    }));

  it('row 10: with origins configured, a preflight obeys the rule of the verb it asks about', () =>
    serving({setup: records, rest: {cors: {origin: 'https://ward.example'}}}, async clinic => {
      const allowed = await clinic.get(admin, '/records', preflight('POST'));
      assert.equal(allowed.status, 204);
      assert.equal(allowed.headers['access-control-allow-origin'], 'https://ward.example');
      const refused = await clinic.get(nurse, '/records', preflight('POST'));
      assert.equal(refused.status, 403);
      assert.equal(refused.headers['access-control-allow-origin'], undefined);
      assert.equal((await clinic.get(admin, '/records', preflight('DELETE'))).status, 404);
    }));

  it('row 10: any origin together with credentials refuses the start', async () => {
    const clinic = new Clinic({setup: records, rest: {cors: {origin: '*', credentials: true}}});
    await assert.rejects(clinic.app.start(), /rest\.cors/);
    await clinic.stop();
  });

  it('row 23: an interceptor that answers from a cache never sees whom the rule refuses', () =>
    serving({setup: withCache}, async clinic => {
      assert.equal((await clinic.get(admin, '/records')).status, 200);
      assert.deepEqual(await statuses(clinic, '/records'), [403, 200, 403]);
    }));

  it('row 23: nor whom a voter refuses', () =>
    serving(
      {
        setup: app => {
          withCache(app);
          app.controller(OwnController);
        },
      },
      async clinic => {
        assert.deepEqual(await statuses(clinic, '/own'), [200, 403, 403]);
      },
    ));

  const sequences: readonly (readonly [string, (app: RestApplication) => void])[] = [
    ['a sequence of actions', app => void app.sequence(DefaultSequence)],
    ['a sequence of middleware', app => void app.sequence(MiddlewareSequence)],
    ['a sequence that answers by itself', app => void app.sequence(GreedySequence)],
    [
      'a handler function',
      app => {
        app.handler(({response}, sequence) => {
          sequence.send(response, 'answered by handler');
        });
      },
    ],
  ];
  for (const [name, use] of sequences) {
    it(`row 24: ${name} gets only requests that a rule allows`, () =>
      serving(
        {
          setup: app => {
            records(app);
            use(app);
          },
        },
        async clinic => {
          assert.deepEqual(await statuses(clinic, '/records'), [403, 200, 403]);
          assert.deepEqual(await statuses(clinic, '/anything'), [404, 404, 404]);
        },
      ));
  }

  it('row 27: a body is neither parsed nor validated for whom the rule refuses', () =>
    serving({setup: records}, async clinic => {
      assert.equal(await postTo(clinic, admin, '{}'), 422);
      assert.equal(await postTo(clinic, admin, '{'), 400);
      assert.equal(await postTo(clinic, guest, '{}'), 403);
      assert.equal(await postTo(clinic, guest, '{'), 403);
    }));

  it('row 28: a denied request makes no controller', () =>
    serving({setup: records}, async clinic => {
      constructed = 0;
      await clinic.get(guest, '/records');
      assert.equal(constructed, 0);
      await clinic.get(admin, '/records');
      assert.equal(constructed, 1);
    }));

  it('a custom reject action words the refusal', () =>
    serving(
      {
        setup: app => {
          records(app);
          app.bind(RestBindings.SequenceActions.REJECT).to(({response}, error) => {
            response.status(403).send(`no: ${error.message}`);
          });
        },
      },
      async clinic => {
        assert.equal((await clinic.get(guest, '/records')).body, 'no: Forbidden');
      },
    ));
});

class OwnController {
  @authorize({allowedRoles: ['nurse', 'admin'], voters: [ownedBy(caller => caller.roles.includes('nurse'))]})
  @get('/own')
  read(): string {
    return 'mine';
  }
}

/** An interceptor without a group, which LoopBack therefore runs before authorization, answering from a cache. */
@globalInterceptor()
class CacheInterceptor implements Provider<Interceptor> {
  readonly #answers = new Map<string, unknown>([['OwnController.prototype.read', 'cached']]);

  value(): Interceptor {
    return async (invocation, next) => {
      const cached = this.#answers.get(invocation.targetName);
      if (cached !== undefined) return cached;
      const answer: unknown = await next();
      this.#answers.set(invocation.targetName, answer);
      return answer;
    };
  }
}

function withCache(app: RestApplication): void {
  records(app);
  app.interceptor(CacheInterceptor).inScope(BindingScope.SINGLETON);
}

class GreedySequence implements SequenceHandler {
  handle({response}: RequestContext): Promise<void> {
    response.end('answered by sequence');
    return Promise.resolve();
  }
}

function preflight(verb: string): {method: string; headers: Record<string, string>} {
  return {
    method: 'OPTIONS',
    headers: {host: 'localhost', origin: 'https://ward.example', 'access-control-request-method': verb},
  };
}

function postTo(clinic: Clinic, caller: Credential, body: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        ...presenting(caller),
        host: '127.0.0.1',
        port: clinic.port,
        path: '/records',
        method: 'POST',
        agent: false,
        servername: 'localhost',
        headers: {host: 'localhost', 'content-type': 'application/json'},
      },
      answer => {
        answer.resume();
        answer.once('end', () => {
          resolve(answer.statusCode);
        });
      },
    );
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}
