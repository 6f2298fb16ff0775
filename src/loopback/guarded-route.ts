import type {Constructor} from '@loopback/core';
import {CoreBindings, InvocationContext} from '@loopback/core';
import {RouteSource} from '@loopback/rest';
import type {OperationArgs, OperationRetval, RequestContext, ResolvedRoute} from '@loopback/rest';
import type {Refusal} from '../errors';
import type {PeerState} from '../server/peer';
import type {AccessTable, ControllerTarget} from './access-table';
import {toMtlsPrincipal} from './principal';
import {hasVoters, vote} from './voting';

/** What a guarded route asks before it runs. */
export interface RouteJudge {
  readonly caller: PeerState;
  readonly target: ControllerTarget;
  readonly table: AccessTable;
  /** Asks whether anybody votes against it, records the outcome, and throws where somebody does. */
  settle(vote: () => Promise<Refusal | undefined>): Promise<void>;
}

/**
 * A controller route that asks voters and authorizers itself, before any interceptor: LoopBack runs interceptors
 * without a group first, so that a cache among them would answer those whom a voter refuses.
 */
export function guardRoute(route: ResolvedRoute, judge: RouteJudge): ResolvedRoute {
  const invokeHandler = async (context: RequestContext, args: OperationArgs): Promise<OperationRetval> => {
    // A controller that cannot be made is a failure of the application, not a vote.
    const instance = await context.get<object>(CoreBindings.CONTROLLER_CURRENT.key);
    await judge.settle(() => refusalOf(route, judge, instance, context, args));
    return route.invokeHandler(context, args);
  };
  return Object.create(route, {invokeHandler: {value: invokeHandler}}) as ResolvedRoute;
}

async function refusalOf(
  route: ResolvedRoute,
  {caller, target, table}: RouteJudge,
  instance: object,
  context: RequestContext,
  args: OperationArgs,
): Promise<Refusal | undefined> {
  const {controller, method, metadata} = target;
  if (instance.constructor !== controller) {
    // A factory returned another class than the route was declared for: both have to allow it.
    const why = refusalOfActual(instance, method, caller, table);
    if (why !== undefined) return why;
  }
  // Making an invocation to ask nobody costs more than all else that is decided here.
  if (!hasVoters(metadata, context)) return undefined;
  const invocation = new InvocationContext(context, instance, method, args, new RouteSource(route));
  return vote(invocation, toMtlsPrincipal(caller.principal), metadata);
}

function refusalOfActual(instance: object, method: string, caller: PeerState, table: AccessTable): Refusal | undefined {
  const actual = instance.constructor as Constructor<object>;
  const outcome = table.ofMethod(actual, method);
  if (outcome.kind === 'rule') return outcome.rule.refuse(caller, Date.now());
  return {
    code: 'ERR_MTLS_ACCESS_NO_RULE',
    required: 'a rule on what serves the route',
    found: `none on ${actual.name}`,
  };
}
