import {setImmediate as nextTurn, setTimeout as pause} from 'node:timers/promises';
import {authorize} from '@loopback/authorization';
import {
  bind,
  BindingScope,
  config,
  Context,
  ContextView,
  CoreBindings,
  extensionPoint,
  extensions,
  inject,
  InvocationContext,
  service,
} from '@loopback/core';
import type {Constructor, Getter, Setter} from '@loopback/core';
import {get, HttpErrors, param, RestBindings} from '@loopback/rest';
import type {OperationArgs, Request, RequestContext, Response, RouteEntry} from '@loopback/rest';
import {SecurityBindings, securityId} from '@loopback/security';
import type {UserProfile} from '@loopback/security';
import {MtlsBindings} from '../../../src/loopback/keys';
import type {MtlsPrincipal} from '../../../src/loopback/principal';
import {ask} from './feature';
import type {Feature} from './feature';

@authorize({allowedRoles: ['nurse']})
class WantingController {
  @get('/wanting/{id}')
  read(@param.path.string('id') id: string, unknown: string): unknown {
    return {id, unknown};
  }
}

@bind({scope: BindingScope.SINGLETON})
@authorize({allowedRoles: ['nurse']})
class WantingSingleton {
  @get('/wanting-singleton/{id}')
  read(@param.path.string('id') id: string, unknown: string): unknown {
    return {id, unknown};
  }
}

/** How often something was made. */
class Tally {
  count = 0;
}

function counted(scope: BindingScope): Constructor<Tally> {
  class Service extends Tally {
    constructor(@inject('tally') tally: Tally) {
      super();
      this.count = ++tally.count;
    }
  }
  bind({scope})(Service);
  return Service;
}

const Transient = counted(BindingScope.TRANSIENT);
const PerRequest = counted(BindingScope.REQUEST);
const Singleton = counted(BindingScope.SINGLETON);

@authorize({allowedRoles: ['nurse']})
class ScopeController {
  readonly #context: Context;

  constructor(@inject.context() context: Context) {
    this.#context = context;
  }

  @get('/scope/{kind}')
  async scope(@param.path.string('kind') kind: string): Promise<number[]> {
    const key = `scoped.${kind}`;
    const [first, second] = [await this.#context.get<Tally>(key), await this.#context.get<Tally>(key)];
    return [first.count, second.count];
  }
}

@bind({scope: BindingScope.REQUEST})
class Basket {
  readonly items: string[] = [];
}

@authorize({allowedRoles: ['nurse', 'admin']})
class BasketController {
  readonly #basket: Basket;
  readonly #caller: MtlsPrincipal;

  constructor(@service(Basket) basket: Basket, @inject(MtlsBindings.PRINCIPAL) caller: MtlsPrincipal) {
    this.#basket = basket;
    this.#caller = caller;
  }

  @get('/basket/{item}')
  async fill(
    @param.path.string('item') item: string,
    @service(Basket) again: Basket,
    @inject(RestBindings.Http.REQUEST) request: Request,
    @inject(SecurityBindings.USER) user: UserProfile,
  ): Promise<unknown> {
    for (const part of item) {
      this.#basket.items.push(part);
      await pause(item.charCodeAt(0) % 3);
    }
    return {items: again.items, caller: this.#caller.id, user: user[securityId], asked: request.url.endsWith(item)};
  }
}

@authorize({allowedRoles: ['nurse']})
class StylesController {
  @inject('place')
  declare readonly place: string;

  @inject('nowhere', {optional: true})
  readonly nowhere: string = 'default';

  @inject.getter('place')
  declare readonly placeLater: Getter<string>;

  @inject.setter('shift')
  declare readonly setShift: Setter<string>;

  @inject.view(binding => binding.tagMap['ward'] !== undefined)
  declare readonly wards: ContextView<string>;

  @inject.tag('ward')
  declare readonly wardNames: string[];

  @config()
  readonly options: object = {};

  @get('/styles')
  async styles(
    @inject('later') later: string,
    @inject(CoreBindings.CONTROLLER_CLASS) controller: Constructor<object>,
    @inject(CoreBindings.CONTROLLER_METHOD_NAME) method: string,
    @inject(CoreBindings.CONTROLLER_CURRENT) current: object,
    @inject(CoreBindings.APPLICATION_METADATA, {optional: true}) metadata?: {name?: string},
  ): Promise<unknown> {
    this.setShift('late');
    const {place, nowhere, options} = this;
    const [placeLater, wards, wardNames] = [await this.placeLater(), await this.wards.values(), this.wardNames];
    const found = {place, nowhere, options, placeLater, wards, wardNames, later};
    return {...found, controller: controller.name, method, same: current === this, name: typeof metadata?.name};
  }

  @get('/shift')
  async shift(@inject.getter('shift') shift: Getter<string>): Promise<string> {
    this.setShift('early');
    return shift();
  }

  @get('/operation/{value}')
  operation(
    @param.path.string('value') value: string,
    @inject(RestBindings.OPERATION_SPEC_CURRENT) spec: object,
    @inject(RestBindings.Operation.ROUTE) route: RouteEntry,
    @inject(RestBindings.Operation.PARAMS) args: OperationArgs,
  ): unknown {
    return {value, spec, described: route.describe(), args: args.length};
  }

  @get('/contexts')
  contexts(
    @inject.context() context: Context,
    @inject(RestBindings.Http.CONTEXT) http: RequestContext,
    @inject(RestBindings.Http.REQUEST) request: Request,
    @inject(RestBindings.Http.RESPONSE) response: Response,
  ): unknown {
    const parents = [];
    for (let at: Context | undefined = context; at !== undefined; at = at.parent) parents.push(at.constructor.name);
    const invocation = context instanceof InvocationContext ? [context.methodName, context.targetName] : [];
    const same = [
      http.request === request,
      http.response === response,
      context.getSync(RestBindings.Http.CONTEXT) === http,
    ];
    const {scope, requestedProtocol, basePath, responseFinished} = http;
    return {parents, invocation, same, scope, requestedProtocol, basePath, responseFinished};
  }

  @get('/missing')
  missing(@inject('nowhere') nowhere: string): string {
    return nowhere;
  }

  @get('/broken')
  broken(@inject('broken') broken: string): string {
    return broken;
  }
}

@authorize({allowedRoles: ['nurse']})
class UnbuildableController {
  protected readonly nowhere: string;

  constructor(@inject('nowhere') nowhere: string) {
    this.nowhere = nowhere;
  }

  @get('/unbuildable')
  unbuildable(): string {
    return this.nowhere;
  }
}

@authorize({allowedRoles: ['nurse']})
class ThrowingController {
  constructor() {
    throw new HttpErrors.ServiceUnavailable('not today');
  }

  @get('/throwing')
  throwing(): string {
    return 'never';
  }
}

interface Greeter {
  greet(): string;
}

@extensionPoint('greeters')
class GreetingService {
  readonly #greeters: Getter<Greeter[]>;

  constructor(@extensions() greeters: Getter<Greeter[]>) {
    this.#greeters = greeters;
  }

  async greetings(): Promise<string[]> {
    return (await this.#greeters()).map(greeter => greeter.greet());
  }
}

@authorize({allowedRoles: ['nurse']})
class GreetingController {
  @get('/greetings')
  greetings(@service(GreetingService) greetings: GreetingService): unknown {
    return greetings.greetings();
  }
}

/** What happens to contexts when their requests are over. */
@authorize({allowedRoles: ['nurse']})
class ClosingController {
  @get('/closing/{name}')
  closing(
    @param.path.string('name') name: string,
    @inject(RestBindings.Http.CONTEXT) context: RequestContext,
    @inject('closed') closed: string[],
  ): string[] {
    context.once('close', () => {
      closed.push(
        `${name}: ${String(context.responseFinished)}, ${String(context.isBound(RestBindings.Http.REQUEST.key))}`,
      );
    });
    return closed;
  }
}

/** Dependency injection. */
export const INJECTION: readonly Feature[] = [
  {
    name: 'services live as long as their scope says',
    setup: app => {
      app.bind('tally').to(new Tally());
      app.bind('scoped.transient').toClass(Transient).inScope(BindingScope.TRANSIENT);
      app.bind('scoped.request').toClass(PerRequest).inScope(BindingScope.REQUEST);
      app.bind('scoped.singleton').toClass(Singleton).inScope(BindingScope.SINGLETON);
      app.controller(ScopeController);
    },
    asks: [
      ask('GET /scope/transient', 200, '[1,2]'),
      ask('GET /scope/request', 200, '[3,3]'),
      ask('GET /scope/request', 200, '[4,4]'),
      ask('GET /scope/singleton', 200, '[5,5]'),
      ask('GET /scope/singleton', 200, '[5,5]'),
      ask('GET /scope/unknown', 500),
    ],
  },
  {
    name: 'what belongs to a request stays with it, 32 at a time',
    setup: app => {
      app.service(Basket);
      app.controller(BasketController);
    },
    concurrent: 32,
    asks: Array.from({length: 400}, (_, index) => {
      const item = `${String.fromCharCode(97 + (index % 26))}${index}`;
      const name = index % 3 === 0 ? 'ada' : 'nora';
      const who = `"caller":"spiffe://clinic.example/${name}","user":"spiffe://clinic.example/${name}"`;
      const items = JSON.stringify(Array.from(item));
      const caller = name === 'ada' ? 'admin' : 'nurse';
      return ask(`GET /basket/${item}`, 200, `{"items":${items},${who},"asked":true}`, {caller});
    }),
  },
  {
    name: 'every style of injection gives the same',
    setup: app => {
      app.bind('place').to('ward 3b');
      app.bind('wards.a').to('a').tag({ward: 'a'});
      app.bind('wards.b').to('b').tag({ward: 'b'});
      app.bind('shift').to('none');
      app.bind('later').toDynamicValue(async () => {
        await nextTurn();
        return 'at last';
      });
      app.bind('broken').toDynamicValue(() => {
        throw new HttpErrors.InsufficientStorage('full');
      });
      app.configure('controllers.StylesController').to({option: 1});
      app.controller(StylesController);
    },
    asks: [
      ask('GET /styles', 200, /"options":\{"option":1\},"placeLater":"ward 3b","wards":\["a","b"\]/),
      ask('GET /shift', 200, 'early'),
      ask('GET /operation/a', 200, /"described":"get \/operation\/\{value\} => StylesController.operation"/),
      ask('GET /contexts', 200, /"invocation":\["contexts","StylesController.prototype.contexts"\]/),
      ask('GET /missing', 500),
      ask('GET /broken', 507),
    ],
  },
  {
    name: 'an argument that nobody gives is complained about',
    setup: app => {
      app.controller(WantingController);
      app.controller(WantingSingleton);
    },
    asks: [ask('GET /wanting/1', 500), ask('GET /wanting-singleton/1', 500)],
  },
  {
    name: 'controllers that cannot be made answer with the reason',
    setup: app => {
      app.controller(UnbuildableController);
      app.controller(ThrowingController);
    },
    asks: [ask('GET /unbuildable', 500), ask('GET /throwing', 503)],
  },
  {
    name: 'extension points have their extensions',
    setup: app => {
      app.service(GreetingService);
      for (const word of ['hello', 'good evening'])
        app
          .bind(`greeters.${word}`)
          .to({greet: () => word})
          .apply(binding => binding.tag({extensionFor: 'greeters'}));
      app.controller(GreetingController);
    },
    asks: [ask('GET /greetings', 200, '["hello","good evening"]')],
  },
  {
    name: 'contexts are closed when the answer is out',
    setup: app => {
      app.bind('closed').to([]);
      app.controller(ClosingController);
    },
    asks: [ask('GET /closing/a', 200, '[]'), ask('GET /closing/b', 200, '["a: true, true"]')],
  },
];
