import {Trie, TrieRouter} from '@loopback/rest';
import type {Request, ResolvedRoute, RestRouter, RouteEntry} from '@loopback/rest';
import {FoundRoute} from './route-entry';
import {branchesOf, findRoute} from './route-tree';
import type {Branch} from './route-tree';

/** Looks for the route of a request. */
export type FindRoute = () => ResolvedRoute | undefined;

/** Decides about the route of a request, or about a path that has none. Throws to refuse. */
export type RouteGuard = (request: Request, find: FindRoute) => ResolvedRoute | undefined;

/**
 * LoopBack's router, with two differences: it honours `rest.router.strict`, which LoopBack loses on the way, and a
 * literal path wins over a variable with or without the trailing slash. Otherwise `/patients/export/` would be served
 * by `/patients/{id}`, under the rule of that route.
 */
export class LiteralFirstRouter extends TrieRouter {
  readonly #templates = new Trie<RouteEntry>();
  /** The templates by verb, made ready when a route is first looked for. */
  #branches: ReadonlyMap<string, Branch> | undefined;
  /** Keys of routes without variables, by path without the slash at its end: most requests are for other routes. */
  readonly #literals = new Map<string, Set<string>>();

  override add(route: RouteEntry): void {
    super.add(route);
    const key = this.getKeyForRoute(route);
    if (this.routesWithoutPathVars[key] !== route) return;
    const path = withoutSlash(key.slice(route.verb.length + 1));
    this.#literals.set(path, (this.#literals.get(path) ?? new Set()).add(key));
  }

  override find({method, path}: Request): ResolvedRoute | undefined {
    return this.locate(method, path)?.resolved;
  }

  /** What `find` finds. */
  locate(verb: string, path: string): FoundRoute | undefined {
    if (this.options.strict === true) {
      // All that LoopBack reads of a request here.
      const resolved = super.find({method: verb, path} as Request);
      return resolved && FoundRoute.of(resolved);
    }
    const literal = this.#literal(verb, path);
    // A slash at the end makes no difference to templates: empty segments do not count.
    return literal === undefined ? this.#template(verb, path) : new FoundRoute(literal, {});
  }

  protected override addRouteWithPathVars(route: RouteEntry): void {
    this.#templates.create(this.getKeyForRoute(route), route);
    this.#branches = undefined;
  }

  protected override findRouteWithPathVars(verb: string, path: string): ResolvedRoute | undefined {
    return this.#template(verb, path)?.resolved;
  }

  #template(verb: string, path: string): FoundRoute | undefined {
    this.#branches ??= branchesOf(this.#templates.root);
    const branch = this.#branches.get(verb) ?? this.#branches.get(verb.toUpperCase());
    if (branch === undefined) return undefined;
    const params = {};
    const route = findRoute(branch, path, 0, params);
    return route && new FoundRoute(route, params);
  }

  /** The path as it is wins over the one with the slash more or less. */
  #literal(verb: string, path: string): RouteEntry | undefined {
    const keys = this.#literals.get(withoutSlash(path));
    if (keys === undefined) return undefined;
    const key = [path, toggleSlash(path)].map(spelling => this.getKey(verb, spelling)).find(one => keys.has(one));
    return key === undefined ? undefined : this.routesWithoutPathVars[key];
  }

  protected override listRoutesWithPathVars(): RouteEntry[] {
    return this.#templates.list().map(({value}) => value);
  }
}

function toggleSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : `${path}/`;
}

function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}

/** A router that finds nothing without asking its guard, and remembers every route it was given. */
export class GuardedRouter implements RestRouter {
  readonly #inner: RestRouter;
  readonly #guard: RouteGuard;
  readonly #entries = new Map<string, RouteEntry>();
  readonly #clashes: (readonly [RouteEntry, RouteEntry])[] = [];

  constructor(inner: RestRouter, guard: RouteGuard) {
    this.#inner = inner;
    this.#guard = guard;
  }

  /** Every route, documented or not, in the order of registration. */
  get entries(): readonly RouteEntry[] {
    return [...this.#entries.values()];
  }

  /** Pairs of routes of which the first is hidden by the second. */
  get clashes(): readonly (readonly [RouteEntry, RouteEntry])[] {
    return this.#clashes;
  }

  /** Of two routes that mean the same requests, the first serves and the second is a clash. */
  add(route: RouteEntry): void {
    const shape = shapeOf(route);
    const earlier = this.#entries.get(shape);
    if (earlier !== undefined) {
      this.#clashes.push([route, earlier]);
      return;
    }
    this.#entries.set(shape, route);
    this.#inner.add(route);
  }

  find(request: Request): ResolvedRoute | undefined {
    return this.#guard(request, () => this.#inner.find(request));
  }

  /** The route of a request, before anybody decided about it. */
  peek(request: Request): FoundRoute | undefined {
    if (this.#inner instanceof LiteralFirstRouter) return this.locate(request.method, request.path);
    const resolved = this.#inner.find(request);
    return resolved && FoundRoute.of(resolved);
  }

  /** The same for the router of this library, which is asked for the path alone. */
  locate(verb: string, path: string): FoundRoute | undefined {
    return this.#inner instanceof LiteralFirstRouter ? this.#inner.locate(verb, path) : undefined;
  }

  list(): RouteEntry[] {
    return this.#inner.list();
  }
}

/**
 * Equal for two routes that the same request could mean. Names of variables do not count; nor does a trailing slash
 * behind one. Literal paths that differ by the slash are two routes, as those of the API explorer are.
 */
function shapeOf({verb, path}: RouteEntry): string {
  const shape = path.replaceAll(/\{[^}]+\}/g, '{}');
  return `${verb.toLowerCase()} ${shape.includes('{') ? shape.replace(/\/$/, '') : shape}`;
}
