import type {AuthorizationMetadata} from '@loopback/authorization';
import {Context, CoreBindings} from '@loopback/core';
import type {Constructor} from '@loopback/core';
import {RedirectRoute} from '@loopback/rest';
import type {RouteEntry} from '@loopback/rest';
import type {ConfigFault} from '../errors';
import {readAccessRule} from './access-config';
import type {ConfiguredRule} from './access-config';
import {coversRequest, overlapWithRoute} from './access-key';
import {compileRule} from './access-rules';
import type {RoleContext, RuleOutcome, WrittenRule} from './access-rules';
import {decoratedRules} from './controller-rules';

/** The field of an operation that holds the access rule of a route without decorators. */
const OPERATION_RULE = 'x-mtls-access';

/** A route with its rule. */
export interface RouteAccess {
  readonly kind: 'controller' | 'handler' | 'redirect';
  /** `GET /patients/{id}`. */
  readonly endpoint: string;
  /** What serves it: `PatientController.find`, a function name, a redirect target. */
  readonly target: string;
  readonly outcome: RuleOutcome;
  /** The controller behind it, for voters. */
  readonly controller?: ControllerTarget;
}

/** A controller method with what its `@authorize` decorators say. */
export interface ControllerTarget {
  readonly controller: Constructor<object>;
  readonly method: string;
  readonly metadata: AuthorizationMetadata;
}

/** Combinations of path keys that are remembered; only a key list of absurd length has more. */
const MAX_COMBINATIONS = 1_000;

/**
 * The rule of every endpoint: LoopBack routes by what is written on and about them, everything else (Express routers,
 * folders, middleware, the OpenAPI document) by the path keys of `access` alone. What has no rule is not served.
 */
export class AccessTable {
  readonly #configured: readonly ConfiguredRule[];
  readonly #context: RoleContext;
  readonly #routes = new WeakMap<RouteEntry, RouteAccess>();
  readonly #methods = new WeakMap<object, Map<string, RuleOutcome>>();
  readonly #paths = new Map<string, RuleOutcome>();
  readonly #used = new Set<ConfiguredRule>();

  constructor(configured: readonly ConfiguredRule[], context: RoleContext) {
    this.#configured = configured;
    this.#context = context;
  }

  /** The access of a LoopBack route, compiled when it is first seen. */
  ofRoute(route: RouteEntry): RouteAccess {
    const known = this.#routes.get(route);
    if (known !== undefined) return known;
    const access = this.#compileRoute(route);
    this.#routes.set(route, access);
    return access;
  }

  /** The rule of a path that no LoopBack route serves, or undefined when no key covers it. */
  ofPath(verb: string, path: string): RuleOutcome | undefined {
    const covering = this.#configured.filter(({key}) => key.kind === 'path' && coversRequest(key, verb, path));
    if (covering.length === 0) return undefined;
    const texts = covering.map(({text}) => text);
    const combination = texts.join('\n');
    const known = this.#paths.get(combination);
    if (known !== undefined) return known;
    // Where no route stands behind a tree, the tree itself is what opens it.
    const rules = covering.map<WrittenRule>(({rule}) => ({...rule, effect: 'grant'}));
    const outcome = compileRule(rules, texts.join(' and '), this.#context);
    if (this.#paths.size < MAX_COMBINATIONS) this.#paths.set(combination, outcome);
    return outcome;
  }

  /** The rule for calling a method directly, as service proxies do. */
  ofMethod(controller: Constructor<object>, method: string): RuleOutcome {
    const methods = this.#methods.get(controller) ?? new Map<string, RuleOutcome>();
    this.#methods.set(controller, methods);
    const known = methods.get(method);
    if (known !== undefined) return known;
    const where = `${controller.name}.${method}`;
    const {rules, faults} = decoratedRules(controller, method, where);
    const outcome = faults.length > 0 ? {kind: 'unusable' as const, faults} : compileRule(rules, where, this.#context);
    methods.set(method, outcome);
    return outcome;
  }

  /** Entries of `access` that no route seen so far has used. */
  unused(): readonly ConfiguredRule[] {
    return this.#configured.filter(entry => !this.#used.has(entry));
  }

  #compileRoute(route: RouteEntry): RouteAccess {
    const endpoint = `${route.verb.toUpperCase()} ${route.path}`;
    const {kind, target, controller, method} = targetOf(route);
    const where = target === '' ? endpoint : `${endpoint} (${target})`;
    const faults: ConfigFault[] = [];
    const decorated = controller === undefined ? undefined : decoratedRules(controller, method, where);
    faults.push(...(decorated?.faults ?? []));
    const rules = [
      ...(decorated?.rules ?? []),
      ...operationRules(route, where, faults),
      ...this.#configuredRules(route, controller?.name, method, where, faults),
    ];
    const compiled = compileRule(rules, where, this.#context);
    const outcome: RuleOutcome =
      faults.length === 0
        ? compiled
        : {kind: 'unusable', faults: compiled.kind === 'rule' ? faults : [...faults, ...compiled.faults]};
    const base = {kind, endpoint, target, outcome};
    if (controller === undefined || decorated === undefined) return base;
    return {...base, controller: {controller, method, metadata: decorated.metadata}};
  }

  #configuredRules(
    route: RouteEntry,
    controller: string | undefined,
    method: string,
    where: string,
    faults: ConfigFault[],
  ): readonly WrittenRule[] {
    return this.#configured.flatMap(entry => {
      const {key, rule, text} = entry;
      if (key.kind === 'controller') {
        if (key.controller !== controller || (key.method !== undefined && key.method !== method)) return [];
      } else {
        const overlap = overlapWithRoute(key, route.verb, route.path);
        if (overlap === 'none') return [];
        if (overlap === 'some') {
          const found = `access key ${text}, which covers some values of the path and not others`;
          const remedy = 'write the key for the route as it is declared, or give the two paths different shapes';
          faults.push({code: 'ERR_MTLS_CONFIG', where, required: 'one rule for every request', found, remedy});
        }
      }
      this.#used.add(entry);
      return [rule];
    });
  }
}

interface RouteTarget {
  readonly kind: RouteAccess['kind'];
  readonly target: string;
  readonly controller: Constructor<object> | undefined;
  readonly method: string;
}

/** What serves a route, asked of the route itself: it says so to the context of a request. */
function targetOf(route: RouteEntry): RouteTarget {
  if (RedirectRoute.isRedirectRoute(route)) {
    return {kind: 'redirect', target: route.targetLocation, controller: undefined, method: ''};
  }
  const probe = new Context();
  route.updateBindings(probe);
  const controller = probe.getSync(CoreBindings.CONTROLLER_CLASS, {optional: true});
  const method = probe.getSync(CoreBindings.CONTROLLER_METHOD_NAME, {optional: true}) ?? '';
  if (controller === undefined) return {kind: 'handler', target: '', controller, method};
  return {kind: 'controller', target: `${controller.name}.${method}`, controller, method};
}

function operationRules(route: RouteEntry, where: string, faults: ConfigFault[]): readonly WrittenRule[] {
  const written: unknown = route.spec[OPERATION_RULE];
  if (written === undefined) return [];
  return [{at: OPERATION_RULE, effect: 'grant', ...readAccessRule(written, `${where}: ${OPERATION_RULE}`, faults)}];
}
