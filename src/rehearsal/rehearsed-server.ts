import type {RequestListener} from 'node:http';
import {createMtlsServer as createServer} from '../server/mtls-server';
import type {MtlsServer, Rehearse, ServerExtras} from '../server/mtls-server';
import type {MtlsOptions} from '../server/options';

/** Attacks a listener made of the material. What it needs for that, a CA among it, is loaded with the first rehearsal. */
export const rehearseLazily: Rehearse = async material => (await import('./rehearse.js')).rehearse(material);

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
  return createServer(options, application, {rehearse: rehearseLazily, ...extras});
}
