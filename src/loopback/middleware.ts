import {AuthorizationTags} from '@loopback/authorization';
import {extensionFilter} from '@loopback/core';
import type {Context} from '@loopback/core';
import {MiddlewareSequence, RestBindings, RestTags} from '@loopback/rest';

/** What LoopBack itself puts into the middleware chain. */
const STOCK = new Set([
  'middleware.cors',
  'middleware.authentication',
  'providers.SendResponseMiddlewareProvider',
  'providers.FindRouteMiddlewareProvider',
  'providers.ParseParamsMiddlewareProvider',
  'providers.InvokeMethodMiddlewareProvider',
]);

/** Whether a sequence or middleware of the application may serve paths that are no routes. */
export function middlewareOf(server: Context): 'own' | 'stock' {
  if (server.getBinding(RestBindings.SEQUENCE).valueConstructor !== MiddlewareSequence) return 'own';
  const chain = server.find(extensionFilter(RestTags.REST_MIDDLEWARE_CHAIN));
  return chain.some(({key}) => !STOCK.has(key) && !key.startsWith('middleware.apiSpec.')) ? 'own' : 'stock';
}

/** Whether authorizers are bound, which have a vote at every controller method. */
export function authorizersOf(server: Context): 'some' | 'none' {
  return server.findByTag(AuthorizationTags.AUTHORIZER).length > 0 ? 'some' : 'none';
}
