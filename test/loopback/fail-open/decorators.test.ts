import assert from 'node:assert/strict';
import {authenticate, AuthenticationBindings, registerAuthenticationStrategy} from '@loopback/authentication';
import type {AuthenticationStrategy} from '@loopback/authentication';
import {authorize} from '@loopback/authorization';
import type {Constructor} from '@loopback/core';
import {get, RedirectRoute} from '@loopback/rest';
import type {RestApplication} from '@loopback/rest';
import {requireCertificate} from '../../../src/loopback/decorators';
import {assertRefused, serving, statuses} from '../support/clinic';

const path = '/x';
const serve = (controller: Constructor<object>) => ({
  setup: (app: RestApplication): void => void app.controller(controller),
});

@authorize.deny('guest')
class DeniesGuests {
  @authorize({allowedRoles: ['nurse', 'guest']})
  @get(path)
  read(): string {
    return 'secret';
  }
}

@authorize.denyAll()
class DeniesAllWithScope {
  @authorize({scopes: ['read']})
  @get(path)
  read(): string {
    return 'secret';
  }
}

@authorize.denyAll()
class DeniesAllAndAllows {
  @authorize.allow('admin')
  @get(path)
  read(): string {
    return 'secret';
  }
}

@authorize({allowedRoles: ['nurse', 'admin']})
class Narrows {
  @authorize({allowedRoles: ['admin', 'guest']})
  @get(path)
  read(): string {
    return 'secret';
  }
}

class GuestBase {
  @authorize({allowedRoles: ['guest']})
  @get(path)
  read(): string {
    return 'secret';
  }
}

@authorize({allowedRoles: ['admin']})
class AdminOfGuestBase extends GuestBase {}

@authorize({allowedRoles: ['admin', 'guest']})
class WiderOfGuestBase extends GuestBase {}

class Stacked {
  @authorize.allow('admin')
  @authorize.allowAll()
  @get(path)
  read(): string {
    return 'secret';
  }
}

@requireCertificate({uri: 'spiffe://clinic.example/*'})
class StackedRequirementsBase {
  @requireCertificate({minVersion: 'TLSv1.3'})
  @get(path)
  read(): string {
    return 'secret';
  }
}

@authorize({allowedRoles: ['$authenticated']})
@requireCertificate({uri: ['spiffe://clinic.example/nora', 'spiffe://clinic.example/ada']})
class StackedRequirements extends StackedRequirementsBase {
  @requireCertificate({uri: 'spiffe://clinic.example/ada'})
  @requireCertificate({organizationalUnit: 'Admins'})
  override read(): string {
    return 'secret';
  }
}

describe('fail-open: decorators', () => {
  it('row 11: what a class denies, no method allows', () =>
    serving(serve(DeniesGuests), async clinic => {
      assert.deepEqual(await statuses(clinic, path), [200, 403, 403]);
    }));

  it('row 11: denyAll of a class is not lost to the scopes of a method', () =>
    serving({...serve(DeniesAllWithScope), options: {scopes: {admin: ['read']}}}, async clinic => {
      assert.deepEqual(await statuses(clinic, path), [403, 403, 403]);
    }));

  it('row 11: denyAll beside an allowed role refuses the start', () =>
    assertRefused(serve(DeniesAllAndAllows), /^GET \/x/, /denying everybody beside @authorize/));

  it('of the roles of class and method only those remain that both allow', () =>
    serving(serve(Narrows), async clinic => {
      assert.deepEqual(await statuses(clinic, path), [403, 200, 403]);
    }));

  it('row 12: a stacked allowAll refuses the start', () =>
    assertRefused(serve(Stacked), /^GET \/x/, /^\$everyone in @authorize on Stacked\.read$/));

  it('row 12: our own decorator loses nothing when it is stacked or inherited', () =>
    serving(serve(StackedRequirements), async clinic => {
      assert.deepEqual(await statuses(clinic, path), [403, 200, 403]);
      assert.deepEqual(await statuses(clinic, path, {maxVersion: 'TLSv1.2'}), [403, 403, 403]);
    }));

  it('row 13: an inherited method does not keep a role that the class no longer allows', () =>
    assertRefused(
      serve(AdminOfGuestBase),
      /^GET \/x/,
      /^none left of @authorize on GuestBase\.read and @authorize on Admin/,
    ));

  it('row 13: and keeps the ones that both allow', () =>
    serving(serve(WiderOfGuestBase), async clinic => {
      assert.deepEqual(await statuses(clinic, path), [403, 403, 200]);
    }));

  it('row 14: decorators where LoopBack would not look throw', () => {
    const requirement = requireCertificate({minVersion: 'TLSv1.3'});
    class Target {
      static method(): void {
        // Its metadata would be invisible.
      }
    }
    const descriptor = Object.getOwnPropertyDescriptor(Target, 'method');
    assert.ok(descriptor);
    assert.throws(() => {
      requirement(Target, 'method', descriptor);
    }, TypeError);
    assert.throws(() => {
      Reflect.apply(requirement, undefined, [Target.prototype, 'property']);
    }, TypeError);
    assert.throws(() => {
      Reflect.apply(authorize({allowedRoles: ['admin']}), undefined, [Target.prototype, 'property']);
    });
  });

  for (const [name, decorator, found] of [
    ['row 19: an alternative to the certificate', authenticate('mtls', 'jwt'), /mtls, jwt/],
    ['row 21: an empty @authenticate', authenticate(), /^@authenticate\(\)$/],
    ['row 22: a skip in first place', authenticate({strategy: '', skip: true}, {strategy: 'mtls'}), /skip, mtls/],
    ['row 22: @authenticate.skip()', authenticate.skip(), /skip/],
    ['row 50: a strategy nobody registered', authenticate('unknown'), /unknown/],
    ['@authorize.skip()', authorize.skip(), /skip in @authorize/],
    ['$everyone', authorize.allowAll(), /\$everyone/],
    ['$anonymous', authorize.allow('$anonymous'), /\$anonymous/],
    ['$unauthenticated', authorize.allow('$unauthenticated'), /\$unauthenticated/],
    ['a role that no identity rule gives', authorize.allow('doctor'), /doctor, which no identity rule gives/],
    ['a denied role that no identity rule gives', authorize.deny('gueest'), /gueest/],
    ['a rule that names no role', authorize({scopes: []}), /only @authorize/],
    ['an empty list of roles', authorize({allowedRoles: []}), /an empty list/],
    ['a scope that no role holds', authorize({allowedRoles: ['admin'], scopes: ['write']}), /write/],
  ] as const) {
    it(`${name} refuses the start`, () => {
      class Decorated {
        read(): string {
          return 'secret';
        }
      }
      const descriptor = Object.getOwnPropertyDescriptor(Decorated.prototype, 'read');
      assert.ok(descriptor);
      get(path)(Decorated.prototype, 'read', descriptor);
      decorator(Decorated.prototype, 'read', descriptor);
      return assertRefused(serve(Decorated), /^GET \/x \(Decorated\.read\)$/, found);
    });
  }

  it('row 19: default metadata that names another strategy refuses the start', () =>
    assertRefused(
      {
        setup: app => {
          app.controller(Narrows);
          app.configure(AuthenticationBindings.COMPONENT).to({defaultMetadata: [{strategy: 'jwt'}]});
        },
      },
      /AuthenticationComponent/,
      /^jwt$/,
    ));

  it('row 20: a strategy that returns a redirect has no say', () =>
    serving(
      {
        setup: app => {
          app.controller(Narrows);
          registerAuthenticationStrategy(app, RedirectStrategy);
        },
      },
      async clinic => {
        assert.deepEqual(await statuses(clinic, path), [403, 200, 403]);
      },
    ));

  it("@authenticate('mtls') is what happens anyway", () => {
    class Explicit {
      @authenticate('mtls')
      @authorize({allowedRoles: ['$authenticated']})
      @get(path)
      read(): string {
        return 'secret';
      }
    }
    return serving(serve(Explicit), async clinic => {
      assert.deepEqual(await statuses(clinic, path), [200, 200, 200]);
    });
  });

  it('scopes are held by roles', () => {
    class Scoped {
      @authorize({allowedRoles: ['$authenticated'], scopes: ['records:read', 'records:write']})
      @get(path)
      read(): string {
        return 'secret';
      }
    }
    const scopes = {nurse: ['records:read'], admin: ['records:read', 'records:write']};
    return serving({...serve(Scoped), options: {scopes}}, async clinic => {
      assert.deepEqual(await statuses(clinic, path), [403, 200, 403]);
    });
  });
});

class RedirectStrategy implements AuthenticationStrategy {
  readonly name = 'mtls';

  authenticate(): Promise<RedirectRoute> {
    return Promise.resolve(new RedirectRoute('', 'https://login.example', 303));
  }
}
