import {setImmediate as nextTurn} from 'node:timers/promises';
import {authorize} from '@loopback/authorization';
import {
  asGlobalInterceptor,
  bind,
  BindingScope,
  ContextBindings,
  createBindingFromClass,
  globalInterceptor,
  inject,
  injectable,
  intercept,
} from '@loopback/core';
import type {
  AsyncProxy,
  Interceptor,
  InvocationContext,
  InvocationResult,
  Next,
  Provider,
  ValueOrPromise,
} from '@loopback/core';
import {get, HttpErrors, param, post, requestBody, RestBindings, toInterceptor} from '@loopback/rest';
import type {Request} from '@loopback/rest';
import {MtlsBindings} from '../../../src/loopback/keys';
import type {MtlsPrincipal} from '../../../src/loopback/principal';
import {ask, askJson} from './feature';
import type {Feature} from './feature';

/** An interceptor that writes down when it runs, into the answer. */
function named(name: string): Interceptor {
  return async (invocation, next) => {
    const response = await invocation.get(RestBindings.Http.RESPONSE);
    response.append('x-order', `into ${name}`);
    const result: unknown = await next();
    response.append('x-order', `out of ${name}`);
    return result;
  };
}

@authorize({allowedRoles: ['nurse']})
class BindingController {
  @intercept((invocation, next) => {
    invocation.bind('ward').to('3b');
    return next();
  })
  @get('/bound')
  bound(@inject('ward') ward: string): string {
    return ward;
  }

  @intercept(async (invocation, next) => {
    const context = await invocation.get(RestBindings.Http.CONTEXT);
    context.bind('shift').to('night');
    return next();
  })
  @get('/bound-to-request')
  boundToRequest(@inject('shift') shift: string): string {
    return shift;
  }

  @get('/unbound')
  unbound(@inject('ward') ward: string): string {
    return ward;
  }

  @get('/optional')
  optional(@inject('ward', {optional: true}) ward?: string): string {
    return ward ?? 'none';
  }
}

@authorize({allowedRoles: ['nurse']})
class ChangingController {
  @intercept((invocation, next) => {
    invocation.args[0] = `${String(invocation.args[0])}, changed`;
    return next();
  })
  @get('/arguments/{value}')
  args(@param.path.string('value') value: string): string {
    return value;
  }

  @intercept(async (_, next) => ({wrapped: (await next()) as unknown}))
  @get('/result')
  result(): number[] {
    return [1, 2];
  }

  @intercept(async (_, next) => [await next(), await next()])
  @get('/twice')
  async twice(): Promise<string> {
    await nextTurn();
    return 'once';
  }

  @intercept(async (_, next) => {
    try {
      return await next();
    } catch (error) {
      return `instead of: ${String(error)}`;
    }
  })
  @get('/rescued')
  rescued(): never {
    throw new HttpErrors.Conflict('in the way');
  }

  @intercept(() => undefined)
  @get('/swallowed')
  swallowed(): string {
    return 'never';
  }

  @intercept(async (_, next) => {
    await next();
    throw new HttpErrors.BadGateway('behind the method');
  })
  @get('/behind')
  behind(): string {
    return 'never';
  }

  @intercept(async () => {
    await nextTurn();
    throw new HttpErrors.Gone('later');
  })
  @get('/throws-later')
  throwsLater(): string {
    return 'never';
  }

  @intercept(() => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- applications do that
    throw 'a text';
  })
  @get('/throws-text')
  throwsText(): string {
    return 'never';
  }

  @intercept(async (invocation, next) => {
    const response = await invocation.get(RestBindings.Http.RESPONSE);
    if (invocation.args[0] === 'cached') return response.status(203).send('from a cache');
    return next();
  })
  @get('/answers/{value}')
  answers(@param.path.string('value') value: string): string {
    return value;
  }
}

@intercept(named('class'))
@authorize({allowedRoles: ['nurse']})
class BaseController {
  @intercept(named('inherited'))
  @get('/inherited')
  inherited(): string {
    return 'from the base';
  }

  @get('/plain')
  plain(): string {
    return this.inner();
  }

  @intercept(named('never asked, as nobody invokes the method from outside'))
  protected inner(): string {
    return 'inner';
  }
}

class DerivedController extends BaseController {
  @intercept(named('first'), named('second'))
  @get('/own')
  own(): string {
    return 'own';
  }
}

/** An interceptor that is a class of which every request has its own. */
@bind({tags: {key: 'interceptors.who'}, scope: BindingScope.TRANSIENT})
class WhoInterceptor implements Provider<Interceptor> {
  readonly #caller: MtlsPrincipal;
  readonly #request: Request;

  constructor(
    @inject(MtlsBindings.PRINCIPAL) caller: MtlsPrincipal,
    @inject(RestBindings.Http.REQUEST) request: Request,
  ) {
    this.#caller = caller;
    this.#request = request;
  }

  value(): Interceptor {
    return (invocation, next) => this.intercept(invocation, next);
  }

  async intercept(invocation: InvocationContext, next: Next): Promise<unknown> {
    const {targetClass, methodName, targetName, source, args} = invocation;
    const result: unknown = await next();
    const {originalUrl, method} = this.#request;
    const from = source?.type;
    const request = invocation.getSync(RestBindings.Http.REQUEST) === this.#request;
    const target = invocation.target.constructor === targetClass;
    const caller = this.#caller.id;
    return {result, caller, originalUrl, method, methodName, targetName, args, from, request, target};
  }
}

@authorize({allowedRoles: ['nurse', 'admin']})
class WhoController {
  @intercept('interceptors.who')
  @post('/who/{value}')
  who(@param.path.number('value') value: number, @requestBody() body: object): unknown {
    return {value, body};
  }

  @intercept('interceptors.nobody')
  @get('/no-such-interceptor')
  missing(): string {
    return 'never';
  }
}

@globalInterceptor('late', {tags: {name: 'late'}})
class LateInterceptor implements Provider<Interceptor> {
  value(): Interceptor {
    return named('late');
  }
}

@injectable(asGlobalInterceptor('early'), {tags: {name: 'early'}})
class EarlyInterceptor implements Provider<Interceptor> {
  value(): Interceptor {
    return named('early');
  }
}

class Pharmacy {
  @intercept(async (_, next) => `intercepted ${JSON.stringify(await next())}`)
  stock(name: string): ValueOrPromise<InvocationResult> {
    return `${name} in stock`;
  }
}

@authorize({allowedRoles: ['nurse']})
class ProxyController {
  readonly #pharmacy: AsyncProxy<Pharmacy>;

  constructor(@inject('services.Pharmacy', {asProxyWithInterceptors: true}) pharmacy: AsyncProxy<Pharmacy>) {
    this.#pharmacy = pharmacy;
  }

  @get('/stock/{name}')
  stock(@param.path.string('name') name: string): unknown {
    return this.#pharmacy.stock(name);
  }
}

const expressHandler = toInterceptor(
  (_request, response, next) => {
    response.set('x-express', 'seen');
    next();
  },
  (request, response, next) => {
    if (request.query['stop'] === undefined) next();
    else response.status(409).send('stopped by Express');
  },
  (request, _response, next) => {
    next(request.query['fail'] === undefined ? undefined : new HttpErrors.Locked('failed by Express'));
  },
);

@authorize({allowedRoles: ['nurse']})
class ExpressController {
  @intercept(expressHandler)
  @get('/express')
  express(): string {
    return 'behind Express';
  }
}

/** Interceptors of methods, classes and applications. */
export const INTERCEPTORS: readonly Feature[] = [
  {
    name: 'interceptors bind values that methods inject',
    setup: app => app.controller(BindingController),
    asks: [
      ask('GET /bound', 200, '3b'),
      ask('GET /bound-to-request', 200, 'night'),
      ask('GET /unbound', 500),
      ask('GET /optional', 200, 'none'),
      ask('GET /bound', 403, /FORBIDDEN/, {caller: 'guest'}),
    ],
  },
  {
    name: 'interceptors change arguments and results, answer, throw, and rescue',
    setup: app => app.controller(ChangingController),
    asks: [
      ask('GET /arguments/a', 200, 'a, changed'),
      ask('GET /result', 200, '{"wrapped":[1,2]}'),
      ask('GET /twice', 200, '["once",null]'),
      ask('GET /rescued', 200, 'instead of: ConflictError: in the way'),
      ask('GET /swallowed', 204, ''),
      ask('GET /behind', 502),
      ask('GET /throws-later', 410),
      ask('GET /throws-text', 500),
      ask('GET /answers/cached', 203, 'from a cache'),
      ask('GET /answers/fresh', 200, 'fresh'),
    ],
  },
  {
    name: 'interceptors are inherited with the methods of a base class',
    setup: app => app.controller(DerivedController),
    asks: [ask('GET /inherited', 200), ask('GET /plain', 200, 'inner'), ask('GET /own', 200)],
  },
  {
    name: 'interceptors by key are told of target, arguments, source and caller',
    setup: app => {
      app.bind('interceptors.who').toProvider(WhoInterceptor);
      app.controller(WhoController);
    },
    asks: [
      askJson('POST /who/7?a=b', {name: 'n'}, 200, /"from":"route","request":true,"target":true/),
      askJson('POST /who/x', {name: 'n'}, 400),
      ask('GET /no-such-interceptor', 500),
    ],
  },
  {
    name: 'global interceptors run in the order of their groups',
    setup: app => {
      app.controller(DerivedController);
      app.add(createBindingFromClass(LateInterceptor));
      app.add(createBindingFromClass(EarlyInterceptor));
      app.bind(ContextBindings.GLOBAL_INTERCEPTOR_ORDERED_GROUPS).to(['early', 'late']);
    },
    asks: [ask('GET /inherited', 200), ask('GET /own', 200)],
  },
  {
    name: 'interceptors of services are asked through a proxy',
    setup: app => {
      app.bind('services.Pharmacy').toClass(Pharmacy);
      app.controller(ProxyController);
    },
    asks: [ask('GET /stock/aspirin', 200, 'intercepted "aspirin in stock"')],
  },
  {
    name: 'Express handlers serve as interceptors',
    setup: app => app.controller(ExpressController),
    asks: [
      ask('GET /express', 200, 'behind Express'),
      ask('GET /express?stop', 409, 'stopped by Express'),
      ask('GET /express?fail', 423),
    ],
  },
];
