import {getAuthorizationMetadata} from '@loopback/authorization';
import type {AuthorizationMetadata} from '@loopback/authorization';
import {asGlobalInterceptor, BindingScope, inject, injectable} from '@loopback/core';
import type {Constructor, Interceptor, InvocationContext, Provider} from '@loopback/core';
import {RestBindings} from '@loopback/rest';
import type {Refusal} from '../errors';
import {peerOf} from '../server/peer';
import type {PeerState} from '../server/peer';
import {toMtlsPrincipal} from './principal';
import {RefusalError} from './refusal-error';
import {MtlsRestServer} from './rest-server';
import {vote} from './voting';

/**
 * Takes the place of LoopBack's authorization interceptor. Routes were decided about before any interceptor; what is
 * left are calls through proxies of services whose methods carry `@authorize`.
 */
@injectable(asGlobalInterceptor('authorization'), {scope: BindingScope.SINGLETON})
export class MtlsAuthorizationInterceptor implements Provider<Interceptor> {
  readonly #server: MtlsRestServer;

  constructor(@inject(RestBindings.SERVER) server: MtlsRestServer) {
    this.#server = server;
  }

  value(): Interceptor {
    return async (invocation, next) => {
      const metadata = getAuthorizationMetadata(invocation.target, invocation.methodName);
      // As in LoopBack, a service method without the decorator is not guarded: only routes have to have a rule.
      if (invocation.source?.type === 'route' || metadata === undefined || metadata.skip === true) return next();
      const request = await invocation.get(RestBindings.Http.REQUEST, {optional: true});
      const caller = request === undefined ? undefined : peerOf(request.socket);
      const why = caller === undefined ? NO_CALLER : await this.#judge(invocation, caller, metadata);
      if (why === undefined) return next();
      throw request === undefined
        ? new RefusalError(why)
        : this.#server.requests.refuseLate(request, invocation.targetName, why);
    };
  }

  async #judge(
    invocation: InvocationContext,
    caller: PeerState,
    metadata: AuthorizationMetadata,
  ): Promise<Refusal | undefined> {
    const service = invocation.targetClass as Constructor<object>;
    const outcome = this.#server.requests.table?.ofMethod(service, invocation.methodName);
    if (outcome?.kind !== 'rule') {
      return {code: 'ERR_MTLS_ACCESS_NO_RULE', required: 'a usable rule', found: 'none', where: invocation.targetName};
    }
    return (
      outcome.rule.refuse(caller, Date.now()) ?? (await vote(invocation, toMtlsPrincipal(caller.principal), metadata))
    );
  }
}

const NO_CALLER: Refusal = Object.freeze<Refusal>({
  code: 'ERR_MTLS_ACCESS_DENIED',
  required: 'a caller',
  found: 'a call outside any request',
});
