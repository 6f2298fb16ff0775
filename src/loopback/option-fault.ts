import type {ConfigFault} from '../errors';

/** A fault about a value that somebody wrote into options or decorators. The value is shown as JSON. */
export function optionFault(where: string, required: string, found: unknown, remedy: string): ConfigFault {
  const shown = found === undefined ? 'nothing' : typeof found === 'function' ? 'a function' : JSON.stringify(found);
  return {code: 'ERR_MTLS_CONFIG', where, required, found: shown, remedy};
}
