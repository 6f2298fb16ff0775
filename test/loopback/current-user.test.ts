import assert from 'node:assert/strict';
import {setTimeout as pause} from 'node:timers/promises';
import {authenticate, AuthenticationBindings} from '@loopback/authentication';
import {authorize} from '@loopback/authorization';
import {inject} from '@loopback/core';
import type {Getter} from '@loopback/core';
import {get, HttpErrors, MiddlewareSequence} from '@loopback/rest';
import type {RestApplication} from '@loopback/rest';
import {SecurityBindings, securityId} from '@loopback/security';
import type {UserProfile} from '@loopback/security';
import {admin, guest, nurse, serving} from './support/clinic';

@authorize({allowedRoles: ['nurse', 'admin', 'guest']})
class WhoController {
  @authenticate('mtls')
  @get('/authenticated')
  async authenticated(@inject.getter(SecurityBindings.USER) user: Getter<UserProfile>): Promise<string> {
    await pause(20);
    return (await user())[securityId];
  }

  @get('/plain')
  plain(@inject(SecurityBindings.USER) user: UserProfile): string {
    return user[securityId];
  }
}

class OwnSequence extends MiddlewareSequence {}

const PATHS: Readonly<Record<string, (app: RestApplication) => void>> = {
  compiled: app => void app.controller(WhoController),
  stock: app => {
    app.controller(WhoController);
    app.sequence(OwnSequence);
  },
};

describe('the current user', () => {
  for (const [path, setup] of Object.entries(PATHS)) {
    it(`of requests at the same time is each one's own caller on the ${path} path`, () =>
      serving({setup}, async clinic => {
        const people = [nurse, admin, guest, admin, nurse];
        const names = ['nora', 'ada', 'gus', 'ada', 'nora'];
        const answers = await Promise.all(people.map(person => clinic.get(person, '/authenticated')));
        assert.deepEqual(
          answers.map(({body}) => body),
          names.map(name => `spiffe://clinic.example/${name}`),
        );
      }));

    it(`is not whoever was authenticated before on the ${path} path`, () =>
      serving({setup}, async clinic => {
        await clinic.get(admin, '/authenticated#elsewhere');
        await clinic.get(admin, '/authenticated');
        assert.equal((await clinic.get(guest, '/plain')).body, 'spiffe://clinic.example/gus');
      }));
  }

  it('is asked for by an authentication action of the application, where there is one', () =>
    serving({setup: app => PATHS['stock']?.(app)}, async clinic => {
      assert.equal((await clinic.get(guest, '/plain')).status, 200);
      clinic.app
        .bind(AuthenticationBindings.AUTH_ACTION)
        .to(() => Promise.reject(new HttpErrors.PaymentRequired('not you')));
      assert.equal((await clinic.get(guest, '/plain')).status, 402);
    }));
});
