import {isWeakening} from '../danger';
import type {AnyWeakening, Weakening, WeakeningKind} from '../danger';
import type {IdentityResolver} from '../identity/rules';
import type {CredentialOptions} from '../tls/credentials';
import type {SessionOptions} from '../tls/sessions';
import type {Report, Source} from '../tls/source';
import {DEFAULT_TRUST} from '../trust/policy';
import {gatherOptions} from './environment';
import {OPTIONS} from './grammar';
import type {ResolvedAnchor} from './grammar';
import {DEFAULT_LIMITS} from './limits';
import type {Limits} from './limits';
import type {ClientOptions} from './options';
import {resolveReload} from './reload/settings';
import type {ReloadSettings} from './reload/settings';
import type {StaplingOptions} from './stapling';

/** Options after they were read: complete, typed, with every default in place. The sources have not been opened. */
export interface ResolvedOptions {
  readonly credentials: CredentialOptions;
  readonly limits: Limits;
  readonly hostNames: readonly string[];
  readonly stapling?: 'off' | StaplingOptions;
  readonly sessions: 'off' | SessionOptions;
  readonly anchors: readonly ResolvedAnchor[];
  readonly intermediates: readonly Source[];
  readonly maxIntermediates: number;
  readonly revocation: Pick<ClientOptions, 'crl' | 'revocation'>;
  /** Rules as they were written, for `compileRules`, or a resolver. */
  readonly identity:
    | {readonly kind: 'rules'; readonly rules: unknown}
    | {readonly kind: 'resolver'; readonly resolve: IdentityResolver; readonly timeoutMs: number};
  readonly audit: {readonly allowed: 'record' | 'omit'; readonly sink: 'stderr' | 'none'};
  readonly reload: ReloadSettings;
  readonly rehearsal: 'on' | 'off';
  readonly danger: readonly AnyWeakening[];
}

/**
 * Reads options from code, environment and file, reports every fault, and fills in the defaults. Undefined where a
 * part that is needed could not be read; there is a fault then.
 */
export async function readOptions(
  options: unknown,
  variables: Readonly<Record<string, string | undefined>>,
  now: Date,
  report: Report,
): Promise<ResolvedOptions | undefined> {
  const fields = OPTIONS(await gatherOptions(options, variables, report), '', report);
  const {server, clients, identity} = fields ?? {};
  const credentials = server && readCredentials(server, report);
  const mapping = identity && readIdentity(identity, report);
  const danger = readDanger(fields?.danger ?? [], now, report);
  if (!server || !credentials || !clients?.ca || !mapping) return undefined;
  return Object.freeze({
    credentials,
    limits: Object.freeze({...DEFAULT_LIMITS, ...server.limits}),
    hostNames: server.hostNames ?? [],
    ...(server.stapling !== undefined && {stapling: server.stapling}),
    sessions: server.sessions ?? 'off',
    anchors: clients.ca,
    intermediates: clients.intermediates ?? [],
    maxIntermediates: clients.maxIntermediates ?? DEFAULT_TRUST.maxIntermediates,
    revocation: {
      ...(clients.crl && {crl: clients.crl}),
      ...(clients.revocation && {revocation: clients.revocation}),
    },
    identity: mapping,
    audit: Object.freeze({allowed: fields?.audit?.allowed ?? 'omit', sink: fields?.audit?.sink ?? 'stderr'}),
    reload: resolveReload(fields?.reload),
    rehearsal: fields?.rehearsal ?? 'on',
    danger,
  });
}

/** The weakening of this kind, where one is in force. */
export function weakeningOf<K extends WeakeningKind>(options: ResolvedOptions, kind: K): Weakening<K> | undefined {
  return options.danger.find((weakening): weakening is Weakening<K> & AnyWeakening => weakening.weakens === kind);
}

function readCredentials(
  {
    key,
    cert,
    pkcs12,
    passphrase,
  }: {
    readonly key?: Source;
    readonly cert?: Source;
    readonly pkcs12?: Source;
    readonly passphrase?: Source;
  },
  report: Report,
): CredentialOptions | undefined {
  if (key !== undefined && cert !== undefined && pkcs12 === undefined)
    return passphrase === undefined ? {key, cert} : {key, cert, passphrase};
  if (pkcs12 !== undefined && passphrase !== undefined && key === undefined && cert === undefined)
    return {pkcs12, passphrase};
  const given = Object.entries({key, cert, pkcs12, passphrase}).flatMap(([name, value]) => (value ? [name] : []));
  report({
    code: 'ERR_MTLS_CONFIG',
    where: 'server',
    required: 'key and cert, or pkcs12 and passphrase',
    found: given.length === 0 ? 'neither' : given.join(', '),
    remedy: 'set server.key and server.cert, or server.pkcs12 and server.passphrase',
  });
  return undefined;
}

function readIdentity(
  {
    rules,
    resolver: resolve,
    resolverTimeoutMs,
  }: {
    readonly rules?: unknown;
    readonly resolver?: IdentityResolver;
    readonly resolverTimeoutMs?: number;
  },
  report: Report,
): ResolvedOptions['identity'] | undefined {
  if (rules !== undefined && resolve === undefined && resolverTimeoutMs === undefined) return {kind: 'rules', rules};
  if (rules === undefined && resolve !== undefined)
    return {kind: 'resolver', resolve, timeoutMs: resolverTimeoutMs ?? 2_000};
  report({
    code: 'ERR_MTLS_CONFIG',
    where: 'identity',
    required: 'either rules or a resolver',
    found: rules === undefined ? 'neither' : 'rules together with resolver options',
    remedy: 'set identity.rules, or identity.resolver with its resolverTimeoutMs',
  });
  return undefined;
}

const DAY_MS = 86_400_000;
const MAX_WEAKENING_DAYS = 366;

function readDanger(values: readonly unknown[], now: Date, report: Report): readonly AnyWeakening[] {
  return values.flatMap((value, index) => {
    const where = `danger[${index}]`;
    const fail = (required: string, found: string, remedy: string): readonly AnyWeakening[] => {
      report({code: 'ERR_MTLS_WEAKENING', where, required, found, remedy});
      return [];
    };
    if (!isWeakening(value))
      return fail('a value made by loopback4-mtls/danger', 'another one', 'call a function of loopback4-mtls/danger');
    const until = value.until.toISOString();
    if (value.until <= now)
      return fail('an end in the future', until, `end ${value.weakens}, or decide about it again`);
    if (value.until.getTime() - now.getTime() > MAX_WEAKENING_DAYS * DAY_MS)
      return fail(`an end within ${MAX_WEAKENING_DAYS} days`, until, 'choose an earlier end');
    return [value];
  });
}
