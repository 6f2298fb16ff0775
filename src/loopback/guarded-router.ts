import {createResolvedRoute, Trie, TrieRouter} from '@loopback/rest';
import type {Node, PathParameterValues, Request, ResolvedRoute, RestRouter, RouteEntry} from '@loopback/rest';

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
  /** Keys of routes without variables, by path without the slash at its end: most requests are for other routes. */
  readonly #literals = new Map<string, Set<string>>();

  override add(route: RouteEntry): void {
    super.add(route);
    const key = this.getKeyForRoute(route);
    if (this.routesWithoutPathVars[key] !== route) return;
    const path = withoutSlash(key.slice(route.verb.length + 1));
    this.#literals.set(path, (this.#literals.get(path) ?? new Set()).add(key));
  }

  override find(request: Request): ResolvedRoute | undefined {
    if (this.options.strict === true) return super.find(request);
    const {method, path} = request;
    const literal = this.#literal(method, path);
    // A slash at the end makes no difference to templates: empty segments do not count.
    return literal === undefined ? this.findRouteWithPathVars(method, path) : createResolvedRoute(literal, {});
  }

  protected override addRouteWithPathVars(route: RouteEntry): void {
    this.#templates.create(this.getKeyForRoute(route), route);
  }

  protected override findRouteWithPathVars(verb: string, path: string): ResolvedRoute | undefined {
    const params: PathParameterValues = {};
    const {children} = this.#templates.root;
    const name = verb.toLowerCase();
    const root = Object.hasOwn(children, name) ? children[name] : undefined;
    const route = root && match(root, path.split('/'), 0, params);
    return route === undefined ? undefined : createResolvedRoute(route, params);
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

/**
 * As in LoopBack's trie, with two differences. A segment means a node of its own only where a route has it: LoopBack
 * takes `{id}` in a path for the template it keeps under that name, and `constructor` for what its plain objects
 * inherit. And routes that are found are not printed into a string that nobody reads.
 */
function match(
  node: Node<RouteEntry>,
  segments: readonly string[],
  index: number,
  params: PathParameterValues,
): RouteEntry | undefined {
  const segment = segments[index];
  if (segment === undefined) return node.value;
  if (segment === '') return match(node, segments, index + 1, params);
  const literal = Object.hasOwn(node.children, segment) ? node.children[segment] : undefined;
  if (literal !== undefined && literal.regexp === undefined) return match(literal, segments, index + 1, params);
  for (const name in node.children) {
    const child = node.children[name];
    const values = child?.regexp?.exec(segment);
    if (child === undefined || values === null || values === undefined) continue;
    const decoded = values.slice(1).map(decodeURIComponent);
    const route = match(child, segments, index + 1, params);
    if (route === undefined) continue;
    for (const [position, variable] of (child.names ?? []).entries()) params[variable] = decoded[position];
    return route;
  }
  return undefined;
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
  peek(request: Request): ResolvedRoute | undefined {
    return this.#inner.find(request);
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
