import {AsyncResource} from 'node:async_hooks';
import {EventEmitter} from 'node:events';
import {IncomingMessage, ServerResponse} from 'node:http';
import {Socket} from 'node:net';
import {Binding, BindingScope, ContextSubscriptionManager} from '@loopback/core';
import type {BindingAddress, Context} from '@loopback/core';
import {
  MIDDLEWARE_CONTEXT,
  MiddlewareBindings,
  RequestContext as StockRequestContext,
  RestBindings,
} from '@loopback/rest';
import type {Request, RequestContext, Response, RestServerResolvedConfig} from '@loopback/rest';

/** Makes the context of a request. */
export type MakeContext = (request: Request, response: Response) => RequestContext;

/**
 * Makes contexts of requests that the garbage collector is done with as soon as they are answered.
 *
 * V8 puts a function that is written right of `object.property =` among old objects at once, and what an old object
 * refers to outlives every collection but a full one, even when nobody needs either. LoopBack writes such functions for
 * each context and each binding, and they refer to the context, so that everything a request made was copied twice and
 * kept. The functions of a context and of its bindings are made here instead, in a way that V8 leaves them young.
 *
 * Where LoopBack's constructor leaves anything behind that is not expected here, it makes the contexts itself.
 */
export function requestContexts(server: Context, config: RestServerResolvedConfig): MakeContext {
  const stock: MakeContext = (request, response) => new StockRequestContext(request, response, server, config);
  try {
    const model = stock(...messagesOfNobody());
    const young = youngContexts(server, config, model);
    return isAlike(young(...messagesOfNobody()), model) ? young : stock;
  } catch {
    // A LoopBack that lacks what is called here is one that is not expected either.
    return stock;
  }
}

/** What LoopBack's constructors leave in a context, and what they call. */
interface Parts {
  registry: Map<string, Binding>;
  scope: BindingScope;
  _parent: Context;
  name: string;
  tagIndexer: TagIndexer;
  subscriptionManager: ContextSubscriptionManager;
  _debug: unknown;
  request: Request;
  response: Response;
  responseFinished: boolean;
  serverConfig: RestServerResolvedConfig;
  generateName(): string;
  setupBindings(): void;
}

/** What a context asks of its index of tags. */
interface TagIndexer {
  findByTagIndex(tag: unknown): unknown;
  close(): void;
}

interface StockTagIndexer extends TagIndexer {
  bindingsIndexedByTag: Map<string, unknown>;
  updateTagIndexForBinding(binding: Binding): void;
}

function youngContexts(server: Context, config: RestServerResolvedConfig, model: RequestContext): MakeContext {
  // Only fields of a context are read here, whose shape is compared afterwards.
  const {_debug: debug, tagIndexer} = model as unknown as Parts;
  const indexers = Object.getPrototypeOf(tagIndexer) as object;
  return (request, response) => {
    // Runs the constructor of EventEmitter alone, for an object of the class of contexts.
    const context = Reflect.construct(EventEmitter, [], YoungContext) as RequestContext;
    const parts = context as unknown as Parts;
    parts.registry = new Map();
    parts.scope = BindingScope.REQUEST;
    context.setMaxListeners(Infinity);
    parts._parent = server;
    parts.name = parts.generateName();
    parts.tagIndexer = new TagIndex(indexers, parts.registry);
    parts.subscriptionManager = new ContextSubscriptionManager(context);
    // One for all: what `DEBUG` enables and where it prints is the same for every context.
    parts._debug = debug;
    parts.request = request;
    parts.response = response;
    parts.responseFinished = false;
    Reflect.set(request, MIDDLEWARE_CONTEXT, context);
    parts.setupBindings();
    closeWithResponse(context, response);
    parts.serverConfig = config;
    return context;
  };
}

/** Named as LoopBack's own, because contexts are named after their class. */
const YoungContext = class RequestContext extends StockRequestContext {
  override bind<ValueType = unknown>(key: BindingAddress<ValueType>): Binding<ValueType> {
    const binding = new YoungBinding<ValueType>(key.toString());
    this.add(binding);
    return binding;
  }
};

class YoungBinding<ValueType> extends Binding<ValueType> {}

// TypeScript lets nobody override what a class calls private.
Object.defineProperty(YoungBinding.prototype, '_setValueGetter', {
  value(this: {_clearCache(): void; _getValue: unknown; emitChangedEvent(operation: string): void}, getValue: unknown) {
    this._clearCache();
    this._getValue = getValue;
    this.emitChangedEvent('value');
  },
});

/** Finds bindings by tag by LoopBack's index, which is made when somebody asks and not kept up to date meanwhile. */
class TagIndex implements TagIndexer {
  readonly #stock: object;
  readonly #bindings: ReadonlyMap<string, Binding>;

  constructor(stock: object, bindings: ReadonlyMap<string, Binding>) {
    this.#stock = stock;
    this.#bindings = bindings;
  }

  findByTagIndex(tag: unknown): unknown {
    const index = Object.create(this.#stock) as StockTagIndexer;
    index.bindingsIndexedByTag = new Map();
    for (const binding of this.#bindings.values()) index.updateTagIndexForBinding(binding);
    return index.findByTagIndex(tag);
  }

  close(): void {
    // Nothing listens.
  }
}

/** Closes the context once the response was sent, or once nobody is left to get it. */
function closeWithResponse(context: RequestContext, response: Response): void {
  // Who listens to the context finds the store of `AsyncLocalStorage` that the request has.
  const scope = new AsyncResource('RequestContext');
  const close = (): void => {
    if (context.responseFinished) return;
    context.responseFinished = true;
    scope.runInAsyncScope(() => {
      context.emit('close');
      context.close();
    });
  };
  // One that was pipelined behind another has no socket yet.
  if (response.writableEnded || response.socket?.writable === false) setImmediate(close);
  else response.once('finish', close).once('close', close);
}

/** A request and a response of no connection. */
function messagesOfNobody(): [Request, Response] {
  const request = new IncomingMessage(new Socket());
  return [request as Request, new ServerResponse(request) as Response];
}

/** Whether a context of ours has what LoopBack's has, field by field, in itself and in its bindings. */
function isAlike(ours: RequestContext, stock: RequestContext): boolean {
  const {tagIndexer} = stock as unknown as Parts;
  return (
    typeof Reflect.get(tagIndexer, 'updateTagIndexForBinding') === 'function' &&
    hasSameFields(ours, stock) &&
    OWN_BINDINGS.every(key => hasSameFields(ours.getBinding(key), stock.getBinding(key)))
  );
}

const OWN_BINDINGS: readonly string[] = [
  MiddlewareBindings.CONTEXT.key,
  RestBindings.Http.REQUEST.key,
  RestBindings.Http.RESPONSE.key,
  RestBindings.Http.CONTEXT.key,
];

function hasSameFields(ours: object, stock: object): boolean {
  const fields = Reflect.ownKeys(stock);
  const own = Reflect.ownKeys(ours);
  return (
    own.length === fields.length &&
    own.every((field, index) => field === fields[index]) &&
    fields.every(field => field === 'tagIndexer' || classOf(ours, field) === classOf(stock, field))
  );
}

function classOf(owner: object, field: string | symbol): unknown {
  const value: unknown = Reflect.get(owner, field);
  return typeof value === 'object' && value !== null ? Object.getPrototypeOf(value) : typeof value;
}
