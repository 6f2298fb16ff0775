import {relative} from 'node:path';
import type {AccessMatrix, AccessRow, EndpointKind, Reach} from '../../loopback/matrix';
import {reachOf} from '../../loopback/matrix';

/** The access matrix as it is printed and committed: plain data that is the same on every machine. */
export interface AccessDocument {
  readonly roles: readonly string[];
  readonly endpoints: readonly EndpointText[];
  /** What somebody should look at, one sentence each. */
  readonly findings: readonly string[];
}

/** One endpoint with its rule and with what each role gets. */
export interface EndpointText {
  /** `GET /patients/{id}` */
  readonly endpoint: string;
  readonly kind: EndpointKind;
  readonly servedBy: string;
  readonly allowedRoles: readonly string[];
  readonly deniedRoles: readonly string[];
  readonly scopes: readonly string[];
  /** What certificate and connection must show beside the role. */
  readonly requirements: readonly string[];
  /** Whether voters or authorizers may still refuse who is allowed. */
  readonly voters: 'none' | 'some';
  readonly reach: Readonly<Record<string, Reach>>;
}

/** Puts the matrix into words. Folders are named relative to `cwd`. */
export function documentOf({roles, rows}: AccessMatrix, findings: readonly string[], cwd: string): AccessDocument {
  return {roles, endpoints: rows.map(row => endpointText(row, roles, cwd)), findings};
}

function endpointText(row: AccessRow, roles: readonly string[], cwd: string): EndpointText {
  const {kind, verb, path, target, voters, rule} = row;
  return {
    endpoint: `${verb} ${path}`,
    kind,
    servedBy: (kind === 'static' ? relative(cwd, target).replaceAll('\\', '/') : target) || kind,
    allowedRoles: rule?.allowedRoles ?? [],
    deniedRoles: rule?.deniedRoles ?? [],
    scopes: rule?.scopes ?? [],
    requirements: rule?.checks.map(({description}) => description) ?? [],
    voters,
    reach: Object.fromEntries(roles.map(role => [role, reachOf(row, role)])),
  };
}
