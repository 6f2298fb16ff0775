import {CoreBindings, invokeMethod, isPromiseLike} from '@loopback/core';
import type {Context, ValueOrPromise} from '@loopback/core';
import {parseOperationArgs, RestBindings} from '@loopback/rest';
import type {
  ComponentsObject,
  OperationArgs,
  OperationRetval,
  Reject,
  Request,
  RequestBodyParser,
  ResolvedRoute,
  Response,
  Send,
  ValidationOptions,
} from '@loopback/rest';
import {completeMessages} from './express-messages';
import type {PassOn} from './express-messages';
import {argsFromPath} from './operation-args';
import {validationOf} from './parameters';
import type {CompiledPlan} from './plan';
import type {AllowedRequest} from './request-access';
import type {MakeContext} from './request-contexts';
import type {FoundRoute} from './route-entry';

// LoopBack's packages re-export by getters that look a name up again: what every request needs is read once.
const {PARAMS, ROUTE} = RestBindings.Operation;
const CONTROLLER_CURRENT = CoreBindings.CONTROLLER_CURRENT.key;
const callMethod = invokeMethod;
const isWaitedFor = isPromiseLike;
const parseArguments = parseOperationArgs;

/** The REST server, as far as requests on their way need it. */
export interface JourneyHost {
  /** Makes the context of a request. */
  readonly context: MakeContext;
  /** The route of an allowed request behind its voters. */
  guard(request: Request, allowed: AllowedRequest): ResolvedRoute | undefined;
  readonly passOn: PassOn;
  /** Where schemas are that bodies may refer to; LoopBack has none without models. */
  components(): ComponentsObject | undefined;
}

/** What is the same for all requests: resolved once. */
export interface Resolved {
  readonly parser: RequestBodyParser;
  readonly validation: ValidationOptions;
  readonly send: Send;
  /** Whatever was thrown, as it was thrown: LoopBack looks at more than errors. */
  reject(...to: [context: Parameters<Reject>[0], thrown: unknown]): void;
}

/** What an answer needs. */
interface Answering {
  readonly request: Request;
  readonly response: Response;
  readonly resolved: Resolved;
}

/** A request on its way to a method. */
export interface Journey extends Answering {
  readonly found: FoundRoute;
  readonly allowed: AllowedRequest;
  readonly plan: CompiledPlan;
}

/** Resolves what LoopBack resolves again for every request. */
export async function resolveOnce(server: Context): Promise<Resolved> {
  const {SEND, REJECT} = RestBindings.SequenceActions;
  return {
    parser: await server.get(RestBindings.REQUEST_BODY_PARSER),
    validation: await validationOf(server),
    send: await server.get(SEND),
    reject: await server.get(REJECT),
  };
}

/** Brings an allowed request to its method and answers it. Never throws: nobody would catch it. */
export function travel(journey: Journey, host: JourneyHost): void {
  const failed = (error: unknown): void => {
    // A method that is called directly has seen neither message.
    if (journey.plan.invocation === 'direct') completeMessages(journey.request, journey.response, host);
    fail(journey, error);
  };
  const answer = (result: OperationRetval): void => {
    try {
      journey.resolved.send(journey.response, result);
    } catch (error) {
      failed(error);
    }
  };
  try {
    const result: unknown = invoke(journey, host);
    // A promise is only waited for where there is one: each turn costs as much as deciding about the request.
    if (!isWaitedFor(result)) answer(result);
    else result.then(answer, failed);
  } catch (error) {
    failed(error);
  }
}

/**
 * Answers with what was thrown. What cannot be written, `undefined` for one, fails again while it is written; Express
 * answers that failure. Never throws: where nobody can answer, the connection ends.
 */
export function fail({request, response, resolved}: Answering, thrown: unknown): void {
  try {
    resolved.reject({request, response}, thrown);
  } catch (failure) {
    try {
      if (request.next === undefined) request.socket.destroy();
      else request.next(failure);
    } catch {
      request.socket.destroy();
    }
  }
}

function invoke(journey: Journey, host: JourneyHost): ValueOrPromise<OperationRetval> {
  const {plan, found, request, response} = journey;
  const {entry} = found;
  if (entry.spec.requestBody !== undefined) Object.assign(found.resolved.schemas, host.components()?.schemas);
  if (plan.invocation !== 'direct') return invokeInContext(journey, host);
  const {call} = plan;
  const args = argsFromPath(plan.texts, found);
  if (args !== undefined) return call(args);
  completeMessages(request, response, host);
  return parseArgs(journey, found.resolved).then(call);
}

async function invokeInContext(journey: Journey, host: JourneyHost): Promise<OperationRetval> {
  const {request, response, plan, found} = journey;
  const route = plan.invocation === 'intercepted' ? guarded(journey, host) : found.resolved;
  const context = host.context(request, response);
  context.bind(ROUTE).to(route);
  route.updateBindings(context);
  const args = argsFromPath(plan.texts, found) ?? (await parseArgs(journey, route));
  context.bind(PARAMS).to(args);
  if (plan.invocation === 'intercepted') return route.invokeHandler(context, args);
  const instance = await context.get<object>(CONTROLLER_CURRENT);
  const {controller, method} = plan.target;
  // A factory may return another class than the one the plan was made for: then everything is asked again.
  if (instance.constructor !== controller) return guarded(journey, host).invokeHandler(context, args);
  return callMethod(instance, method, context, args, ARGUMENTS_ONLY);
}

/** A plan says `injected` only where nothing intercepts and every argument comes from the request. */
const ARGUMENTS_ONLY = {skipInterceptors: true, skipParameterInjection: true};

function guarded({request, found, allowed}: Journey, host: JourneyHost): ResolvedRoute {
  return host.guard(request, allowed) ?? found.resolved;
}

function parseArgs({request, resolved}: Journey, route: ResolvedRoute): Promise<OperationArgs> {
  return parseArguments(request, route, resolved.parser, resolved.validation);
}
