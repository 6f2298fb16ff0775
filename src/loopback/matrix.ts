import type {EffectiveRule, RuleOutcome} from './access-rules';

/** What a row of the matrix stands for. */
export type EndpointKind =
  'controller' | 'handler' | 'redirect' | 'static' | 'express' | 'openapi' | 'path' | 'upgrade';

/** One endpoint with its rule. */
export interface AccessRow {
  readonly kind: EndpointKind;
  /** `GET`; `ANY` where the rule is for every verb. */
  readonly verb: string;
  readonly path: string;
  /** What serves it: `PatientController.find`, a folder, the target of a redirect. */
  readonly target: string;
  /** Absent where there is no usable rule: everybody is denied. */
  readonly rule?: EffectiveRule;
  /** Whether voters of the method or bound authorizers have a say too. */
  readonly voters: 'none' | 'some';
  /** What is wrong with the rule, one sentence each. */
  readonly problems: readonly string[];
}

/**
 * What one role alone gets at one endpoint. `conditional`: the role is allowed, and a requirement of the certificate or
 * a voter may still refuse.
 */
export type Reach = 'allow' | 'conditional' | 'deny';

/** Which role reaches which endpoint, computed from the same compiled rules that decide about requests. */
export interface AccessMatrix {
  /** Roles that identity rules give or access rules name, sorted. */
  readonly roles: readonly string[];
  /** Sorted by path and verb. */
  readonly rows: readonly AccessRow[];
}

/** Sorts rows and collects their roles. */
export function accessMatrixOf(rows: readonly AccessRow[], known: Iterable<string>): AccessMatrix {
  const named = rows.flatMap(({rule}) => [...(rule?.allowedRoles ?? []), ...(rule?.deniedRoles ?? [])]);
  const roles = new Set([...known, ...named.filter(role => !role.startsWith('$'))]);
  const order = (a: AccessRow, b: AccessRow): number => compare(a.path, b.path) || compare(a.verb, b.verb);
  return Object.freeze({roles: Object.freeze([...roles].sort()), rows: Object.freeze([...rows].sort(order))});
}

/** What a caller with this role and no other gets. */
export function reachOf(row: AccessRow, role: string): Reach {
  if (row.rule === undefined || row.rule.refuseRoles([role]) !== undefined) return 'deny';
  return row.voters === 'some' || row.rule.checks.length > 0 ? 'conditional' : 'allow';
}

/** The row of a rule that was compiled, or not. */
export function accessRow(
  endpoint: Pick<AccessRow, 'kind' | 'verb' | 'path' | 'target' | 'voters'>,
  outcome: RuleOutcome | undefined,
): AccessRow {
  if (outcome?.kind === 'rule') return {...endpoint, rule: outcome.rule, problems: []};
  const faults = outcome?.faults ?? [{required: 'a rule', found: 'none'}];
  return {...endpoint, problems: faults.map(({required, found}) => `required ${required}, found ${found}`)};
}

/** How tables show what a role gets. */
export const MARKS: Readonly<Record<Reach, string>> = Object.freeze({allow: 'yes', conditional: 'if', deny: '-'});

/** The matrix as a plain table; `if` marks what a requirement or a voter may still refuse. */
export function formatAccessMatrix({roles, rows}: AccessMatrix): string {
  const table = [
    ['endpoint', 'served by', ...roles],
    ...rows.map(row => [
      `${row.verb} ${row.path}`,
      row.target || row.kind,
      ...roles.map(role => MARKS[reachOf(row, role)]),
    ]),
  ];
  const widths = table[0]?.map((_, column) => Math.max(...table.map(cells => cells[column]?.length ?? 0))) ?? [];
  return table
    .map(cells =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
