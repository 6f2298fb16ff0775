import {inspect} from 'node:util';
import type {ConfigFault} from '../errors';

/** A fault about a value that somebody wrote into options or decorators. */
export function optionFault(where: string, required: string, found: unknown, remedy: string): ConfigFault {
  const shown = inspect(found, {depth: 1, breakLength: Infinity, maxStringLength: 80, maxArrayLength: 8});
  return {code: 'ERR_MTLS_CONFIG', where, required, found: shown, remedy};
}
