/**
 * The keys of `access`: what a rule is for when it cannot be written beside the code.
 *
 * - `ExplorerController` or `ExplorerController.index`: a controller class, or one method of it;
 * - `GET /metrics`, `/static/**`, `UPGRADE /live`: a path, of one verb or of all. `*` and `{name}` stand for one
 *   segment; `**` at the end for none, one or more.
 */
export type AccessKey = ControllerKey | PathKey;

export interface ControllerKey {
  readonly kind: 'controller';
  readonly controller: string;
  /** Absent: every method. */
  readonly method?: string;
}

export interface PathKey {
  readonly kind: 'path';
  /** `ANY` is every verb but UPGRADE. `GET` covers HEAD, which asks for less. */
  readonly verb: string;
  /** Lower case; `*` for any. */
  readonly segments: readonly string[];
  readonly reach: 'exact' | 'below';
}

/** How a path key and a route template relate: for every request of the route, for some, or for none. */
export type Overlap = 'all' | 'some' | 'none';

const CONTROLLER = /^([A-Za-z_$][\w$]*)(?:\.([A-Za-z_$][\w$]*))?$/;
const PATH = /^(?:(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|UPGRADE) )?(\/[\x21-\x7e]*)$/;

/** Reads a key, or undefined when it is none. */
export function parseAccessKey(text: string): AccessKey | undefined {
  const [, controller, method] = CONTROLLER.exec(text) ?? [];
  if (controller !== undefined) return {kind: 'controller', controller, ...(method === undefined ? {} : {method})};
  const [, verb = 'ANY', path] = PATH.exec(text) ?? [];
  if (path === undefined) return undefined;
  const segments = segmentsOf(path).map(segment => (/^\{\w+\}$/.test(segment) ? '*' : segment));
  const reach = segments.at(-1) === '**' ? 'below' : 'exact';
  if (reach === 'below') segments.pop();
  if (segments.some(segment => segment !== '*' && /[*{}?#%]/.test(segment))) return undefined;
  return {kind: 'path', verb, segments, reach};
}

/**
 * Whether the key covers a request. Express and file systems compare without case and after percent-decoding, so the
 * key does too; a path that does not decode is covered by nothing.
 */
export function coversRequest(key: PathKey, verb: string, path: string): boolean {
  return coversVerb(key, verb) && overlapOf(key.segments, key.reach, decodedSegments(path)) === 'all';
}

/** How the key relates to a route with this verb and path template. */
export function overlapWithRoute(key: PathKey, verb: string, template: string): Overlap {
  return coversVerb(key, verb.toUpperCase()) ? overlapOf(key.segments, key.reach, segmentsOf(template)) : 'none';
}

/** How a key lies to the path of a mount: around all of it, at or below it, or elsewhere. */
export type Placement = 'around' | 'inside' | 'apart';

/** Where a key lies, seen from a path at which something is mounted. */
export function placementOf(key: PathKey, mount: string): Placement {
  const base = segmentsOf(mount);
  if (key.reach === 'below' && overlapOf(key.segments, 'below', base) === 'all') return 'around';
  return overlapOf(base, 'below', key.segments) === 'none' ? 'apart' : 'inside';
}

function coversVerb(key: PathKey, verb: string): boolean {
  if (verb === 'UPGRADE' || key.verb === 'UPGRADE') return verb === key.verb;
  return key.verb === 'ANY' || key.verb === verb || (key.verb === 'GET' && verb === 'HEAD');
}

/** A template segment with a variable covers values that a literal of the key may or may not equal. */
function overlapOf(pattern: readonly string[], reach: PathKey['reach'], path: readonly string[] | undefined): Overlap {
  if (path === undefined || path.length < pattern.length) return 'none';
  if (reach === 'exact' && path.length > pattern.length) return 'none';
  let overlap: Overlap = 'all';
  for (const [index, segment] of pattern.entries()) {
    if (segment === '*' || segment === path[index]) continue;
    if (path[index]?.includes('{') !== true) return 'none';
    overlap = 'some';
  }
  return overlap;
}

function segmentsOf(path: string): string[] {
  return path
    .toLowerCase()
    .split('/')
    .filter(segment => segment !== '');
}

function decodedSegments(path: string): string[] | undefined {
  try {
    return segmentsOf(decodeURIComponent(path));
  } catch {
    return undefined;
  }
}
