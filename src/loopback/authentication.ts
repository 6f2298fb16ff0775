import {
  AuthenticateActionProvider,
  AuthenticationBindings,
  AuthenticationMiddlewareProvider,
  AuthMetadataProvider,
  getAuthenticateMetadata,
} from '@loopback/authentication';
import type {Constructor} from '@loopback/core';
import {BindingScope, CoreBindings, injectable, instantiateClass} from '@loopback/core';
import type {Context, Provider} from '@loopback/core';
import {asMiddleware, RestMiddlewareGroups} from '@loopback/rest';
import type {Middleware} from '@loopback/rest';

/**
 * Takes the place of LoopBack's authentication middleware, which makes its action through dependency injection for
 * every request, also for those that nobody asks to authenticate. Everything else is left to it.
 */
@injectable(
  asMiddleware({group: RestMiddlewareGroups.AUTHENTICATION, upstreamGroups: [RestMiddlewareGroups.FIND_ROUTE]}),
  {scope: BindingScope.SINGLETON},
)
export class MtlsAuthenticationMiddleware implements Provider<Middleware> {
  value(): Middleware {
    return async (context, next) => {
      if (asksNothing(context)) return next();
      const stock = await instantiateClass(AuthenticationMiddlewareProvider, context);
      return stock.value()(context, next);
    };
  }
}

/** Whether LoopBack's own action, by LoopBack's own account of the method, finds no strategy to ask. */
function asksNothing(context: Context): boolean {
  if (!STOCK.every(([key, provider]) => context.getBinding(key).source?.value === provider)) return false;
  const controller = context.getSync<Constructor<object>>(CoreBindings.CONTROLLER_CLASS, {optional: true});
  const method = context.getSync<string>(CoreBindings.CONTROLLER_METHOD_NAME, {optional: true});
  return controller !== undefined && method !== undefined && getAuthenticateMetadata(controller, method) === undefined;
}

const STOCK = [
  [AuthenticationBindings.AUTH_ACTION.key, AuthenticateActionProvider],
  [AuthenticationBindings.METADATA.key, AuthMetadataProvider],
] as const;
