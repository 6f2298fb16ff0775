import type {ConfigFault} from '../errors';
import {ATTRIBUTES} from './attributes';
import type {CompileContext, Matcher} from './attributes';
import {ID_SOURCES} from './identifier';
import type {IdSource} from './principal';
import {isRoleName, ROLE_NAME} from './role';
import type {CompiledCondition, CompiledRule, Condition, IdentityMapping} from './rules';

/** What rules or a resolver came to, and everything that is wrong with them. With a fault, the mapping maps nobody. */
export interface CompiledMapping {
  readonly mapping: IdentityMapping;
  readonly faults: readonly ConfigFault[];
}

/**
 * Reads identity rules once, at start or reload, and reports all their faults together: conditions that are empty,
 * unknown or can never match, roles and identifier sources that are missing or malformed, names used twice.
 *
 * @param rules what the operator configured, an array of `IdentityRule`
 */
export function compileRules(rules: unknown, context: CompileContext): CompiledMapping {
  const faults: ConfigFault[] = [];
  const configured: readonly unknown[] = Array.isArray(rules) ? rules : [];
  if (configured.length === 0) {
    faults.push(fault('identity.rules', 'at least one rule', rules, 'add a rule; without one nobody gets in'));
  }
  const compiled = configured.map((rule, index) => readRule(rule, index, context, faults));
  compiled.forEach(({name}, index) => {
    if (compiled.findIndex(rule => rule.name === name) < index) {
      faults.push(fault(`identity.rules[${index}].name`, 'a name of its own', name, 'rename one of the two rules'));
    }
  });
  const usable = faults.length === 0 ? compiled : [];
  return {mapping: Object.freeze({kind: 'rules', rules: Object.freeze(usable)}), faults};
}

function readRule(rule: unknown, index: number, context: CompileContext, faults: ConfigFault[]): CompiledRule {
  const at = `identity.rules[${index}]`;
  const fallback = `rules[${index}]`;
  if (!isRecord(rule)) {
    faults.push(fault(at, 'an object with `when`, `roles` and `id`', rule, 'write the rule as an object'));
    return {name: fallback, conditions: [], roles: [], id: 'fingerprint'};
  }
  reportUnknownKeys(rule, ['name', 'when', 'roles', 'id'], at, faults);
  return Object.freeze({
    name: readName(rule['name'], `${at}.name`, fallback, faults),
    conditions: readConditions(rule['when'], `${at}.when`, context, faults),
    roles: readRoles(rule['roles'], `${at}.roles`, faults),
    id: readIdSource(rule['id'], `${at}.id`, faults),
  });
}

function readName(value: unknown, at: string, fallback: string, faults: ConfigFault[]): string {
  if (value === undefined) return fallback;
  if (typeof value === 'string' && /^[\w .:()[\]-]{1,64}$/.test(value)) return value;
  faults.push(fault(at, '1 to 64 ASCII letters, digits, spaces or `_.:()[]-`', value, 'give the rule a plain name'));
  return fallback;
}

function readConditions(
  when: unknown,
  at: string,
  context: CompileContext,
  faults: ConfigFault[],
): readonly CompiledCondition[] {
  if (!isRecord(when) || Object.keys(when).length === 0) {
    faults.push(fault(at, 'at least one condition', when, 'say what the certificate must show'));
    return [];
  }
  reportUnknownKeys(when, Object.keys(ATTRIBUTES), at, faults);
  return Object.freeze(
    Object.keys(when)
      .filter(isAttribute)
      .map(attribute => readCondition(attribute, when[attribute], `${at}.${attribute}`, context, faults)),
  );
}

function readCondition(
  attribute: keyof Condition,
  value: unknown,
  at: string,
  context: CompileContext,
  faults: ConfigFault[],
): CompiledCondition {
  const {expects, parse} = ATTRIBUTES[attribute];
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (values.length === 0) faults.push(fault(at, 'at least one value', value, 'name a value or drop the condition'));
  const anyOf: string[] = [];
  const matchers: Matcher[] = [];
  for (const text of values) {
    const matcher = typeof text === 'string' ? parse(text, context) : undefined;
    if (typeof text !== 'string' || matcher === undefined) {
      faults.push(fault(at, expects, text, 'correct the value: it can match no certificate, or tells none apart'));
      continue;
    }
    anyOf.push(text);
    matchers.push(matcher);
  }
  return Object.freeze<CompiledCondition>({
    attribute,
    anyOf: Object.freeze(anyOf),
    holds: peer => matchers.some(matches => matches(peer)),
  });
}

function readRoles(value: unknown, at: string, faults: ConfigFault[]): readonly string[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [];
  if (values.length === 0) faults.push(fault(at, 'at least one role', value, 'name the roles that the rule gives'));
  for (const role of values) {
    if (!isRoleName(role)) faults.push(fault(at, ROLE_NAME, role, 'rename the role'));
  }
  return Object.freeze([...new Set(values.filter(isRoleName))]);
}

function readIdSource(value: unknown, at: string, faults: ConfigFault[]): IdSource {
  if (isIdSource(value)) return value;
  const remedy = 'say where the identifier comes from; it is never taken from the common name unless asked for';
  faults.push(fault(at, `one of ${Object.keys(ID_SOURCES).join(', ')}`, value, remedy));
  return 'fingerprint';
}

function reportUnknownKeys(
  fields: Readonly<Record<string, unknown>>,
  known: readonly string[],
  at: string,
  faults: ConfigFault[],
): void {
  for (const key of Object.keys(fields)) {
    if (!known.includes(key)) {
      faults.push(fault(`${at}.${key}`, `one of ${known.join(', ')}`, key, 'correct the spelling or remove it'));
    }
  }
}

function isAttribute(key: string): key is keyof Condition {
  return Object.hasOwn(ATTRIBUTES, key);
}

function isIdSource(value: unknown): value is IdSource {
  return typeof value === 'string' && Object.hasOwn(ID_SOURCES, value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fault(where: string, required: string, found: unknown, remedy: string): ConfigFault {
  return {code: 'ERR_MTLS_CONFIG', where, required, found: show(found), remedy};
}

function show(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  return typeof value === 'object' ? 'an object' : typeof value;
}
