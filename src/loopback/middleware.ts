import {AuthorizationTags} from '@loopback/authorization';
import {extensionFilter} from '@loopback/core';
import type {Context} from '@loopback/core';
import {
  FindRouteMiddlewareProvider,
  InvokeMethodMiddlewareProvider,
  MiddlewareSequence,
  RestBindings,
  RestTags,
  SendResponseMiddlewareProvider,
} from '@loopback/rest';
import {MtlsAuthenticationMiddleware} from './authentication';
import {MtlsParseParamsMiddleware} from './parameters';

/** What LoopBack and our component put into the middleware chain; an application may put its own under the same key. */
const STOCK: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['middleware.authentication', MtlsAuthenticationMiddleware],
  ['providers.SendResponseMiddlewareProvider', SendResponseMiddlewareProvider],
  ['providers.FindRouteMiddlewareProvider', FindRouteMiddlewareProvider],
  ['providers.ParseParamsMiddlewareProvider', MtlsParseParamsMiddleware],
  ['providers.InvokeMethodMiddlewareProvider', InvokeMethodMiddlewareProvider],
]);
/** What the server binds itself, from its configuration. */
const OF_THE_SERVER = /^middleware\.(?:cors$|apiSpec\.)/;

/** Whether a sequence or middleware of the application may serve paths that are no routes. */
export function middlewareOf(server: Context): 'own' | 'stock' {
  if (server.getBinding(RestBindings.SEQUENCE).valueConstructor !== MiddlewareSequence) return 'own';
  const chain = server.find(extensionFilter(RestTags.REST_MIDDLEWARE_CHAIN));
  const own = chain.some(({key, source}) => !OF_THE_SERVER.test(key) && (source?.value ?? key) !== STOCK.get(key));
  return own ? 'own' : 'stock';
}

/** Whether authorizers are bound, which have a vote at every controller method. */
export function authorizersOf(server: Context): 'some' | 'none' {
  return server.findByTag(AuthorizationTags.AUTHORIZER).length > 0 ? 'some' : 'none';
}
