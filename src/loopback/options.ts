import type {ConfigFault} from '../errors';
import {gatherOptions} from '../server/environment';
import type {MtlsOptions} from '../server/options';
import {readAccess, readScopes} from './access-config';
import type {AccessOptions, ConfiguredRule, ScopeOptions} from './access-config';
import type {RoleContext} from './access-rules';

/**
 * Configuration of the component. What is absent is looked for in the environment and in the JSON file that
 * `MTLS_CONFIG` names.
 */
export interface MtlsComponentOptions extends Partial<MtlsOptions> {
  /** Rules for what cannot carry a decorator. Default none: what has no rule is not served. */
  readonly access?: AccessOptions;
  /** The scopes each role holds. Only for rules that ask for scopes; default none. */
  readonly scopes?: ScopeOptions;
}

/** The part of the configuration that decides about access, read. */
export interface AccessSettings {
  readonly configured: readonly ConfiguredRule[];
  readonly context: RoleContext;
  readonly allowed: 'record' | 'omit';
}

/** Reads the access part from code, environment and file. Everything else is read by the server, faults included. */
export async function readAccessSettings(
  options: MtlsComponentOptions,
): Promise<{readonly settings: AccessSettings; readonly faults: readonly ConfigFault[]}> {
  const faults: ConfigFault[] = [];
  const gathered = await gatherOptions(options, process.env, () => undefined);
  const known = rolesOfRules(field(field(gathered, 'identity'), 'rules'));
  const configured = readAccess(field(gathered, 'access'), faults);
  const scopes = readScopes(field(gathered, 'scopes'), faults);
  const allowed = field(field(gathered, 'audit'), 'allowed') === 'record' ? 'record' : 'omit';
  return {settings: {configured, context: {known, scopes}, allowed}, faults};
}

/** Every role that an identity rule gives; undefined where there are no rules but a resolver. */
function rolesOfRules(rules: unknown): ReadonlySet<string> | undefined {
  if (!Array.isArray(rules)) return undefined;
  const roles = rules.flatMap((rule: unknown): readonly unknown[] => {
    const given = field(rule, 'roles');
    return Array.isArray(given) ? given : [];
  });
  return new Set(roles.filter(role => typeof role === 'string'));
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
