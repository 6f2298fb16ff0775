import type {Report, Source} from '../tls/source';

/**
 * Reads one untrusted value: returns it typed, or reports under its option path what is wrong and returns undefined.
 * Readers are combined into a table that is the whole grammar of the options.
 */
export type Read<T> = (value: unknown, where: string, report: Report) => T | undefined;

/** A field of a record. */
export interface Field<T> {
  readonly presence: 'required' | 'optional';
  readonly read: Read<T>;
}

type Fields = Readonly<Record<string, Field<unknown>>>;

/** What a table of fields reads: each field typed; one that is absent or faulty is left out. */
export type RecordOf<F extends Fields> = {
  readonly [K in keyof F]?: F[K] extends Field<infer T> ? Exclude<T, undefined> : never;
};

/** A field whose absence is a fault. */
export function required<T>(read: Read<T>): Field<T> {
  return {presence: 'required', read};
}

/** A field that may be left out. */
export function optional<T>(read: Read<T>): Field<T> {
  return {presence: 'optional', read};
}

/** A reader of single values: what it accepts, in words for the fault, and as a function that gives undefined else. */
export function reading<T>(required: string, accept: (value: unknown) => T | undefined): Read<T> {
  return (value, where, report) => {
    const accepted = accept(value);
    if (accepted === undefined) reportMismatch(required, value, where, report);
    return accepted;
  };
}

/** A text that is not empty. */
export const text: Read<string> = reading('a text that is not empty', value =>
  typeof value === 'string' && value !== '' ? value : undefined,
);

/** A whole number in a range, bounds included. */
export function count(minimum: number, maximum: number): Read<number> {
  return reading(`a whole number from ${minimum} to ${maximum}`, value =>
    typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum ? value : undefined,
  );
}

/** One of several words. */
export function word<W extends string>(...words: readonly W[]): Read<W> {
  return reading(`one of ${words.join(', ')}`, value => words.find(known => known === value));
}

/** Where bytes come from. No form of a source holds the bytes themselves: options get printed. */
export const source: Read<Source> = reading(
  'a path, {path}, {env} or a function; never the content itself',
  (value): Source | undefined => {
    if (typeof value === 'string') return isPath(value) ? value : undefined;
    if (isFunction(value)) return value;
    if (!isRecord(value)) return undefined;
    const [key, ...more] = Object.keys(value);
    const named = key === undefined || more.length > 0 ? undefined : value[key];
    if (typeof named !== 'string' || !isPath(named)) return undefined;
    if (key === 'path') return {path: named};
    return key === 'env' ? {env: named} : undefined;
  },
);

/** One value, or a list of at least one. */
export function oneOrMore<T>(read: Read<T>): Read<readonly T[]> {
  const several = list(read);
  return (value, where, report) => {
    if (Array.isArray(value) && value.length > 0) return several(value, where, report);
    const single = read(value, where, report);
    return single === undefined ? undefined : [single];
  };
}

/** A list, which may be empty. */
export function list<T>(read: Read<T>): Read<readonly T[]> {
  return (value, where, report) => {
    if (!Array.isArray(value)) {
      reportMismatch('a list', value, where, report);
      return undefined;
    }
    const items = value.map((item: unknown, index) => read(item, `${where}[${index}]`, report));
    const usable = items.filter(item => item !== undefined);
    return usable.length === items.length ? usable : undefined;
  };
}

/** A record with known fields and no others. */
export function record<F extends Fields>(fields: F): Read<RecordOf<F>> {
  return (value, where, report) => {
    if (!isRecord(value)) {
      reportMismatch('an object', value, where, report);
      return undefined;
    }
    for (const key of Object.keys(value)) {
      if (!Object.hasOwn(fields, key)) reportUnknown(key, Object.keys(fields), where, report);
    }
    const entries = Object.entries(fields).map(([key, field]): [string, unknown] => {
      const path = join(where, key);
      const given = value[key];
      if (given !== undefined) return [key, field.read(given, path, report)];
      if (field.presence === 'required') reportMismatch('a value', given, path, report, `set ${path}`);
      return [key, undefined];
    });
    const present = entries.filter(([, read]) => read !== undefined);
    // The entries were read field by field from the same table that the type is computed from.
    return Object.fromEntries(present) as RecordOf<F>;
  };
}

/** Reports what was required and what kind of value was there; never the value of something that may be a secret. */
export function reportMismatch(
  required: string,
  value: unknown,
  where: string,
  report: Report,
  remedy = 'correct the option',
): void {
  report({code: 'ERR_MTLS_CONFIG', where, required, found: kindOf(value), remedy});
}

/** Whether a value is an object with members of any kind; an array is none. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a value is a function; of which arguments and result is not known. */
export function isFunction(value: unknown): value is () => never {
  return typeof value === 'function';
}

/** The path of a member of an option; an empty path is the whole configuration. */
export function join(where: string, key: string): string {
  return where === '' ? key : `${where}.${key}`;
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return !isPath(value) ? 'a long or empty text' : JSON.stringify(value);
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  return typeof value;
}

/** Short, on one line, not empty: no key or certificate in PEM is. */
function isPath(value: string): boolean {
  return value !== '' && value.length <= 1024 && !/[\r\n\0]|-----BEGIN/.test(value);
}

/** What to say about options that Node or older servers have and this library has on purpose not. */
const REPLACED: Readonly<Record<string, string>> = Object.freeze({
  rejectUnauthorized: 'remove it: a client without a valid certificate is always refused',
  requestCert: 'remove it: a client certificate is always requested',
  minVersion: 'remove it: TLS 1.2 and 1.3 are spoken, nothing older',
  maxVersion: 'remove it: TLS 1.2 and 1.3 are spoken',
  secureProtocol: 'remove it: TLS 1.2 and 1.3 are spoken',
  ciphers: 'remove it: the cipher suites are fixed, see docs/defaults.md',
  honorCipherOrder: 'remove it: the server chooses',
  ecdhCurve: 'remove it: the groups are fixed, see docs/defaults.md',
  sigalgs: 'remove it: the signature algorithms are fixed, see docs/defaults.md',
  dhparam: 'remove it: only elliptic-curve and hybrid groups are used',
  secureOptions: 'remove it: renegotiation and compression are always off, tickets are a matter of server.sessions',
  sessionTimeout: 'use server.sessions.rotateEveryMinutes',
  ticketKeys: 'use server.sessions.secret: the keys are derived from it',
  sessionIdContext: 'remove it: it is fixed',
  SNICallback: 'remove it: one listener has one trust policy; run another server',
  ALPNProtocols: 'remove it: HTTP/1.1 is spoken',
  insecureHTTPParser: 'remove it: the strict parser is always used',
  pfx: 'use server.pkcs12',
  handshakeTimeout: 'use server.limits.handshakeTimeoutMs',
  headersTimeout: 'use server.limits.headersTimeoutMs',
  requestTimeout: 'use server.limits.requestTimeoutMs',
  keepAliveTimeout: 'use server.limits.keepAliveTimeoutMs',
});

function reportUnknown(key: string, known: readonly string[], where: string, report: Report): void {
  const nearest = known.find(name => distance(name.toLowerCase(), key.toLowerCase()) <= 2);
  const remedy = Object.hasOwn(REPLACED, key)
    ? REPLACED[key]
    : nearest === undefined
      ? `remove it; known here: ${known.join(', ')}`
      : `did you mean ${nearest}?`;
  report({
    code: 'ERR_MTLS_CONFIG',
    where: join(where, key),
    required: 'a known option',
    found: 'an unknown one',
    remedy: remedy ?? 'remove it',
  });
}

/** Edit distance: how many letters to insert, drop or replace. */
export function distance(a: string, b: string): number {
  let row = Array.from({length: b.length + 1}, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
