import assert from 'node:assert/strict';
import {authorize} from '@loopback/authorization';
import {BindingScope} from '@loopback/core';
import {
  get,
  MiddlewareSequence,
  param,
  post,
  requestBody,
  RequestBodyParser,
  RestBindings,
  TrieRouter,
} from '@loopback/rest';
import type {Request, ResolvedRoute, RestApplication} from '@loopback/rest';
import {nurse, serving} from './support/clinic';

@authorize({allowedRoles: ['nurse']})
class NoteController {
  @get('/notes/{id}')
  read(@param.path.string('id') id: string, @param.query.number('page') page = 1): unknown {
    return {id, page};
  }

  @post('/notes')
  write(@requestBody() body: object): object {
    return body;
  }
}

/** Keeps an application on the stock path. */
class OwnSequence extends MiddlewareSequence {}

const POST = {method: 'POST', headers: {host: 'localhost', 'content-type': 'application/json', 'content-length': '0'}};

/** A body parser of the application that counts how often it was made. */
function countingParser(): {readonly made: () => number; readonly Parser: typeof RequestBodyParser & object} {
  let made = 0;
  class CountingParser extends RequestBodyParser {
    constructor() {
      super();
      made++;
    }
  }
  return {made: () => made, Parser: CountingParser};
}

function onStockPath(setup: (app: RestApplication) => void): (app: RestApplication) => void {
  return app => {
    app.sequence(OwnSequence);
    app.controller(NoteController);
    setup(app);
  };
}

describe('parameters on the stock path', () => {
  it('of an operation without a body make no body parsers', async () => {
    let made = 0;
    class UnusedParser {
      readonly name = 'unused';

      constructor() {
        made++;
      }

      supports(): boolean {
        return false;
      }

      parse(): Promise<never> {
        return Promise.reject(new Error('supports nothing'));
      }
    }
    await serving({setup: onStockPath(app => void app.bodyParser(UnusedParser))}, async clinic => {
      const before = made;
      assert.deepEqual((await clinic.get(nurse, '/notes/n-1?page=2')).body, '{"id":"n-1","page":2}');
      assert.equal((await clinic.get(nurse, '/notes/n-1?page=two')).status, 400);
      assert.equal(made, before);
      // An operation with a body has them all made, as in LoopBack.
      assert.equal((await clinic.get(nurse, '/notes', POST)).status, 204);
      assert.equal(made, before + 1);
    });
  });

  it('are left to a parser of the application, with and without a body', async () => {
    const {made, Parser} = countingParser();
    const bindParser = (app: RestApplication): void =>
      void app.bind(RestBindings.REQUEST_BODY_PARSER).toClass(Parser).inScope(BindingScope.TRANSIENT);
    await serving({setup: onStockPath(bindParser)}, async clinic => {
      const before = made();
      assert.equal((await clinic.get(nurse, '/notes/n-1')).status, 200);
      assert.equal(made() - before, 1);
    });
  });
});

describe('a route on the stock path', () => {
  it('is looked up once for each request', async () => {
    let found = 0;
    class CountingRouter extends TrieRouter {
      override find(request: Request): ResolvedRoute | undefined {
        found++;
        return super.find(request);
      }
    }
    await serving(
      {setup: onStockPath(app => void app.bind(RestBindings.ROUTER).toClass(CountingRouter))},
      async clinic => {
        assert.equal((await clinic.get(nurse, '/notes/n-1')).status, 200);
        assert.equal(found, 1);
      },
    );
  });
});
