import assert from 'node:assert/strict';
import {compare} from './compare';
import type {Feature} from './feature';
import {ANSWERS} from './answers';
import {BODIES} from './bodies';
import {CONTROLLERS} from './controllers';
import {INJECTION} from './injection';
import {INTERCEPTORS} from './interceptors';

const FEATURES: readonly Feature[] = [...INTERCEPTORS, ...INJECTION, ...CONTROLLERS, ...BODIES, ...ANSWERS];

describe('features of LoopBack are the same on both paths', function () {
  this.timeout(30_000);

  for (const {name, setup, asks, ...circumstances} of FEATURES) {
    it(name, async () => {
      const {outcomes, logged} = await compare(setup, asks, {concurrent: 1, ...circumstances});
      for (const [index, {method, path, status, answer}] of asks.entries()) {
        const {status: actual, body = ''} = outcomes[index] ?? {};
        assert.equal(actual, status, `${method} ${path}: ${body} ${logged.join()}`);
        if (typeof answer === 'string') assert.equal(body, answer, path);
        if (answer instanceof RegExp) assert.match(body, answer, path);
      }
    });
  }
});
