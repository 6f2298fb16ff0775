import {AuthenticationBindings} from '@loopback/authentication';
import type {AuthenticationOptions} from '@loopback/authentication';
import {AuthorizationBindings, AuthorizationDecision} from '@loopback/authorization';
import type {AuthorizationOptions} from '@loopback/authorization';
import {Context, CoreTags} from '@loopback/core';
import type {Application} from '@loopback/core';
import {RestBindings, RestServer} from '@loopback/rest';
import type {RestServerConfig} from '@loopback/rest';
import type {ConfigFault} from '../errors';
import {STRATEGY_NAME} from './keys';

/** TLS settings of Node that LoopBack would take from `rest`: none of them has an effect here, so none may stand there. */
const TLS_OPTIONS: readonly string[] = [
  'key',
  'cert',
  'ca',
  'crl',
  'pfx',
  'passphrase',
  'requestCert',
  'rejectUnauthorized',
  'minVersion',
  'maxVersion',
  'secureProtocol',
  'secureOptions',
  'secureContext',
  'ciphers',
  'honorCipherOrder',
  'ecdhCurve',
  'sigalgs',
  'dhparam',
  'SNICallback',
  'ALPNProtocols',
  'ALPNCallback',
  'pskCallback',
  'ticketKeys',
  'sessionTimeout',
  'sessionIdContext',
  'handshakeTimeout',
  'enableTrace',
  'insecureHTTPParser',
];

/** Limits that LoopBack would set on its own listener. */
const LISTENER_OPTIONS: readonly string[] = ['keepAliveTimeout', 'headersTimeout', 'maxConnections', 'timeout'];

type Report = (where: string, required: string, found: string, remedy: string) => void;

/** What in the application's own LoopBack settings would undo or contradict the protection. */
export async function applicationFaults(
  app: Application,
  server: Context,
  config: RestServerConfig,
): Promise<readonly ConfigFault[]> {
  const faults: ConfigFault[] = [];
  const report: Report = (where, required, found, remedy) => {
    faults.push({code: 'ERR_MTLS_CONFIG', where, required, found, remedy});
  };
  checkRestConfig(config, report);
  checkOtherServers(app, report);
  const writer = await server.get(RestBindings.ERROR_WRITER_OPTIONS, {optional: true});
  if (writer?.debug === true) {
    const remedy = 'remove debug: it sends stack traces and every field of an error to the caller';
    report(RestBindings.ERROR_WRITER_OPTIONS.key, 'no debug', 'debug: true', remedy);
  }
  const authentication = await app.getConfig<AuthenticationOptions>(AuthenticationBindings.COMPONENT);
  for (const {strategy, skip} of authentication?.defaultMetadata ?? []) {
    if (strategy === STRATEGY_NAME && skip !== true) continue;
    const remedy = 'remove defaultMetadata: every caller is authenticated by certificate';
    report(
      `${AuthenticationBindings.COMPONENT.key} configuration`,
      `the strategy ${STRATEGY_NAME}`,
      strategy || 'skip',
      remedy,
    );
  }
  checkAuthorization(await app.getConfig<AuthorizationOptions>(AuthorizationBindings.COMPONENT), report);
  return faults;
}

function checkRestConfig(config: RestServerConfig, report: Report): void {
  for (const option of Object.keys(config)) {
    const where = `rest.${option}`;
    if (TLS_OPTIONS.includes(option)) {
      report(where, 'no TLS setting here', 'one', 'remove it: TLS is configured by the component, keys under `server`');
    } else if (LISTENER_OPTIONS.includes(option)) {
      report(where, 'no limit here', 'one', 'remove it and use `server.limits` of the component');
    }
  }
  if (config.protocol === 'http') {
    report('rest.protocol', 'https', 'http', 'remove it: there is no listener without TLS');
  }
  const trustProxy: unknown = config.expressSettings?.['trust proxy'];
  if (trustProxy !== undefined && trustProxy !== false) {
    const remedy = 'remove it: TLS ends here, so forwarded headers can only come from the caller';
    report(
      "rest.expressSettings['trust proxy']",
      'no trusted proxy',
      typeof trustProxy === 'function' ? 'a function' : JSON.stringify(trustProxy),
      remedy,
    );
  }
  const {origin, credentials} = config.cors ?? {};
  if (credentials === true && (origin === '*' || origin === true || origin === undefined)) {
    const remedy = 'list the origins: a browser presents the certificate for whoever asks';
    report('rest.cors', 'named origins beside credentials', 'any origin', remedy);
  }
}

/** Every REST server serves all controllers of the application, and only one of them checks certificates. */
function checkOtherServers(app: Application, report: Report): void {
  for (const {key, valueConstructor} of app.findByTag(CoreTags.SERVER)) {
    if (key === RestBindings.SERVER.key || !isRestServer(valueConstructor)) continue;
    const remedy = 'remove it, or give it an application of its own';
    report(key, 'one REST server', `a second one, ${valueConstructor.name}`, remedy);
  }
}

function isRestServer(constructor: unknown): constructor is typeof RestServer {
  return (
    typeof constructor === 'function' && (constructor === RestServer || constructor.prototype instanceof RestServer)
  );
}

function checkAuthorization(options: AuthorizationOptions | undefined, report: Report): void {
  const where = `${AuthorizationBindings.COMPONENT.key} configuration`;
  const {precedence, defaultDecision, defaultMetadata} = options ?? {};
  const remedy = 'remove it: here a vote can only deny';
  if (precedence === AuthorizationDecision.ALLOW) report(where, 'precedence of Deny', 'precedence of Allow', remedy);
  if (defaultDecision === AuthorizationDecision.ALLOW) report(where, 'a default of Deny', 'a default of Allow', remedy);
  if (defaultMetadata !== undefined) {
    report(where, 'rules on the routes', 'defaultMetadata', 'remove it: every route needs a rule of its own');
  }
}
