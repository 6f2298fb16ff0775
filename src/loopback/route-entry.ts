import {createResolvedRoute} from '@loopback/rest';
import type {PathParameterValues, ResolvedRoute, RouteEntry} from '@loopback/rest';

/** A route that was found, with the values in its path. Nothing has been decided about it. */
export class FoundRoute {
  readonly entry: RouteEntry;
  readonly pathParams: PathParameterValues;
  #resolved: ResolvedRoute | undefined;

  constructor(entry: RouteEntry, pathParams: PathParameterValues, resolved?: ResolvedRoute) {
    this.entry = entry;
    this.pathParams = pathParams;
    this.#resolved = resolved;
  }

  /** What a router of LoopBack found. */
  static of(resolved: ResolvedRoute): FoundRoute {
    return new FoundRoute(entryOf(resolved), resolved.pathParams, resolved);
  }

  /** What LoopBack makes of it. Made when somebody asks, because that takes longer than finding it. */
  get resolved(): ResolvedRoute {
    return (this.#resolved ??= createResolvedRoute(this.entry, this.pathParams));
  }
}

/** The entry behind what a router resolved: LoopBack derives the resolved route from it. */
export function entryOf(resolved: ResolvedRoute): RouteEntry {
  const entry: unknown = Object.getPrototypeOf(resolved);
  return isRouteEntry(entry) ? entry : resolved;
}

function isRouteEntry(value: unknown): value is RouteEntry {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'path') && Object.hasOwn(value, 'verb');
}
