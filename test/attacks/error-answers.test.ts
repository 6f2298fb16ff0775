import assert from 'node:assert/strict';
import {authorize} from '@loopback/authorization';
import {DefaultSequence, get, HttpErrors, param} from '@loopback/rest';
import type {RestApplication} from '@loopback/rest';
import {admin, nurse, serving} from '../loopback/support/clinic';

class WardController {
  @authorize({allowedRoles: ['admin']})
  @get('/wards')
  list(): string[] {
    return ['a'];
  }

  @authorize({allowedRoles: ['admin']})
  @get('/wards/{ward}')
  find(@param.path.number('ward') ward: number): never {
    throw new HttpErrors.UnprocessableEntity(`ward ${ward}`);
  }
}

/** LoopBack repeats an unknown format in a header; these no header can hold, and the last three it could. */
const FORMATS = ['%0a', '%0d%0aset-cookie:a=b', '%00', '%C4%80', '%F0%9F%92%A9', '%7F', 'pdf', 'html'];

describe('attack: a format for errors that no header can hold', () => {
  const wards = (app: RestApplication): void => void app.controller(WardController);
  for (const [way, setup] of [
    ['the compiled path', wards],
    [
      'the stock path',
      (app: RestApplication): void => {
        wards(app);
        app.sequence(DefaultSequence);
      },
    ],
  ] as const) {
    it(`changes no answer on ${way}`, () =>
      serving({setup}, async clinic => {
        for (const format of FORMATS) {
          for (const name of ['_format', '%5fformat', '_format[a]'])
            for (const [caller, path, status] of [
              [nurse, '/wards', 403],
              [nurse, '/nothing', 404],
              [admin, '/wards/x', 400],
              [admin, '/wards/7', 422],
            ] as const) {
              const {status: got, headers, body} = await clinic.get(caller, `${path}?${name}=${format}`);
              assert.deepEqual([got, headers['x-warning'], headers['set-cookie']], [status, undefined, undefined]);
              assert.match(String(headers['content-type']), /^application\/json/);
              assert.doesNotMatch(body, /node_modules|at .*\.js/);
            }
        }
        assert.equal((await clinic.get(admin, '/wards?_format=%0a')).status, 200);
      }));
  }
});
