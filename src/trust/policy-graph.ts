import {ANY_POLICY} from './policy';

/**
 * The valid policy graph of RFC 9618. A level holds at most one node per policy, so a graph is as large as the
 * certificates it comes from. Nodes know their parents only: a node that no later level leads back to is pruned by
 * not being reachable.
 */
interface Node {
  readonly policy: string;
  /** What a policy of the next certificate must be to continue this one. */
  readonly expected: readonly string[];
  readonly parents: readonly Node[];
}

/** The nodes of one depth by policy. An empty level is the NULL graph. */
export type Level = ReadonlyMap<string, Node>;

/** Section 6.1.2 (a). */
export const FIRST_LEVEL: Level = new Map([[ANY_POLICY, {policy: ANY_POLICY, expected: [ANY_POLICY], parents: []}]]);

export const EMPTY_LEVEL: Level = new Map();

/** Section 6.1.3 (d): the policies of a certificate below those of the certificate above it. */
export function nextLevel(above: Level, policies: readonly string[], anyPolicy: 'allowed' | 'inhibited'): Level {
  const expecting = nodesByExpectation(above);
  const level = new Map<string, Node>();
  const add = (policy: string, parents: readonly Node[]) => level.set(policy, {policy, expected: [policy], parents});
  const any = above.get(ANY_POLICY);
  for (const policy of policies.filter(oid => oid !== ANY_POLICY)) {
    const parents = expecting.get(policy) ?? (any === undefined ? [] : [any]);
    if (parents.length > 0) add(policy, parents);
  }
  if (policies.includes(ANY_POLICY) && anyPolicy === 'allowed')
    for (const [policy, parents] of expecting) if (!level.has(policy)) add(policy, parents);
  return level;
}

function nodesByExpectation(level: Level): ReadonlyMap<string, readonly Node[]> {
  const nodes = new Map<string, Node[]>();
  for (const node of level.values())
    for (const policy of node.expected) {
      const expecting = nodes.get(policy);
      if (expecting === undefined) nodes.set(policy, [node]);
      else expecting.push(node);
    }
  return nodes;
}

/** Section 6.1.4 (b): mapped policies go on under other names, or end where mapping is inhibited. */
export function mapPolicies(
  level: Level,
  mappings: readonly {readonly issuerDomain: string; readonly subjectDomain: string}[],
  mapping: 'allowed' | 'inhibited',
): Level {
  const targets = new Map<string, Set<string>>();
  for (const {issuerDomain, subjectDomain} of mappings)
    targets.set(issuerDomain, (targets.get(issuerDomain) ?? new Set()).add(subjectDomain));
  const mapped = new Map(level);
  const any = level.get(ANY_POLICY);
  for (const [policy, expected] of targets) {
    // Without a node of its own, a policy descends from anyPolicy, as a sibling of the node of that name.
    const parents = (level.get(policy) ?? any)?.parents;
    if (mapping === 'inhibited') mapped.delete(policy);
    else if (parents !== undefined) mapped.set(policy, {policy, expected: [...expected], parents});
  }
  return mapped;
}

/**
 * Section 6.1.5 (g): the policies of the anchor's domain that lead to the last level, as far as the user accepts
 * them. `2.5.29.32.0` among them stands for any policy.
 */
export function survivorsOf(last: Level, accepted: ReadonlySet<string>): readonly string[] {
  const valid = authorityPolicies(last);
  if (accepted.has(ANY_POLICY)) return [...valid].sort();
  return [...(valid.has(ANY_POLICY) ? accepted : [...accepted].filter(policy => valid.has(policy)))].sort();
}

/** Section 6.1.5 (g)(iii)(1): a policy belongs to the anchor's domain where it descends from anyPolicy. */
function authorityPolicies(last: Level): ReadonlySet<string> {
  const policies = new Set<string>(last.has(ANY_POLICY) ? [ANY_POLICY] : []);
  const seen = new Set<Node>(last.values());
  for (const node of seen) {
    if (node.policy !== ANY_POLICY && node.parents.some(parent => parent.policy === ANY_POLICY))
      policies.add(node.policy);
    for (const parent of node.parents) seen.add(parent);
  }
  return policies;
}
