import type {RequestListener} from 'node:http';
import {createMtlsServer as createServer} from '../server/mtls-server';
import type {MessageClasses} from '../server/listener';
import type {MtlsServer, Rehearse, ServerExtras} from '../server/mtls-server';
import type {MtlsOptions} from '../server/options';

/**
 * Attacks a listener made of the material. What it needs for that, a CA among it, is loaded with the first rehearsal.
 * Messages are of the classes that the server has: V8 serves every request slower where it has seen others.
 */
export function rehearseLazily(messages?: MessageClasses): Rehearse {
  return async material => {
    const [{rehearse}, {buildTarget}] = await Promise.all([import('./rehearse.js'), import('./stage.js')]);
    return rehearse(material, (candidate, application) => buildTarget(candidate, application, messages));
  };
}

/**
 * Checks the whole configuration, loads what it names, attacks a listener made of it, and makes a server that accepts
 * only verified peers. What the options leave out may come from the environment.
 * @throws ConfigError with every fault of options, files, credentials, runtime and rehearsal
 */
export function createMtlsServer(
  options: Partial<MtlsOptions>,
  application: RequestListener,
  extras: ServerExtras = {},
): Promise<MtlsServer> {
  return createServer(options, application, {rehearse: rehearseLazily(extras.messages), ...extras});
}
