import assert from 'node:assert/strict';
import {inspect} from 'node:util';
import {ConfigError} from '../src/errors';
import type {ConfigFault} from '../src/errors';

function faultAt(where: string): ConfigFault {
  return {code: 'ERR_MTLS_CONFIG', where, required: 'a path', found: 'nothing', remedy: `set ${where}`};
}

describe('a fault of the configuration', () => {
  const faults = [faultAt('server.key'), faultAt('clients.ca')] as const;
  const error = new ConfigError(faults);

  it('is in the message, with its remedy and every other one', () => {
    for (const {where, remedy} of faults) assert.match(error.message, new RegExp(`^${where}: .*; ${remedy}$`, 'm'));
  });

  it('is in `faults`, for programs', () => {
    assert.deepEqual(error.faults, faults);
  });

  it('is printed once by a console, where it is not the first', () => {
    assert.equal(inspect(error).split('set clients.ca').length, 2);
  });
});
