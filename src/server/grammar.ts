import type {IdentityResolver} from '../identity/rules';
import type {SessionOptions} from '../tls/sessions';
import {parseNamePattern} from '../trust/name-pattern';
import {parseFingerprint} from '../x509/fingerprint';
import type {Fingerprint} from '../x509/fingerprint';
import {isDenyListStore} from './deny-list-store';
import type {DenyListStore} from './deny-list-store';
import {isHostName} from './host';
import type {AnchorOptions} from './options';
import type {RevocationOptions} from './revocation-options';
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
import type {StaplingOptions} from './stapling';

/** An anchor as configured, fingerprints read. */
export interface ResolvedAnchor extends Omit<AnchorOptions, 'pins' | 'expectedIssuers'> {
  /** Path of the option, for faults. */
  readonly where: string;
  readonly pins?: readonly Fingerprint[];
  readonly expectedIssuers?: readonly Fingerprint[];
}

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

const sessionRecord = record({secret: required(source), rotateEveryMinutes: optional(count(1, 1_440))});

const sessions: Read<'off' | SessionOptions> = (value, where, report) => {
  if (!isRecord(value)) return word('off')(value, where, report);
  const {secret, ...rest} = sessionRecord(value, where, report) ?? {};
  return secret === undefined ? undefined : {secret, ...rest};
};

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
export const OPTIONS = record({
  server: required(
    record({
      key: optional(source),
      cert: optional(source),
      pkcs12: optional(source),
      passphrase: optional(source),
      hostNames: optional(list(hostName)),
      stapling: optional(stapling),
      sessions: optional(sessions),
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
