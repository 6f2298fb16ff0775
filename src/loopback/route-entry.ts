import type {ResolvedRoute, RouteEntry} from '@loopback/rest';

/** The entry behind what a router resolved: LoopBack derives the resolved route from it. */
export function entryOf(resolved: ResolvedRoute): RouteEntry {
  const entry: unknown = Object.getPrototypeOf(resolved);
  return isRouteEntry(entry) ? entry : resolved;
}

function isRouteEntry(value: unknown): value is RouteEntry {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'path') && Object.hasOwn(value, 'verb');
}
