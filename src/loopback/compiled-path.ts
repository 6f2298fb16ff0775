import type {IncomingMessage, ServerResponse} from 'node:http';
import type {Subscription} from '@loopback/core';
import type {Request, Response, RouteEntry} from '@loopback/rest';
import type {MessageClasses} from '../server/listener';
import type {AccessTable} from './access-table';
import {completeMessages, expressMessages} from './express-messages';
import type {GuardedRouter} from './guarded-router';
import {concernsPlans, planRoute} from './plan';
import type {Plan, Premises} from './plan';
import {fail, resolveOnce, travel} from './journey';
import type {JourneyHost, Resolved} from './journey';
import {errorFor} from './request-access';
import type {RequestAccess} from './request-access';
import type {FoundRoute} from './route-entry';

/** The REST server, as far as the compiled path needs it. */
export interface CompiledHost extends JourneyHost {
  readonly premises: Premises;
  /** The Express application whose requests and responses controllers expect. */
  readonly express: object | undefined;
  readonly requests: RequestAccess;
  /** The router of the routes that are registered now. */
  router(): GuardedRouter;
}

/** Which path a route takes, for people. */
export interface RoutePath {
  readonly endpoint: string;
  readonly path: 'compiled' | 'stock';
  /** How it is invoked, or why it stays on the stock path. */
  readonly how: string;
}

/**
 * Serves routes without Express and without LoopBack's chain of middleware, where nothing of the application sits in
 * either. Rules, parameters, bodies, validation, injection, interceptors and answers are decided by the same functions
 * as on the stock path; what is left out is what LoopBack looks up again for every request. Whatever is unusual about
 * a request goes the stock way.
 */
export class CompiledPath {
  /** What the listener has to make its requests and responses of. */
  readonly messages: MessageClasses;
  readonly #host: CompiledHost;
  readonly #subscription: Subscription;
  #plans = new Map<RouteEntry, Plan>();
  /** Whether a look at the plans can be worth it: where all of them say `stock`, no route is looked up for one. */
  #use: 'some' | 'none' = 'some';
  #resolved: Resolved | undefined;
  #preparing = false;

  constructor(host: CompiledHost) {
    this.#host = host;
    this.messages = expressMessages(host.express);
    this.#subscription = host.premises.server.subscribe({
      filter: binding => concernsPlans(binding),
      observe: () => {
        // The stock path serves until the routes are planned again.
        this.#plans = new Map();
        this.#use = 'some';
      },
    });
  }

  /** Plans every route that has no plan yet. */
  async prepare(table: AccessTable): Promise<void> {
    const plans = this.#plans;
    this.#resolved = await resolveOnce(this.#host.premises.server);
    for (const entry of this.#host.router().entries) {
      const target = table.ofRoute(entry).controller;
      if (!plans.has(entry)) plans.set(entry, await planRoute(entry, target, this.#host.premises));
    }
    const isUseful = plans !== this.#plans || [...plans.values()].some(({path}) => path === 'compiled');
    this.#use = isUseful ? 'some' : 'none';
  }

  /** Every route with its path. */
  describe(table: AccessTable): readonly RoutePath[] {
    return [...this.#plans].map(([entry, plan]) => ({
      endpoint: table.ofRoute(entry).endpoint,
      path: plan.path,
      how: plan.path === 'compiled' ? plan.invocation : plan.why,
    }));
  }

  /** Serves the request, or returns false: then the stock path has to. */
  serve(request: IncomingMessage, response: ServerResponse): boolean {
    const host = this.#host;
    const resolved = this.#resolved;
    if (this.#use === 'none' || resolved === undefined) return false;
    if (!this.#isExpress(request) || !this.#isExpressResponse(response)) return false;
    const found = this.#findRoute(request);
    const plan = found === undefined ? undefined : this.#planOf(found.entry);
    if (found === undefined || plan?.path !== 'compiled') return false;
    // First, because what is decided is recorded at the end of the response, where nobody asks voters before. A method
    // that is called directly sees neither request nor response.
    if (plan.invocation !== 'direct') completeMessages(request, response, host);
    const decision = host.requests.decideRoute(request, found);
    if (decision.verdict === 'refuse') {
      if (plan.invocation === 'direct') completeMessages(request, response, host);
      fail({request, response, resolved}, errorFor(request, decision));
    }
    // One literal: V8 gives every object that is spread into another a shape of its own.
    else travel({request, response, found, allowed: decision, plan, resolved}, host);
    return true;
  }

  close(): void {
    this.#subscription.unsubscribe();
  }

  /** A target that Express reads in another way, or that the router cannot decode, is answered by the stock path. */
  #findRoute({method, url}: Request): FoundRoute | undefined {
    if (UNUSUAL_TARGET.test(url)) return undefined;
    const query = url.indexOf('?');
    try {
      return this.#host.router().locate(method, query < 0 ? url : url.slice(0, query));
    } catch {
      return undefined;
    }
  }

  #planOf(entry: RouteEntry): Plan | undefined {
    const plan = this.#plans.get(entry);
    const {table} = this.#host.requests;
    if (plan === undefined && table !== undefined && !this.#preparing) {
      this.#preparing = true;
      const over = (): void => {
        this.#preparing = false;
      };
      // The stock path goes on serving what cannot be planned.
      this.prepare(table).then(over, over);
    }
    return plan;
  }

  #isExpress(request: IncomingMessage): request is Request {
    return request instanceof this.messages.IncomingMessage;
  }

  #isExpressResponse(response: ServerResponse): response is Response {
    return response instanceof this.messages.ServerResponse;
  }
}

/** What is not a path and perhaps a query in printable ASCII: Express parses that with Node's `url.parse`. */
const UNUSUAL_TARGET = /^[^/]|[^\x21\x22\x24-\x7e]/;
