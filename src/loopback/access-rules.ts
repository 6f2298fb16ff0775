import type {ConfigFault, Refusal} from '../errors';
import {isRoleName, ROLE_NAME} from '../identity/role';
import type {PeerState} from '../server/peer';
import type {CertificateCheck} from './requirements';

/**
 * The rule of an endpoint, free of any framework: what was written in several places becomes one rule, and the
 * stricter always wins. Allowed roles are intersected; denied roles, scopes and requirements add up.
 */

/** LoopBack's name for every caller that is somebody: here, every certificate that an identity rule maps. */
const AUTHENTICATED = '$authenticated';

/** LoopBack's names for callers that nobody knows. Behind mutual TLS there are none. */
const UNKNOWN_CALLERS: readonly string[] = ['$everyone', '$anonymous', '$unauthenticated'];

/** One rule as somebody wrote it. */
export interface WrittenRule {
  /** Where: a decorator, an access key, an operation. */
  readonly at: string;
  /** Whether it may open an endpoint, or only narrow what another rule opens. */
  readonly effect: 'grant' | 'narrow';
  readonly allowedRoles?: readonly string[];
  readonly deniedRoles?: readonly string[];
  readonly scopes?: readonly string[];
  readonly checks?: readonly CertificateCheck[];
}

/** What is known about roles, and what each of them may do. */
export interface RoleContext {
  /** The roles that identity rules give; undefined where a resolver decides. */
  readonly known: ReadonlySet<string> | undefined;
  /** The scopes each role holds. */
  readonly scopes: ReadonlyMap<string, readonly string[]>;
}

/** The one rule of an endpoint. Frozen. */
export interface EffectiveRule {
  /** Roles of which one is needed; `$authenticated` alone for any; none where everybody is denied. */
  readonly allowedRoles: readonly string[];
  readonly deniedRoles: readonly string[];
  /** Scopes of which all are needed. */
  readonly scopes: readonly string[];
  readonly checks: readonly CertificateCheck[];
  /** Where its parts were written. */
  readonly from: readonly string[];
  /** Why a caller with these roles is refused, or undefined. Looks at nothing but roles and scopes. */
  refuseRoles(roles: readonly string[]): Refusal | undefined;
  /** Why a caller is refused at this moment, or undefined. */
  refuse(caller: PeerState, nowMs: number): Refusal | undefined;
}

export type RuleOutcome =
  | {readonly kind: 'rule'; readonly rule: EffectiveRule}
  /** No usable rule: everybody is denied, and the start is refused with these faults. */
  | {readonly kind: 'unusable'; readonly faults: readonly ConfigFault[]};

/** Merges what was written about one endpoint into its rule. `where` names the endpoint in faults. */
export function compileRule(written: readonly WrittenRule[], where: string, context: RoleContext): RuleOutcome {
  const from = unique(written.map(({at}) => at));
  const allowLists = written.flatMap(({allowedRoles}) => (allowedRoles === undefined ? [] : [allowedRoles]));
  const closing = written.filter(closes);
  const rule = effectiveRule(
    {
      allowedRoles: closing.length > 0 ? [] : intersect(allowLists),
      deniedRoles: unique(written.flatMap(({deniedRoles = []}) => deniedRoles)),
      scopes: unique(written.flatMap(({scopes = []}) => scopes)),
      checks: written.flatMap(({checks = []}) => checks),
      from,
    },
    context,
  );
  const faults = written.flatMap(one => faultsOf(one, where, context));
  if (faults.length === 0) faults.push(...faultsOfWhole(rule, written, closing, where, context));
  return faults.length === 0 ? {kind: 'rule', rule} : {kind: 'unusable', faults};
}

function effectiveRule(
  parts: Omit<EffectiveRule, 'refuseRoles' | 'refuse'>,
  {scopes: scopesOfRole}: RoleContext,
): EffectiveRule {
  const {allowedRoles, deniedRoles, scopes, checks} = parts;
  const anybody = allowedRoles.includes(AUTHENTICATED);
  const isAllowed = (role: string): boolean => allowedRoles.includes(role);
  const isDenied = (role: string): boolean => deniedRoles.includes(role);
  // Nearly every request passes, which is told without making anything.
  const passes = (roles: readonly string[]): boolean => {
    let grant = anybody;
    for (const role of roles) {
      if (isDenied(role)) return false;
      grant ||= isAllowed(role);
    }
    return grant && scopes.length === 0;
  };
  const refuseRoles = (roles: readonly string[]): Refusal | undefined => {
    if (passes(roles)) return undefined;
    if (allowedRoles.length === 0) return denied('nobody', roles);
    const refused = roles.filter(isDenied);
    if (refused.length > 0) return denied(`none of the roles ${deniedRoles.join(', ')}`, refused);
    if (!anybody && !roles.some(isAllowed)) {
      return denied(`one of the roles ${allowedRoles.join(', ')}`, roles);
    }
    const missing = scopes.filter(scope => !roles.some(role => scopesOfRole.get(role)?.includes(scope)));
    return missing.length === 0 ? undefined : denied(`the scopes ${missing.join(', ')}`, roles);
  };
  const refuse = (caller: PeerState, nowMs: number): Refusal | undefined => {
    const refusal = refuseRoles(caller.principal.roles);
    if (refusal !== undefined) return refusal;
    for (const check of checks) {
      const why = check.refuse(caller, nowMs);
      if (why !== undefined) return why;
    }
    return undefined;
  };
  return Object.freeze({...parts, refuseRoles, refuse});
}

function denied(required: string, roles: readonly string[]): Refusal {
  return {code: 'ERR_MTLS_ACCESS_DENIED', required, found: roles.length === 0 ? 'no role' : roles.join(', ')};
}

/** `$authenticated` stands for every role, so it is neutral beside others. */
function intersect(lists: readonly (readonly string[])[]): readonly string[] {
  const limiting = lists.filter(list => !list.includes(AUTHENTICATED));
  const [first, ...others] = limiting;
  if (first === undefined) return lists.length === 0 ? [] : [AUTHENTICATED];
  return unique(first.filter(role => others.every(list => list.includes(role))));
}

/** Whether the rule denies everybody, as `@authorize.denyAll()` does. */
function closes({deniedRoles = []}: WrittenRule): boolean {
  return deniedRoles.includes('$everyone') || deniedRoles.includes(AUTHENTICATED);
}

function faultsOf(rule: WrittenRule, where: string, {known, scopes}: RoleContext): ConfigFault[] {
  const {at, allowedRoles, deniedRoles = []} = rule;
  const faults: ConfigFault[] = [];
  const report = (required: string, found: string, remedy: string): void => {
    faults.push({code: 'ERR_MTLS_CONFIG', where, required, found: `${found} in ${at}`, remedy});
  };
  if (allowedRoles?.length === 0)
    report('at least one role', 'an empty list', 'name a role, or use @authorize.denyAll()');
  for (const role of allowedRoles ?? []) {
    if (UNKNOWN_CALLERS.includes(role)) {
      report('roles that a certificate gives', role, `nobody is anonymous here; write ${AUTHENTICATED} for any caller`);
    } else if (role !== AUTHENTICATED && !isRoleName(role)) {
      report(ROLE_NAME, JSON.stringify(role), 'correct the role');
    }
  }
  for (const role of deniedRoles) {
    if (role.startsWith('$') ? role !== AUTHENTICATED && !UNKNOWN_CALLERS.includes(role) : known?.has(role) === false) {
      report('denied roles that an identity rule gives', role, 'correct the role: as it stands it denies nobody');
    }
  }
  for (const scope of rule.scopes ?? []) {
    if (![...scopes.values()].some(held => held.includes(scope))) {
      report('scopes that some role holds', scope, 'say under `scopes` which roles hold it');
    }
  }
  return faults;
}

function faultsOfWhole(
  rule: EffectiveRule,
  written: readonly WrittenRule[],
  closing: readonly WrittenRule[],
  where: string,
  {known}: RoleContext,
): ConfigFault[] {
  const opening = written.filter(({allowedRoles}) => allowedRoles !== undefined);
  if (closing.length > 0) {
    if (opening.length === 0) return [];
    const found = `${places(closing)} denying everybody beside ${places(opening)} allowing somebody`;
    const remedy = 'remove the one you do not mean; whoever is not allowed is denied anyway';
    return [{code: 'ERR_MTLS_CONFIG', where, required: 'rules that agree', found, remedy}];
  }
  if (!opening.some(({effect}) => effect === 'grant')) {
    const found = written.length === 0 ? 'none' : `only ${rule.from.join(', ')}`;
    const remedy = 'add @authorize({allowedRoles: [...]}) to the method or its class, or a line for it under `access`';
    return [{code: 'ERR_MTLS_ROUTE_UNPROTECTED', where, required: 'a rule that says who is allowed', found, remedy}];
  }
  const open = rule.allowedRoles.filter(role => !rule.deniedRoles.includes(role));
  if (open.some(role => role === AUTHENTICATED || known === undefined || known.has(role))) return [];
  const found =
    open.length === 0 ? `none left of ${places(opening)}` : `${open.join(', ')}, which no identity rule gives`;
  const remedy = 'of two rules the stricter wins: widen the outer one, or correct the role';
  return [{code: 'ERR_MTLS_CONFIG', where, required: 'a role that can reach it', found, remedy}];
}

function places(rules: readonly WrittenRule[]): string {
  return unique(rules.map(({at}) => at)).join(' and ');
}

function unique<T>(values: readonly T[]): readonly T[] {
  return Object.freeze([...new Set(values)]);
}
