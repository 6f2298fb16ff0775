import assert from 'node:assert/strict';
import type {RestApplication} from '@loopback/rest';
import {compare} from './compare';
import {
  ErrorController,
  InjectedController,
  InterceptedController,
  Notebook,
  ResultController,
  tracing,
} from './features';
import {BodyController, ParameterController, SingletonController} from './parameters';
import {generate, TOO_LARGE} from './requests';

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

describe('the compiled path and the stock path answer alike', function () {
  this.timeout(120_000);

  for (const [index, [name, setup]] of Object.entries(APPLICATIONS).entries()) {
    it(`1500 requests to an application ${name}`, async () => {
      const asks = [...generate(1_500, 20_261_123 + index), TOO_LARGE, TOO_LARGE];
      const both = (app: RestApplication): void => {
        register(app);
        setup(app);
      };
      const {outcomes} = await compare(both, asks, {stock: {'POST /upload': 'its body has a parser of its own'}});
      const statuses = new Set(outcomes.map(({status}) => status));
      assert.ok(!statuses.has(0), 'a connection ended without an answer');
      // The requests are worth something only while they reach all kinds of answers.
      for (const status of [200, 202, 204, 303, 400, 403, 404, 410, 413, 415, 418, 422, 500, 503])
        assert.ok(statuses.has(status), `no ${status} among ${[...statuses].join()}`);
    });
  }
});
