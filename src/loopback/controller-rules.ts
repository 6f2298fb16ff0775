import {getAuthenticateMetadata} from '@loopback/authentication';
import {AUTHORIZATION_CLASS_KEY, AUTHORIZATION_METHOD_KEY} from '@loopback/authorization';
import type {AuthorizationMetadata} from '@loopback/authorization';
import {MetadataInspector} from '@loopback/core';
import type {Constructor} from '@loopback/core';
import type {ConfigFault} from '../errors';
import type {WrittenRule} from './access-rules';
import {ownRequirements} from './decorators';
import {STRATEGY_NAME} from './keys';
import {compileRequirement} from './requirements';

/** What the decorators on a controller method say, on its class and on all base classes of it. */
export interface DecoratedRules {
  readonly rules: readonly WrittenRule[];
  /** Every `@authorize` of the chain as one, for voters and authorizers. */
  readonly metadata: AuthorizationMetadata;
  readonly faults: readonly ConfigFault[];
}

/**
 * Reads the decorators of a controller method. LoopBack lets the metadata of a method replace that of its class, and
 * lets an inherited method keep a rule that the class narrows; here every level is read on its own and all apply.
 */
export function decoratedRules(controller: Constructor<object>, method: string, where: string): DecoratedRules {
  const levels = chainOf(controller).flatMap(owner => [
    {at: `@authorize on ${owner.name}`, metadata: ownClassMetadata(owner)},
    {at: `@authorize on ${owner.name}.${method}`, metadata: ownMethodMetadata(owner, method)},
  ]);
  const authorized = levels.flatMap(({at, metadata}) => (metadata === undefined ? [] : [{at, metadata}]));
  const faults = [
    ...authorized.filter(({metadata}) => metadata.skip === true).map(({at}) => skipFault(where, at)),
    ...authenticationFaults(controller, method, where),
  ];
  const rules: WrittenRule[] = authorized.map(({at, metadata}) => ({at, effect: 'grant', ...rolesOf(metadata)}));
  for (const owner of chainOf(controller)) {
    const {ofClass, ofMethod} = ownRequirements(owner, method);
    for (const requirement of [...ofClass, ...ofMethod]) {
      const at = `@requireCertificate on ${owner.name}`;
      rules.push({at, effect: 'narrow', checks: compileRequirement(requirement, `${where}: ${at}`, faults)});
    }
  }
  return {rules, metadata: mergeMetadata(authorized.map(({metadata}) => metadata)), faults};
}

/** The class and its base classes, the base first. */
function chainOf(controller: Constructor<object>): readonly Constructor<object>[] {
  const chain: Constructor<object>[] = [];
  for (let owner: unknown = controller; isClass(owner); owner = Object.getPrototypeOf(owner)) chain.unshift(owner);
  return chain;
}

function isClass(value: unknown): value is Constructor<object> {
  return typeof value === 'function' && value !== Function.prototype;
}

function ownClassMetadata(owner: Constructor<object>): AuthorizationMetadata | undefined {
  return MetadataInspector.getClassMetadata(AUTHORIZATION_CLASS_KEY, owner, {ownMetadataOnly: true});
}

function ownMethodMetadata(owner: Constructor<object>, method: string): AuthorizationMetadata | undefined {
  const prototype: unknown = owner.prototype;
  if (typeof prototype !== 'object' || prototype === null) return undefined;
  const own = MetadataInspector.getAllMethodMetadata(AUTHORIZATION_METHOD_KEY, prototype, {ownMetadataOnly: true});
  return own !== undefined && Object.hasOwn(own, method) ? own[method] : undefined;
}

function rolesOf({allowedRoles, deniedRoles, scopes}: AuthorizationMetadata): Partial<WrittenRule> {
  return {
    ...(allowedRoles === undefined ? {} : {allowedRoles}),
    ...(deniedRoles === undefined ? {} : {deniedRoles}),
    ...(scopes === undefined ? {} : {scopes}),
  };
}

/** Later levels win field by field, as in LoopBack, but no voter is lost. */
function mergeMetadata(levels: readonly AuthorizationMetadata[]): AuthorizationMetadata {
  const voters = [...new Set(levels.flatMap(level => level.voters ?? []))];
  return Object.freeze({...Object.assign({}, ...levels), voters}) as AuthorizationMetadata;
}

function skipFault(where: string, at: string): ConfigFault {
  return {
    code: 'ERR_MTLS_ROUTE_UNPROTECTED',
    where,
    required: 'a rule that says who is allowed',
    found: `skip in ${at}`,
    remedy: "authorization is never skipped; write @authorize({allowedRoles: ['$authenticated']}) for any caller",
  };
}

/** LoopBack takes `@authenticate()` and a skip in first place for "nobody has to", and a list for "any of them". */
function authenticationFaults(controller: Constructor<object>, method: string, where: string): ConfigFault[] {
  const metadata = getAuthenticateMetadata(controller, method);
  if (metadata === undefined) return [];
  if (metadata.length === 1 && metadata[0]?.strategy === STRATEGY_NAME && metadata[0].skip !== true) return [];
  const names = metadata.map(({strategy, skip}) => (skip === true ? 'skip' : strategy));
  return [
    {
      code: 'ERR_MTLS_CONFIG',
      where,
      required: `@authenticate('${STRATEGY_NAME}') or no @authenticate`,
      found: `@authenticate(${names.join(', ')})`,
      remedy: 'remove it: every caller is authenticated by certificate, and nothing else may take its place',
    },
  ];
}
