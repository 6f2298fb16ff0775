import type {RestServerConfig} from '@loopback/rest';

/** The part of `rest` that reaches LoopBack: what concerns the listener stays behind, what is open by default is off. */
export function hardenedConfig(config: RestServerConfig): RestServerConfig {
  const {port, host, path, basePath, openApiSpec, requestBodyParser, sequence, router, listenOnStart} = config;
  const given = {port, host, path, basePath, openApiSpec, requestBodyParser, sequence, router, listenOnStart};
  return {
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    protocol: 'https',
    // LoopBack's default answers every origin, with credentials.
    cors: config.cors ?? {origin: false},
    // It would send the browser, and with it the address of this server, to a site on the Internet.
    apiExplorer: {disabled: true},
    // What not even the reject action could answer, Express answers, outside of production with the stack trace.
    expressSettings: {...config.expressSettings, 'x-powered-by': false, 'trust proxy': false, env: 'production'},
  };
}

/**
 * Headers by which a proxy says whom it speaks for. TLS ends in this process, so only the caller can have written
 * them, and LoopBack believes some of them without being asked.
 */
export const FORWARDED_HEADERS: readonly string[] = Object.freeze([
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
]);
