import {isWeakening} from '../danger';
import type {AnyWeakening, Weakening, WeakeningKind} from '../danger';
import type {IdentityResolver} from '../identity/rules';
import type {CredentialOptions} from '../tls/credentials';
import type {Report, Source} from '../tls/source';
import {parseNamePattern} from '../trust/name-pattern';
import {DEFAULT_TRUST} from '../trust/policy';
import {parseFingerprint} from '../x509/fingerprint';
import type {Fingerprint} from '../x509/fingerprint';
import {gatherOptions} from './environment';
import {isHostName} from './host';
import {DEFAULT_LIMITS} from './limits';
import type {Limits} from './limits';
import {isDenyListStore} from './deny-list-store';
import type {DenyListStore} from './deny-list-store';
import type {AnchorOptions, ClientOptions} from './options';
import {resolveReload} from './reload/settings';
import type {ReloadSettings} from './reload/settings';
import type {RevocationOptions} from './revocation-options';
import type {StaplingOptions} from './stapling';
import {
  count,
  isFunction,
  isRecord,
  list,
  oneOrMore,
  optional,
  reading,
  record,
  required,
  source,
  text,
  word,
} from './schema';
import type {Read} from './schema';

/** Options after they were read: complete, typed, with every default in place. The sources have not been opened. */
export interface ResolvedOptions {
  readonly credentials: CredentialOptions;
  readonly limits: Limits;
  readonly hostNames: readonly string[];
  readonly stapling?: 'off' | StaplingOptions;
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

/** An anchor as configured, fingerprints read. */
export interface ResolvedAnchor extends Omit<AnchorOptions, 'pins' | 'expectedIssuers'> {
  /** Path of the option, for faults. */
  readonly where: string;
  readonly pins?: readonly Fingerprint[];
  readonly expectedIssuers?: readonly Fingerprint[];
}

const DAY_MS = 86_400_000;
const MAX_WEAKENING_DAYS = 366;
const OID = /^[0-2](\.(0|[1-9]\d*)){1,30}$/;

const milliseconds = count(100, 3_600_000);
const connections = count(1, 1_000_000);

const fingerprint = reading('a SHA-256 as 64 hex digits', value =>
  typeof value === 'string' ? parseFingerprint(value) : undefined,
);

const oid = reading('a dotted OID', value => (typeof value === 'string' && OID.test(value) ? value : undefined));

const pattern = reading('kind:pattern, for example uri:spiffe://partner.example/**', value =>
  typeof value === 'string' && parseNamePattern(value) !== undefined ? value : undefined,
);

const hostName = reading('a host name or address without scheme and port', value =>
  typeof value === 'string' && isHostName(value) ? value : undefined,
);

const resolver: Read<IdentityResolver> = reading('a function', value => (isFunction(value) ? value : undefined));

/** Accepts whatever it is given: somebody else reads it. */
const untouched: Read<unknown> = value => value;

const moment = reading('a date, ISO 8601', value => {
  const date = typeof value === 'string' || value instanceof Date ? new Date(value) : undefined;
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : date;
});

const softFail = record({graceHours: required(count(1, 168)), reason: required(text), until: required(moment)});

const unknownRevocation: Read<NonNullable<RevocationOptions['unknown']>> = (value, where, report) => {
  if (!isRecord(value)) return word('hard-fail', 'deny-list-only')(value, where, report);
  const {graceHours, reason, until} = softFail(value, where, report) ?? {};
  return graceHours === undefined || reason === undefined || until === undefined
    ? undefined
    : {graceHours, reason, until};
};

const url = reading('an http or https URL', value =>
  typeof value === 'string' && URL.canParse(value) && /^https?:/i.test(value) ? value : undefined,
);

const ocspRecord = record({
  responder: optional(url),
  nonce: optional(word('required', 'optional')),
  certIdHash: optional(word('sha1', 'sha256')),
});

const ocsp: Read<NonNullable<RevocationOptions['ocsp']>> = (value, where, report) =>
  isRecord(value) ? ocspRecord(value, where, report) : word('off')(value, where, report);

const staplingRecord = record({responder: optional(url), issuer: optional(source)});

const stapling: Read<'off' | StaplingOptions> = (value, where, report) =>
  isRecord(value) ? staplingRecord(value, where, report) : word('off')(value, where, report);

const revocationPolicy = {
  ocsp: optional(ocsp),
  distributionPoints: optional(word('ignore', 'fetch')),
  shortLivedHours: optional(count(1, 168)),
  agreement: optional(word('any', 'all')),
  unknown: optional(unknownRevocation),
  indirectCrl: optional(word('deny', 'allow')),
};

const denyListStore: Read<DenyListStore> = reading('a store such as redisDenyList(client)', value =>
  isDenyListStore(value) ? value : undefined,
);

const revocation: Read<RevocationOptions> = record({
  ...revocationPolicy,
  crlUrls: optional(list(url)),
  denyList: optional(source),
  denyListStore: optional(denyListStore),
  network: optional(
    record({
      allowedHosts: optional(list(text)),
      timeoutMs: optional(count(100, 60_000)),
      maxCrlBytes: optional(count(1_024, 1_073_741_824)),
    }),
  ),
});

const anchorRecord = record({
  name: optional(text),
  ca: required(source),
  mayVouchFor: optional(
    record({
      subjectAltNames: optional(list(pattern)),
      organizations: optional(list(text)),
      extendedKeyUsages: optional(list(oid)),
      roles: optional(list(text)),
    }),
  ),
  pins: optional(oneOrMore(fingerprint)),
  expectedIssuers: optional(oneOrMore(fingerprint)),
  maxLifetimeHours: optional(count(1, 100_000)),
  requiredPolicies: optional(oneOrMore(oid)),
  revocation: optional(record(revocationPolicy)),
});

/** A source, or a record with a source and limits. */
const anchor: Read<ResolvedAnchor> = (value, where, report) => {
  if (!isRecord(value) || !('ca' in value)) {
    const ca = source(value, where, report);
    return ca === undefined ? undefined : {where, ca};
  }
  const fields = anchorRecord(value, where, report);
  return fields?.ca === undefined ? undefined : {where: `${where}.ca`, ...fields, ca: fields.ca};
};

/** The whole grammar of the options. What each of them means stands with the types in options.ts. */
const OPTIONS = record({
  server: required(
    record({
      key: optional(source),
      cert: optional(source),
      pkcs12: optional(source),
      passphrase: optional(source),
      hostNames: optional(list(hostName)),
      stapling: optional(stapling),
      limits: optional(
        record({
          handshakeTimeoutMs: optional(milliseconds),
          headersTimeoutMs: optional(milliseconds),
          requestTimeoutMs: optional(milliseconds),
          keepAliveTimeoutMs: optional(milliseconds),
          unreadyMs: optional(count(0, 600_000)),
          drainTimeoutMs: optional(count(0, 3_600_000)),
          maxConnections: optional(connections),
          maxConnectionsPerAddress: optional(connections),
          maxPendingHandshakes: optional(connections),
          maxPendingHandshakesPerAddress: optional(connections),
        }),
      ),
    }),
  ),
  clients: required(
    record({
      ca: required(oneOrMore(anchor)),
      intermediates: optional(oneOrMore(source)),
      maxIntermediates: optional(count(0, 10)),
      crl: optional(oneOrMore(source)),
      revocation: optional(revocation),
    }),
  ),
  identity: required(
    record({
      rules: optional(untouched),
      resolver: optional(resolver),
      resolverTimeoutMs: optional(count(1, 60_000)),
    }),
  ),
  audit: optional(record({allowed: optional(word('record', 'omit')), sink: optional(word('stderr', 'none'))})),
  reload: optional(
    record({
      watch: optional(word('on', 'off')),
      signal: optional(word('SIGHUP', 'none')),
      debounceMs: optional(count(0, 60_000)),
      pollIntervalMs: optional(milliseconds),
    }),
  ),
  rehearsal: optional(word('on', 'off')),
  danger: optional(list(untouched)),
  // The layer above reads these; they may stand in the same file.
  access: optional(untouched),
  scopes: optional(untouched),
});

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
