import {AuthorizationDecision, AuthorizationTags} from '@loopback/authorization';
import type {AuthorizationContext, AuthorizationMetadata, Authorizer} from '@loopback/authorization';
import type {Context, InvocationContext} from '@loopback/core';
import {securityId} from '@loopback/security';
import type {Refusal} from '../errors';
import {MtlsBindings} from './keys';
import type {MtlsPrincipal} from './principal';

/**
 * A voter for `@authorize({allowedRoles: [...], voters: [ownedBy(...)]})`: of those whom the rule allows, only the ones
 * that own what they ask for. Anything but `true` denies.
 *
 * @param owns asked with the caller and the invocation: its `args`, and `get` for repositories
 */
export function ownedBy(
  owns: (caller: MtlsPrincipal, invocation: InvocationContext) => boolean | Promise<boolean>,
): Authorizer {
  return async ({invocationContext}) => {
    const caller = await invocationContext.get(MtlsBindings.PRINCIPAL);
    const answer: unknown = await owns(caller, invocationContext);
    return answer === true ? AuthorizationDecision.ALLOW : AuthorizationDecision.DENY;
  };
}

/**
 * Asks the voters of a method and every bound authorizer. They only narrow: the rule has allowed the caller already,
 * and whatever one of them returns that is neither ALLOW nor ABSTAIN denies.
 */
export async function vote(
  invocation: InvocationContext,
  caller: MtlsPrincipal,
  metadata: AuthorizationMetadata,
): Promise<Refusal | undefined> {
  const context: AuthorizationContext = {
    principals: [{...caller, type: 'USER'}],
    roles: caller.roles.map(role => ({[securityId]: role, name: role})),
    scopes: metadata.scopes ?? [],
    resource: metadata.resource ?? invocation.targetName,
    invocationContext: invocation,
  };
  const bound = invocation.findByTag<Authorizer>(AuthorizationTags.AUTHORIZER).map(({key}) => key);
  for (const voter of [...(metadata.voters ?? []), ...bound]) {
    const authorizer = typeof voter === 'function' ? voter : await invocation.get<Authorizer>(voter);
    const decision: unknown = await authorizer(context, metadata);
    if (decision === AuthorizationDecision.ALLOW || decision === AuthorizationDecision.ABSTAIN) continue;
    const found = decision === AuthorizationDecision.DENY ? 'Deny' : `a vote of type ${typeof decision}`;
    return {code: 'ERR_MTLS_ACCESS_DENIED', required: 'no vote against it', found, where: nameOf(voter)};
  }
  return undefined;
}

/** Whether there is anybody to ask: voters of the method, or authorizers bound in this context or above it. */
export function hasVoters({voters}: AuthorizationMetadata, context: Context): boolean {
  return (voters?.length ?? 0) > 0 || context.findByTag(AuthorizationTags.AUTHORIZER).length > 0;
}

function nameOf(voter: unknown): string {
  return typeof voter === 'function' ? voter.name || 'a voter' : String(voter);
}
