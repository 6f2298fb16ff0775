import {Binding} from '@loopback/core';
import type {BindingAddress, Context} from '@loopback/core';
import {RequestContext, RestBindings} from '@loopback/rest';
import {MtlsError} from '../errors';
import {peerOf} from '../server/peer';
import {toMtlsPrincipal} from './principal';
import type {MtlsPrincipal} from './principal';
import {UNVERIFIED} from './request-access';

/**
 * Says who calls, from the context of each request, and takes no other value. LoopBack's authentication action sets
 * the current user at the nearest binding of that key; that is this one, which all requests share, so that each of
 * them would be taken for whoever was authenticated last.
 */
export class CallerBinding extends Binding<unknown> {
  constructor(key: BindingAddress<object>) {
    super(key.toString(), true);
    this.toDynamicValue(({context}) => callerOf(context));
  }

  override to(): this {
    return this;
  }
}

/** Outside of a request there is nobody to name. */
function callerOf(context: Context): MtlsPrincipal {
  // What a request context binds, it also is: every look-up through a binding costs several times the rule.
  const request =
    context instanceof RequestContext ? context.request : context.getSync(RestBindings.Http.REQUEST, {optional: true});
  const caller = request === undefined ? undefined : peerOf(request.socket);
  if (caller === undefined) throw new MtlsError(UNVERIFIED);
  return toMtlsPrincipal(caller.principal);
}
