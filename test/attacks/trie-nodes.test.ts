import assert from 'node:assert/strict';
import {authorize} from '@loopback/authorization';
import {get, param, RestBindings} from '@loopback/rest';
import type {ResolvedRoute, RestApplication, RestRouter, RouteEntry} from '@loopback/rest';
import {admin, nurse, serving, statuses} from '../loopback/support/clinic';
import {Recorder} from '../server/harness';

class WardController {
  @authorize({allowedRoles: ['admin']})
  @get('/wards/export')
  export(): string {
    return 'everything';
  }

  @authorize({allowedRoles: ['nurse', 'admin']})
  @get('/wards/{ward}')
  find(@param.path.string('ward', {required: false}) ward: string | undefined): string {
    return `ward ${String(ward)}`;
  }

  @authorize({allowedRoles: ['nurse', 'admin']})
  @get('/wards/{ward}/beds/{bed}')
  bed(@param.path.string('ward') ward: string, @param.path.string('bed') bed: string): string {
    return `bed ${bed} of ${ward}`;
  }
}

/** What LoopBack's trie keeps or inherits under these names, seen from the path of a request. */
const SEGMENTS = ['{ward}', '{bed}', 'constructor', '__proto__', 'toString', 'hasOwnProperty', '__defineGetter__'];

const wards = (app: RestApplication): void => void app.controller(WardController);

/** As a router that decodes what it was given more than once. */
class FailingRouter implements RestRouter {
  readonly #routes: RouteEntry[] = [];

  add(route: RouteEntry): void {
    this.#routes.push(route);
  }

  find(): ResolvedRoute | undefined {
    throw new URIError('URI malformed');
  }

  list(): RouteEntry[] {
    return this.#routes;
  }
}

describe('attack: a path that names a node of the routing table', () => {
  for (const segment of SEGMENTS) {
    it(`${segment} is the value of a variable like any other`, () =>
      serving({setup: wards}, async clinic => {
        const ward = await clinic.get(nurse, `/wards/${segment}`);
        assert.deepEqual([ward.status, ward.body], [200, `ward ${segment}`]);
        const bed = await clinic.get(nurse, `/wards/${segment}/beds/${segment}`);
        assert.deepEqual([bed.status, bed.body], [200, `bed ${segment} of ${segment}`]);
        assert.deepEqual(await statuses(clinic, `/wards/${segment}/beds/1`), [200, 200, 403]);
        assert.deepEqual(await statuses(clinic, `/${segment}/${segment}`), [404, 404, 404]);
      }));
  }

  it('an escape that is no UTF-8 is refused before the router sees it', () =>
    serving({setup: wards}, async clinic => {
      assert.deepEqual(await statuses(clinic, '/wards/%ff'), [400, 400, 400]);
    }));

  it('a router that throws refuses, and the refusal is recorded', () =>
    serving(
      {
        setup: app => {
          app.bind(RestBindings.ROUTER).toClass(FailingRouter);
          wards(app);
        },
      },
      async clinic => {
        const recorder = new Recorder('authorization');
        try {
          const answer = await clinic.get(admin, '/wards/1');
          assert.deepEqual([answer.status, answer.body.includes('malformed')], [400, false]);
          const {why, correlationId} = await recorder.next('authorization');
          assert.deepEqual([why?.code, correlationId], ['ERR_MTLS_REQUEST_TARGET', answer.headers['x-correlation-id']]);
        } finally {
          recorder.stop();
        }
      },
    ));
});
