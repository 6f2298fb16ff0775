import type {AuthenticationStrategy} from '@loopback/authentication';
import {HttpErrors} from '@loopback/rest';
import type {Request} from '@loopback/rest';
import type {UserProfile} from '@loopback/security';
import {peerOf} from '../server/peer';
import {STRATEGY_NAME} from './keys';
import {toMtlsPrincipal} from './principal';

/**
 * The strategy behind `@authenticate('mtls')`. The certificate was verified before the request was read, so there is
 * nothing left to ask; a connection that was not verified is nobody's.
 */
export class MtlsStrategy implements AuthenticationStrategy {
  readonly name = STRATEGY_NAME;

  authenticate(request: Request): Promise<UserProfile> {
    const caller = peerOf(request.socket);
    return caller === undefined
      ? Promise.reject(new HttpErrors.Unauthorized())
      : Promise.resolve(toMtlsPrincipal(caller.principal));
  }
}
