import assert from 'node:assert/strict';
import {inspect} from 'node:util';
import {AuthorizationDecision, AuthorizationTags, authorize} from '@loopback/authorization';
import type {AuthorizationContext, Authorizer} from '@loopback/authorization';
import {inject, injectable} from '@loopback/core';
import type {Provider} from '@loopback/core';
import {get, param, RestBindings} from '@loopback/rest';
import type {RestApplication} from '@loopback/rest';
import {SecurityBindings, securityId} from '@loopback/security';
import type {UserProfile} from '@loopback/security';
import {ownedBy} from '../../../src/loopback/voting';
import {Recorder} from '../../server/harness';
import {admin, Clinic, nurse, serving, statuses} from '../support/clinic';

const seen: AuthorizationContext[] = [];
let vote: unknown = AuthorizationDecision.ALLOW;

const voter = ((context: AuthorizationContext) => {
  seen.push(context);
  return Promise.resolve(vote);
}) as Authorizer;

class VotedController {
  @authorize({allowedRoles: ['nurse'], voters: [voter]})
  @get('/voted')
  read(): string {
    return 'secret';
  }

  @authorize({allowedRoles: ['nurse']})
  @get('/plain')
  plain(): string {
    return 'secret';
  }

  @authorize({allowedRoles: ['nurse', 'guest'], voters: [ownedBy(isOwner)]})
  @get('/patients/{id}')
  find(@param.path.string('id') id: string): string {
    return id;
  }

  @authorize({allowedRoles: ['nurse', 'admin']})
  @get('/inner')
  inner(): string {
    return this.secret();
  }

  @authorize({allowedRoles: ['admin']})
  @get('/secret')
  secret(): string {
    return 'secret';
  }
}

function isOwner({name}: {readonly name: string}, {args}: {readonly args: readonly unknown[]}): Promise<boolean> {
  return Promise.resolve(args[0] === name);
}

class AuthorizerProvider implements Provider<Authorizer> {
  value(): Authorizer {
    return voter;
  }
}

const voted = (app: RestApplication): void => void app.controller(VotedController);
const tagged = (app: RestApplication): void => {
  voted(app);
  app.bind('authorizers.mine').toProvider(AuthorizerProvider).tag(AuthorizationTags.AUTHORIZER);
};

describe('fail-open: voters and authorizers', () => {
  beforeEach(() => {
    vote = AuthorizationDecision.ALLOW;
    seen.length = 0;
  });

  for (const [answer, status] of [
    [AuthorizationDecision.ALLOW, 200],
    [AuthorizationDecision.ABSTAIN, 200],
    [AuthorizationDecision.DENY, 403],
    ['deny', 403],
    ['DENY', 403],
    ['allow', 403],
    [true, 403],
    [false, 403],
    [{}, 403],
    [null, 403],
    [undefined, 403],
  ] as const) {
    it(`row 15: a voter that returns ${inspect(answer)} gives ${status}`, () =>
      serving({setup: voted}, async clinic => {
        vote = answer;
        assert.equal((await clinic.get(nurse, '/voted')).status, status);
      }));
  }

  it('row 15: a voter that throws denies', () =>
    serving(
      {
        setup: app => {
          voted(app);
          app.bind(RestBindings.SequenceActions.LOG_ERROR).to(() => undefined);
          app
            .bind('authorizers.broken')
            .to(() => Promise.reject(new Error('broken')))
            .tag(AuthorizationTags.AUTHORIZER);
        },
      },
      async clinic => {
        assert.equal((await clinic.get(nurse, '/plain')).status, 500);
      },
    ));

  it('row 16: no vote opens what the rule closes', () =>
    serving({setup: tagged}, async clinic => {
      assert.deepEqual(await statuses(clinic, '/voted'), [200, 403, 403]);
      assert.equal(seen.length, 2, 'the voters are asked about those only whom the rule allows');
    }));

  it('an authorizer that is bound votes at every controller method, and a refusal is recorded', async () => {
    const recorder = new Recorder('authorization');
    await serving({setup: tagged}, async clinic => {
      vote = AuthorizationDecision.DENY;
      assert.equal((await clinic.get(nurse, '/plain')).status, 403);
      const event = await recorder.next('authorization');
      assert.deepEqual(
        [event.verdict, event.route, event.why?.code, event.why?.where],
        ['deny', 'GET /plain', 'ERR_MTLS_ACCESS_DENIED', 'authorizers.mine'],
      );
    }).finally(() => {
      recorder.stop();
    });
  });

  it('row 29: a voter sees a principal that keeps its fields when it is copied', () =>
    serving({setup: voted}, async clinic => {
      await clinic.get(nurse, '/voted');
      const [context] = seen;
      assert.ok(context);
      const [principal] = context.principals;
      assert.equal(principal?.[securityId], 'spiffe://clinic.example/nora');
      assert.deepEqual({...principal}['roles'], ['nurse']);
      assert.deepEqual(
        context.roles.map(({name}) => name),
        ['nurse'],
      );
      assert.equal(context.resource, 'VotedController.prototype.read');
    }));

  it('a resource belongs to whom the owner check says', () =>
    serving({setup: voted}, async clinic => {
      assert.deepEqual(await statuses(clinic, '/patients/nora'), [200, 403, 403]);
      assert.deepEqual(await statuses(clinic, '/patients/gus'), [403, 403, 200]);
    }));

  it('row 30: a factory that returns another class has to satisfy the rules of both', () =>
    serving(
      {
        setup: app => {
          const spec = {responses: {}};
          app.route('get', '/swapped', spec, OpenController, () => new ClosedController(), 'read');
          app.route('get', '/bare', spec, OpenController, () => new BareController(), 'read');
          app.route('get', '/same', spec, OpenController, () => new OpenController(), 'read');
        },
      },
      async clinic => {
        assert.deepEqual(await statuses(clinic, '/swapped'), [403, 200, 403]);
        assert.deepEqual(await statuses(clinic, '/bare'), [403, 403, 403]);
        assert.deepEqual(await statuses(clinic, '/same'), [200, 200, 200]);
      },
    ));

  it('row 47, row 48: a service method with @authorize is guarded behind a proxy, not from within', () =>
    serving(
      {
        setup: app => {
          voted(app);
          app.bind('services.vault').toClass(VaultService);
          app.controller(VaultController);
        },
      },
      async clinic => {
        assert.deepEqual(await statuses(clinic, '/vault'), [403, 200, 403]);
        assert.deepEqual(await statuses(clinic, '/vault/open'), [200, 200, 200]);
        assert.deepEqual(await statuses(clinic, '/vault/broken'), [403, 403, 403]);
        assert.deepEqual(await statuses(clinic, '/inner'), [200, 200, 403]);
      },
    ));

  it('row 47: a guarded service serves nobody outside of a request', async () => {
    const clinic = new Clinic({setup: app => void app.bind('services.vault').toClass(VaultService)});
    const vault = await clinic.server.get<VaultService>('services.vault', {asProxyWithInterceptors: true});
    await assert.rejects(() => vault?.read() ?? Promise.resolve(), {statusCode: 403});
    await clinic.stop();
  });

  it('the controller gets the same user as its voters', () =>
    serving({setup: app => void app.controller(UserController)}, async clinic => {
      assert.equal((await clinic.get(admin, '/user')).body, 'ada');
    }));
});

@authorize({allowedRoles: ['$authenticated']})
class OpenController {
  read(): string {
    return 'open';
  }
}

@authorize({allowedRoles: ['admin']})
class ClosedController extends OpenController {}

class BareController {
  read(): string {
    return 'bare';
  }
}

class VaultService {
  @authorize({allowedRoles: ['admin']})
  read(): Promise<string> {
    return Promise.resolve('secret');
  }

  open(): Promise<string> {
    return Promise.resolve('open');
  }

  @authorize({scopes: ['nobody holds it']})
  broken(): Promise<string> {
    return Promise.resolve('secret');
  }
}

@injectable()
@authorize({allowedRoles: ['$authenticated']})
class VaultController {
  readonly #vault: VaultService;

  constructor(@inject('services.vault', {asProxyWithInterceptors: true}) vault: VaultService) {
    this.#vault = vault;
  }

  @get('/vault')
  read(): Promise<string> {
    return this.#vault.read();
  }

  @get('/vault/open')
  open(): Promise<string> {
    return this.#vault.open();
  }

  @get('/vault/broken')
  broken(): Promise<string> {
    return this.#vault.broken();
  }
}

class UserController {
  @authorize({
    allowedRoles: ['admin'],
    voters: [
      async ({principals: [principal], invocationContext}) => {
        const user = await invocationContext.get(SecurityBindings.USER);
        return user.name === principal?.['name'] ? AuthorizationDecision.ALLOW : AuthorizationDecision.DENY;
      },
    ],
  })
  @get('/user')
  read(@inject(SecurityBindings.USER) user: UserProfile): string {
    return user.name ?? '';
  }
}
