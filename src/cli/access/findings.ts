import type {CompiledRule} from '../../identity/rules';
import type {AccessMatrix, AccessRow} from '../../loopback/matrix';
import {limitsOf} from './anchor-limits';
import type {LimitedAnchor} from './anchor-limits';
import {overlapsOf} from './rule-overlap';

/** What decides about who can get where. */
export interface AccessSubjects {
  readonly matrix: AccessMatrix;
  /** Undefined where a resolver decides: then nobody can tell which roles there are. */
  readonly rules: readonly CompiledRule[] | undefined;
  readonly anchors: readonly LimitedAnchor[];
}

/**
 * What no single rule shows to be wrong: endpoints that nobody reaches, roles that reach nothing, identity rules that
 * nobody can match or that speak about the same certificates, and roles that no anchor may give.
 */
export function findingsOf({matrix, rules, anchors}: AccessSubjects): readonly string[] {
  const callers = rules?.map(({roles}) => roles) ?? matrix.roles.map(role => [role]);
  return [
    ...matrix.rows.flatMap(row => unreachable(row, callers)),
    ...matrix.roles.flatMap(role => idle(role, matrix.rows, callers)),
    ...(rules === undefined ? [] : limitsOf(rules, anchors)),
    ...(rules === undefined ? [] : overlapsOf(rules)),
  ];
}

function unreachable(row: AccessRow, callers: readonly (readonly string[])[]): readonly string[] {
  const name = `${row.verb} ${row.path}`;
  if (row.rule === undefined) return [`${name} has no usable rule, so nobody reaches it: ${row.problems.join('; ')}`];
  if (row.rule.allowedRoles.length === 0) return [`${name} is closed to everybody by ${row.rule.from.join(', ')}`];
  if (callers.some(roles => opens(row, roles))) return [];
  const {allowedRoles, deniedRoles, scopes} = row.rule;
  const wanted = [
    `one of ${allowedRoles.join(', ')}`,
    ...(deniedRoles.length === 0 ? [] : [`none of ${deniedRoles.join(', ')}`]),
    ...(scopes.length === 0 ? [] : [`the scopes ${scopes.join(', ')}`]),
  ];
  return [`${name} is reached by nobody: no identity rule alone gives ${wanted.join(' and ')}`];
}

/** A role may also count beside others: for a scope, or against a denied role that another rule brings. */
function idle(role: string, rows: readonly AccessRow[], callers: readonly (readonly string[])[]): readonly string[] {
  const holders = callers.filter(roles => roles.includes(role));
  if (holders.length === 0) return [`the role ${role} is given by no identity rule`];
  const isUseful = [[role], ...holders].some(roles => {
    const without = roles.filter(other => other !== role);
    return rows.some(row => opens(row, roles) && !opens(row, without));
  });
  return isUseful ? [] : [`the role ${role} opens no endpoint`];
}

function opens({rule}: AccessRow, roles: readonly string[]): boolean {
  return rule !== undefined && rule.refuseRoles(roles) === undefined;
}
