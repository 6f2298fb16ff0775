import assert from 'node:assert/strict';
import {AsyncLocalStorage} from 'node:async_hooks';
import {execFileSync} from 'node:child_process';
import {EventEmitter, once} from 'node:events';
import {IncomingMessage, ServerResponse} from 'node:http';
import {Socket} from 'node:net';
import {resolve} from 'node:path';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {authorize} from '@loopback/authorization';
import {Context, inject} from '@loopback/core';
import {
  get,
  getMiddlewareContext,
  MiddlewareSequence,
  RequestContext,
  RestApplication,
  RestBindings,
} from '@loopback/rest';
import type {Request, Response} from '@loopback/rest';
import {requestContexts} from '../../src/loopback/request-contexts';
import type {MakeContext} from '../../src/loopback/request-contexts';
import {nurse, serving} from './support/clinic';

/** Tells the context of each request. */
const contexts = new EventEmitter();

@authorize({allowedRoles: ['nurse']})
class WaitingController {
  readonly #context: RequestContext;

  constructor(@inject(RestBindings.Http.CONTEXT) context: RequestContext) {
    this.#context = context;
  }

  @get('/wait')
  async wait(): Promise<void> {
    contexts.emit('entered', this.#context);
    await once(this.#context, 'close');
  }

  @get('/answer')
  answer(): string {
    contexts.emit('entered', this.#context);
    return this.#context.name;
  }
}

class OwnSequence extends MiddlewareSequence {}

const PATHS: Readonly<Record<string, (app: RestApplication) => void>> = {
  compiled: app => void app.controller(WaitingController),
  stock: app => {
    app.controller(WaitingController);
    app.sequence(OwnSequence);
  },
};

const server = new RestApplication({shutdown: {signals: []}}).restServer;
const young = requestContexts(server, server.config);
const stock: MakeContext = (request, response) => new RequestContext(request, response, server, server.config);

/** Messages of a connection that is open, or gone, or has others to answer first. */
function messages(connection: 'open' | 'gone' | 'taken' = 'open'): [Request, Response] {
  const socket = new Socket();
  if (connection === 'gone') socket.destroy();
  const request = new IncomingMessage(socket);
  const response = new ServerResponse(request);
  if (connection !== 'taken') response.assignSocket(socket);
  return [request as Request, response as Response];
}

/** What a context is, without what differs from one to the next. */
function portrait(context: RequestContext): unknown {
  return {
    fields: Reflect.ownKeys(context),
    name: context.name.replace(/-.*/, ''),
    scope: context.scope,
    parent: context.parent?.name,
    isRequestContext: context instanceof RequestContext,
    ofRequest: getMiddlewareContext(context.request) === context,
    bindings: context
      .find(({key}) => context.contains(key))
      .map(({key, type, scope, isLocked}) => [key, type, scope, isLocked]),
    values: [RestBindings.Http.REQUEST, RestBindings.Http.RESPONSE].map(
      key => context.getSync<unknown>(key) !== undefined,
    ),
    itself: context.getSync(RestBindings.Http.CONTEXT) === context,
    debug: Object.keys(Reflect.get(context, '_debug') as object),
  };
}

function tagged(context: Context): readonly (readonly string[])[] {
  context.bind('first').to(1).tag('colour');
  const second = context.bind('second').tag({colour: 'red'}).to(2);
  const keys = (tag: string | object | RegExp): string[] => context.findByTag(tag as string).map(({key}) => key);
  const found = [keys('colour'), keys({colour: 'red'}), keys(/^col/), keys('none')];
  second.tag('shape');
  context.unbind('first');
  return [...found, keys('colour'), keys('shape')];
}

describe('contexts of requests', () => {
  it('are what LoopBack makes', () => {
    assert.deepEqual(portrait(young(...messages())), portrait(stock(...messages())));
  });

  it('are made here, as this LoopBack leaves nothing unexpected', () => {
    assert.notEqual(young(...messages()).constructor, RequestContext);
  });

  it('find bindings by tags, whenever these were given', () => {
    assert.deepEqual(tagged(young(...messages())), tagged(stock(...messages())));
  });

  it('find bindings of the application by tags', () => {
    server.bind('shared').to(1).tag('shared-tag');
    assert.deepEqual(
      young(...messages())
        .findByTag('shared-tag')
        .map(({key}) => key),
      ['shared'],
    );
  });

  it('bind what they are given in every way', async () => {
    const context = young(...messages());
    context.bind('constant').to({a: 1});
    context.bind('dynamic').toDynamicValue(() => Promise.resolve(2));
    context.bind('alias').toAlias('constant#a');
    context.bind('class').toClass(Thing);
    assert.deepEqual(await context.get('constant'), {a: 1});
    assert.equal(await context.get('dynamic'), 2);
    assert.equal(await context.get('alias'), 1);
    assert.ok((await context.get('class')) instanceof Thing);
    context.bind('constant').to({a: 3});
    assert.equal(await context.get('alias'), 3);
    assert.throws(() => context.bind(RestBindings.Http.REQUEST), /locked/);
  });

  for (const [end, event] of [
    ['was sent', 'finish'],
    ['lost its connection', 'close'],
  ] as const) {
    it(`close once when the response ${end}, where the store of the request is known`, () => {
      const store = new AsyncLocalStorage<string>();
      const [request, response] = messages();
      const context = store.run('of the request', () => young(request, response));
      const stores: unknown[] = [];
      context.on('close', () => stores.push(store.getStore()));
      const subscription = context.subscribe(() => undefined);
      const listeners = server.listenerCount('bind');
      response.emit(event);
      response.emit('close');
      assert.deepEqual(stores, ['of the request']);
      assert.equal(context.responseFinished, true);
      assert.equal(server.listenerCount('bind'), listeners - 1, 'the server no longer knows of the context');
      subscription.unsubscribe();
    });
  }

  it('close by themselves when the connection is gone before they are made', async () => {
    const context = young(...messages('gone'));
    assert.equal(context.responseFinished, false);
    await nextTurn();
    assert.equal(context.responseFinished, true);
  });

  for (const connection of ['open', 'taken'] as const) {
    it(`stay open while the response is under way on a connection that is ${connection}`, async () => {
      const [request, response] = messages(connection);
      const context = young(request, response);
      await nextTurn();
      assert.equal(context.responseFinished, false);
      response.emit('finish');
      assert.equal(context.responseFinished, true);
    });
  }

  it('close by themselves when the response was ended before they are made', async () => {
    const [request, response] = messages('taken');
    response.end();
    const context = young(request, response);
    await nextTurn();
    assert.equal(context.responseFinished, true);
  });

  for (const [path, setup] of Object.entries(PATHS)) {
    it(`close when the client leaves in the middle of a request on the ${path} path`, () =>
      serving({setup}, async clinic => {
        const leaving = new AbortController();
        const entered = once(contexts, 'entered');
        const answer = clinic.get(nurse, '/wait', {signal: leaving.signal});
        const [context] = (await entered) as [RequestContext];
        const closed = once(context, 'close');
        leaving.abort();
        await assert.rejects(answer, {code: 'ABORT_ERR'});
        await closed;
        assert.equal(context.responseFinished, true);
      }));

    it(`close when the answer was sent on the ${path} path`, () =>
      serving({setup}, async clinic => {
        const entered = once(contexts, 'entered');
        const {status} = await clinic.get(nurse, '/answer');
        const [context] = (await entered) as [RequestContext];
        assert.equal(status, 200);
        assert.equal(context.responseFinished, true);
      }));
  }

  it('are left to a handler that the application replaced', () =>
    serving({setup: app => PATHS['stock']?.(app)}, async clinic => {
      const httpHandler = await clinic.server.get(RestBindings.HANDLER);
      const original = httpHandler.handleRequest;
      let calls = 0;
      httpHandler.handleRequest = (request, response) => {
        calls++;
        return original(request, response);
      };
      const entered = once(contexts, 'entered');
      await clinic.get(nurse, '/answer');
      const [context] = (await entered) as [RequestContext];
      assert.equal(calls, 1);
      assert.equal(context.constructor, RequestContext);
    }));

  for (const [difference, change] of [
    ['leaves another field', {getDebugNamespace: addField}],
    ['has no such method', {generateName: undefined}],
    ['binds other values', {setupBindings: bindNothing}],
  ] as const) {
    it(`are LoopBack's own where LoopBack ${difference}`, () => {
      const original = Object.getOwnPropertyDescriptors(Context.prototype);
      const own = Object.getOwnPropertyDescriptors(RequestContext.prototype);
      try {
        const target = 'setupBindings' in change ? RequestContext.prototype : Context.prototype;
        for (const [name, value] of Object.entries(change))
          Object.defineProperty(target, name, {value, configurable: true});
        const make = requestContexts(server, server.config);
        Object.defineProperties(Context.prototype, original);
        Object.defineProperties(RequestContext.prototype, own);
        assert.equal(make(...messages()).constructor, RequestContext);
      } finally {
        Object.defineProperties(Context.prototype, original);
        Object.defineProperties(RequestContext.prototype, own);
      }
    });
  }

  it('leave nothing among old objects that keeps what a request made', () => {
    const script = resolve(__dirname, 'support/kept-bytes.js');
    const printed = execFileSync(process.execPath, ['--expose-gc', script], {encoding: 'utf8'});
    const {payload, ours, theirs} = JSON.parse(printed) as Readonly<Record<'payload' | 'ours' | 'theirs', number>>;
    // Of LoopBack's contexts much is kept, what the request bound included.
    assert.ok(theirs > payload / 2, `${theirs} bytes of LoopBack's`);
    assert.ok(ours < payload / 10, `${ours} bytes of ours`);
  });
});

class Thing {}

function addField(this: object): string {
  Object.assign(this, {unexpected: true});
  return 'test';
}

function bindNothing(this: RequestContext): void {
  this.bind(RestBindings.Http.CONTEXT).to(this);
}
