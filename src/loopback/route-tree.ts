import type {Node, PathParameterValues, RouteEntry} from '@loopback/rest';

/** A node of LoopBack's trie of routes, made ready for look-ups. */
export interface Branch {
  readonly route: RouteEntry | undefined;
  readonly literals: ReadonlyMap<string, Branch>;
  readonly templates: readonly Template[];
}

/** A segment of a path with variables. */
interface Template {
  readonly names: readonly string[];
  /** Undefined for a segment that is nothing but one variable: whatever stands there is its value. */
  readonly regexp: RegExp | undefined;
  readonly branch: Branch;
}

/**
 * Branches by verb. As in LoopBack's trie, with two differences. A segment means a branch of its own only where a route
 * has it: LoopBack takes `{id}` in a path for the template it keeps under that name, and `constructor` for what its
 * plain objects inherit. And routes that are found are not printed into a string that nobody reads.
 */
export function branchesOf(root: Node<RouteEntry>): ReadonlyMap<string, Branch> {
  return new Map(Object.entries(root.children).map(([verb, node]) => [verb.toUpperCase(), branchOf(node)]));
}

function branchOf({value: route, children}: Node<RouteEntry>): Branch {
  const nodes = Object.entries(children);
  return {
    route,
    literals: new Map(
      nodes.flatMap(([segment, node]) => (node.regexp === undefined ? [[segment, branchOf(node)]] : [])),
    ),
    templates: nodes.flatMap(([segment, {regexp, names = [], ...node}]) => {
      if (regexp === undefined) return [];
      const isVariable = names.length === 1 && segment === `{${names[0] ?? ''}}`;
      return [{names, regexp: isVariable ? undefined : regexp, branch: branchOf(node)}];
    }),
  };
}

/** The route of a path from a position on; values of variables go to `params`. Throws on escapes that are no UTF-8. */
export function findRoute(
  {route, literals, templates}: Branch,
  path: string,
  position: number,
  params: PathParameterValues,
): RouteEntry | undefined {
  let start = position;
  // Empty segments do not count.
  while (path.startsWith('/', start)) start++;
  if (start >= path.length) return route;
  const slash = path.indexOf('/', start);
  const end = slash < 0 ? path.length : slash;
  const segment = path.slice(start, end);
  const literal = literals.get(segment);
  if (literal !== undefined) return findRoute(literal, path, end, params);
  for (const {names, regexp, branch} of templates) {
    const values = regexp === undefined ? [segment] : regexp.exec(segment)?.slice(1);
    if (values === undefined) continue;
    const decoded = values.map(decode);
    const found = findRoute(branch, path, end, params);
    if (found === undefined) continue;
    for (const [index, name] of names.entries()) params[name] = decoded[index];
    return found;
  }
  return undefined;
}

function decode(value: string): string {
  return value.includes('%') ? decodeURIComponent(value) : value;
}
