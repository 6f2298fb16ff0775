import type {ConfigFault} from '../errors';
import {parseAccessKey} from './access-key';
import type {AccessKey} from './access-key';
import type {WrittenRule} from './access-rules';
import {optionFault} from './option-fault';
import {compileRequirement} from './requirements';
import type {CertificateRequirement} from './requirements';

/** A rule as an operator writes it under `access`, or as `x-mtls-access` in an operation. */
export interface AccessRule {
  /** Roles of which the caller needs one; `$authenticated` for every certificate that an identity rule maps. */
  readonly allowedRoles?: readonly string[];
  /** Roles that are refused, whatever else the caller is. */
  readonly deniedRoles?: readonly string[];
  /** Scopes of which the caller's roles must hold all. */
  readonly scopes?: readonly string[];
  /** What certificate and connection must show beyond the role. */
  readonly certificate?: CertificateRequirement;
}

/** Rules for what cannot carry a decorator, by class name or path. See `docs/access-rules.md` for the keys. */
export type AccessOptions = Readonly<Record<string, AccessRule>>;

/** The scopes each role holds, for rules that ask for scopes. */
export type ScopeOptions = Readonly<Record<string, readonly string[]>>;

/** One entry of `access`, read. */
export interface ConfiguredRule {
  readonly text: string;
  readonly key: AccessKey;
  readonly rule: WrittenRule;
}

/** Reads `access`. What cannot be read is reported and left out. */
export function readAccess(access: unknown, faults: ConfigFault[]): readonly ConfiguredRule[] {
  if (access === undefined) return [];
  if (!isRecord(access)) {
    faults.push(optionFault('access', 'an object of rules by class name or path', access, 'write it as an object'));
    return [];
  }
  return Object.entries(access).flatMap(([text, value]) => {
    const where = `access[${JSON.stringify(text)}]`;
    const key = parseAccessKey(text);
    if (key === undefined) {
      faults.push(optionFault(where, 'a class name, `Class.method`, or `VERB /path`', text, 'correct the key'));
      return [];
    }
    // A whole tree opens folders and routers; it never opens a LoopBack route that has no rule of its own.
    const effect = key.kind === 'path' && key.reach === 'below' ? 'narrow' : 'grant';
    return [{text, key, rule: {at: where, effect, ...readAccessRule(value, where, faults)}}];
  });
}

const FIELDS = ['allowedRoles', 'deniedRoles', 'scopes', 'certificate'];

/** Reads one rule. Unknown fields are faults: a misspelt one would silently not apply. */
export function readAccessRule(
  value: unknown,
  where: string,
  faults: ConfigFault[],
): Omit<WrittenRule, 'at' | 'effect'> {
  if (!isRecord(value)) {
    faults.push(optionFault(where, `an object with ${FIELDS.join(', ')}`, value, 'write {"allowedRoles": [...]}'));
    return {};
  }
  for (const field of Object.keys(value).filter(name => !FIELDS.includes(name))) {
    faults.push(optionFault(where, `one of ${FIELDS.join(', ')}`, field, 'correct the spelling or remove it'));
  }
  const names = (field: string): Readonly<Record<string, readonly string[]>> => {
    const list = value[field];
    if (list === undefined) return {};
    if (isNames(list)) return {[field]: list};
    faults.push(optionFault(`${where}.${field}`, 'a list of names', list, 'write a list of strings'));
    return {};
  };
  const {certificate} = value;
  return {
    ...names('allowedRoles'),
    ...names('deniedRoles'),
    ...names('scopes'),
    ...(certificate === undefined ? {} : {checks: compileRequirement(certificate, `${where}.certificate`, faults)}),
  };
}

/** Reads `scopes`: role names to lists of scopes. */
export function readScopes(scopes: unknown, faults: ConfigFault[]): ReadonlyMap<string, readonly string[]> {
  const held = new Map<string, readonly string[]>();
  if (scopes === undefined) return held;
  const entries = isRecord(scopes) ? Object.entries(scopes) : [];
  if (!isRecord(scopes))
    faults.push(optionFault('scopes', 'an object of scopes by role', scopes, 'write it as an object'));
  for (const [role, list] of entries) {
    if (isNames(list)) held.set(role, list);
    else faults.push(optionFault(`scopes.${role}`, 'a list of scopes', list, 'write a list of strings'));
  }
  return held;
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(name => typeof name === 'string' && name !== '');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
