import assert from 'node:assert/strict';
import {authenticate, AuthenticationBindings} from '@loopback/authentication';
import {authorize} from '@loopback/authorization';
import {inject} from '@loopback/core';
import {DefaultSequence, get, RestBindings} from '@loopback/rest';
import type {RequestContext} from '@loopback/rest';
import type {AuthenticateFn} from '@loopback/authentication';
import {SecurityBindings, securityId} from '@loopback/security';
import type {UserProfile} from '@loopback/security';
import {IncomingMessage} from 'node:http';
import {Socket} from 'node:net';
import {MtlsStrategy} from '../../src/loopback/strategy';
import type {Request} from '@loopback/rest';
import {serving, statuses, nurse} from './support/clinic';

@authenticate('mtls')
@authorize({allowedRoles: ['nurse']})
class WhoAmIController {
  @get('/whoami')
  read(@inject(SecurityBindings.USER) user: UserProfile): string {
    return user[securityId];
  }
}

/** The sequence that LoopBack's documentation shows for authentication. */
class AuthenticatingSequence extends DefaultSequence {
  @inject(AuthenticationBindings.AUTH_ACTION)
  protected authenticate: AuthenticateFn = () => Promise.reject(new Error('not injected'));

  override async handle(context: RequestContext): Promise<void> {
    try {
      const route = this.findRoute(context.request);
      await this.authenticate(context.request);
      this.send(context.response, await this.invoke(route, await this.parseParams(context.request, route)));
    } catch (error) {
      this.reject(context, error instanceof Error ? error : new Error(String(error)));
    }
  }
}

describe('the strategy mtls', () => {
  it('is what a sequence that authenticates by itself finds', () =>
    serving(
      {
        setup: app => {
          app.sequence(AuthenticatingSequence);
          app.controller(WhoAmIController);
        },
      },
      async clinic => {
        assert.deepEqual(await statuses(clinic, '/whoami'), [200, 403, 403]);
        assert.equal((await clinic.get(nurse, '/whoami')).body, 'spiffe://clinic.example/nora');
      },
    ));

  it('knows nobody on a connection that was not verified', async () => {
    const request = new IncomingMessage(new Socket()) as unknown as Request;
    await assert.rejects(new MtlsStrategy().authenticate(request), {statusCode: 401});
  });

  it('is in the middleware of a stock sequence too', () =>
    serving(
      {
        setup: app => {
          app.controller(WhoAmIController);
          app.middleware((_context, next) => next());
        },
      },
      async clinic => {
        assert.deepEqual(await statuses(clinic, '/whoami'), [200, 403, 403]);
        assert.ok(clinic.server.contains(RestBindings.SEQUENCE));
      },
    ));
});
