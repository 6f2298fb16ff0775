import assert from 'node:assert/strict';
import {MiddlewareSequence} from '@loopback/rest';
import type {RestApplication} from '@loopback/rest';
import {Clinic} from '../support/clinic';
import {
  ErrorController,
  InjectedController,
  InterceptedController,
  Notebook,
  ResultController,
  tracing,
} from './features';
import {observe} from './observe';
import type {Observation} from './observe';
import {BodyController, ParameterController, SingletonController} from './parameters';
import {generate, TOO_LARGE} from './requests';
import type {Ask} from './requests';

/** A sequence of its own keeps an application on the stock path, whatever it does. */
class OwnSequence extends MiddlewareSequence {}

const COMPILED = {path: 'compiled', how: ['direct', 'injected', 'intercepted']};
const STOCK = {path: 'stock', how: ['a sequence or middleware of the application']};

const APPLICATIONS: Readonly<Record<string, (app: RestApplication) => void>> = {
  'as it is': () => undefined,
  'under a global interceptor': app => {
    app.interceptor(tracing('global'), {global: true, group: 'tracing', name: 'tracing'});
  },
};

function register(app: RestApplication): void {
  app.service(Notebook);
  app.controller(ParameterController);
  app.controller(BodyController);
  app.controller(SingletonController);
  app.controller(ResultController);
  app.controller(ErrorController);
  app.controller(InjectedController);
  app.controller(InterceptedController);
}

/** Sends the same requests to the same application on one of the paths. */
async function outcomeOn(
  path: 'compiled' | 'stock',
  setup: (app: RestApplication) => void,
  asks: readonly Ask[],
): Promise<Observation> {
  const clinic = new Clinic({
    options: {audit: {sink: 'none', allowed: 'record'}},
    setup: app => {
      register(app);
      setup(app);
      if (path === 'stock') app.sequence(OwnSequence);
    },
  });
  try {
    await clinic.app.start();
    const taken = (await clinic.server.paths()).filter(route => route.endpoint !== 'POST /upload');
    const expected = path === 'stock' ? STOCK : COMPILED;
    assert.ok(taken.length > 30);
    for (const route of taken) assert.ok(route.path === expected.path && expected.how.includes(route.how), route.how);
    return await observe(clinic.port, asks);
  } finally {
    await clinic.stop();
  }
}

/** Compares everything that can be observed, naming the request at the first difference. */
function assertEqual(stock: Observation, compiled: Observation, asks: readonly Ask[]): void {
  for (const [index, outcome] of stock.outcomes.entries())
    assert.deepEqual({...compiled.outcomes[index], ask: asks[index]}, {...outcome, ask: asks[index]});
  assert.deepEqual(compiled.logged, stock.logged);
  assert.deepEqual(compiled.audited, stock.audited);
}

describe('the compiled path and the stock path answer alike', function () {
  this.timeout(120_000);

  for (const [index, [name, setup]] of Object.entries(APPLICATIONS).entries()) {
    it(`1500 requests to an application ${name}`, async () => {
      const asks = [...generate(1_500, 20_261_123 + index), TOO_LARGE, TOO_LARGE];
      const stock = await outcomeOn('stock', setup, asks);
      assertEqual(stock, await outcomeOn('compiled', setup, asks), asks);
      const statuses = new Set(stock.outcomes.map(({status}) => status));
      // The requests are worth something only while they reach all kinds of answers.
      for (const status of [200, 202, 204, 303, 400, 403, 404, 410, 413, 415, 418, 422, 500, 503])
        assert.ok(statuses.has(status), `no ${status} among ${[...statuses].join()}`);
    });
  }
});
