import {createResolvedRoute, Trie, TrieRouter} from '@loopback/rest';
import type {Request, ResolvedRoute, RestRouter, RouteEntry} from '@loopback/rest';

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

  override find(request: Request): ResolvedRoute | undefined {
    if (this.options.strict !== true) {
      for (const path of [request.path, toggleSlash(request.path)]) {
        const route = this.routesWithoutPathVars[this.getKey(request.method, path)];
        if (route !== undefined) return createResolvedRoute(route, {});
      }
    }
    return super.find(request);
  }

  protected override addRouteWithPathVars(route: RouteEntry): void {
    this.#templates.create(this.getKeyForRoute(route), route);
  }

  /** As in LoopBack, without printing every route that is found into a string that nobody reads. */
  protected override findRouteWithPathVars(verb: string, path: string): ResolvedRoute | undefined {
    const found = this.#templates.match(this.getKey(verb, withoutNodeNames(path)));
    return found === undefined ? undefined : createResolvedRoute(found.node.value, found.params ?? {});
  }

  protected override listRoutesWithPathVars(): RouteEntry[] {
    return this.#templates.list().map(({value}) => value);
  }
}

/**
 * The same path with those segments escaped that LoopBack's trie would take for a node of its own: `{id}`, under which
 * it keeps a template, and `constructor` or `__proto__`, which its plain objects inherit. Values are decoded again.
 */
function withoutNodeNames(path: string): string {
  const segments = path.split('/').map(segment => {
    return segment in Object.prototype ? escapeFirst(segment) : segment.replaceAll(/[{}]/g, encodeURIComponent);
  });
  return segments.join('/');
}

function escapeFirst(segment: string): string {
  return `%${segment.charCodeAt(0).toString(16)}${segment.slice(1)}`;
}

function toggleSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : `${path}/`;
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
