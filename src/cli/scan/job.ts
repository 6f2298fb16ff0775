import {readFileSync} from 'node:fs';
import {resolve} from 'node:path';
import {DEFAULT_LIMITS} from '../../scan/budget';
import {readIdentity} from '../../scan/client-identity';
import {readIssuer} from '../../scan/issuer';
import {DEFAULT_OPTIONS} from '../../scan/options';
import type {OpenApiSource, ScanOptions} from '../../scan/options';
import type {ClientIdentity} from '../../scan/probe/http-exchange';
import {readBaseline} from '../../scan/report/report';
import type {Baseline} from '../../scan/report/report';
import {parseTarget} from '../../scan/target';
import {usageError} from '../command';
import type {Io} from '../command';

const FORMATS = ['text', 'json', 'sarif', 'html'] as const;
const THRESHOLDS = ['critical', 'high', 'medium', 'low', 'never'] as const;
const METHODS = ['read-only', 'all'] as const;

/** Options of `mtls scan`, as `parseArgs` wants them. */
export const OPTIONS = {
  cert: {type: 'string'},
  key: {type: 'string'},
  'passphrase-file': {type: 'string'},
  ca: {type: 'string'},
  issuer: {type: 'string'},
  'issuer-key': {type: 'string'},
  'issuer-passphrase-file': {type: 'string'},
  name: {type: 'string', multiple: true},
  openapi: {type: 'string'},
  methods: {type: 'string', default: 'read-only'},
  format: {type: 'string', default: 'text'},
  json: {type: 'boolean', default: false},
  output: {type: 'string'},
  baseline: {type: 'string'},
  watch: {type: 'string'},
  'fail-on': {type: 'string', default: 'high'},
  'max-connections': {type: 'string', default: String(DEFAULT_LIMITS.connections)},
  parallel: {type: 'string', default: String(DEFAULT_LIMITS.parallel)},
  timeout: {type: 'string', default: String(DEFAULT_LIMITS.totalMs / 1000)},
  verbose: {type: 'boolean', default: false},
  schema: {type: 'boolean', default: false},
} as const;

/** The same after parsing. */
export interface Values {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly 'passphrase-file'?: string | undefined;
  readonly ca?: string | undefined;
  readonly issuer?: string | undefined;
  readonly 'issuer-key'?: string | undefined;
  readonly 'issuer-passphrase-file'?: string | undefined;
  readonly name?: readonly string[] | undefined;
  readonly openapi?: string | undefined;
  readonly methods: string;
  readonly format: string;
  readonly json: boolean;
  readonly output?: string | undefined;
  readonly baseline?: string | undefined;
  readonly watch?: string | undefined;
  readonly 'fail-on': string;
  readonly 'max-connections': string;
  readonly parallel: string;
  readonly timeout: string;
  readonly verbose: boolean;
}

/** A command line, read and checked. */
export interface Job {
  readonly url: string;
  readonly options: Omit<ScanOptions, 'now'>;
  readonly format: (typeof FORMATS)[number];
  readonly failOn: (typeof THRESHOLDS)[number];
  readonly detail: 'weaknesses' | 'all';
  readonly output: string | undefined;
  readonly baseline: Baseline | undefined;
  /** Time between two scans; without it there is one. */
  readonly watchMs: number | undefined;
}

/** Reads every file the command line names. */
export function jobOf(url: string, values: Values, io: Io): Job {
  const read = (path: string) => readFileSync(resolve(io.cwd, path), 'utf8');
  const identity = identityOf(values, read);
  const openApi = values.openapi === undefined ? undefined : openApiOf(values.openapi, url, read);
  return {
    url,
    format: values.json ? 'json' : choiceOf('--format', values.format, FORMATS),
    failOn: choiceOf('--fail-on', values['fail-on'], THRESHOLDS),
    detail: values.verbose ? 'all' : 'weaknesses',
    output: values.output === undefined ? undefined : resolve(io.cwd, values.output),
    baseline: values.baseline === undefined ? undefined : readBaseline(read(values.baseline)),
    watchMs: values.watch === undefined ? undefined : numberOf('--watch', values.watch) * 1000,
    options: {
      ...DEFAULT_OPTIONS,
      otherNames: values.name ?? [],
      methods: choiceOf('--methods', values.methods, METHODS),
      ...(identity === undefined ? {} : {identity}),
      ...issuerOf(values, read),
      ...(values.ca === undefined ? {} : {serverAuthorities: read(values.ca)}),
      ...(openApi === undefined ? {} : {openApi}),
      limits: {
        ...DEFAULT_LIMITS,
        connections: numberOf('--max-connections', values['max-connections']),
        parallel: numberOf('--parallel', values.parallel),
        totalMs: numberOf('--timeout', values.timeout) * 1000,
      },
    },
  };
}

type Read = (path: string) => string;

function identityOf(values: Values, read: Read): ClientIdentity | undefined {
  if (values.cert === undefined && values.key === undefined) return undefined;
  if (values.cert === undefined || values.key === undefined) {
    throw usageError('--cert and --key go together', '--cert alice.crt --key alice.key');
  }
  const file = values['passphrase-file'];
  const passphrase = file === undefined ? undefined : firstLine(read(file));
  return readIdentity(read(values.cert), read(values.key), passphrase);
}

function issuerOf(values: Values, read: Read): Pick<ScanOptions, 'issuer'> {
  if (values.issuer === undefined && values['issuer-key'] === undefined) return {};
  if (values.issuer === undefined || values['issuer-key'] === undefined) {
    throw usageError('--issuer and --issuer-key go together', '--issuer clients-ca.crt --issuer-key ca/clients-ca.key');
  }
  const file = values['issuer-passphrase-file'];
  const passphrase = file === undefined ? undefined : firstLine(read(file));
  return {issuer: readIssuer(read(values.issuer), read(values['issuer-key']), passphrase)};
}

function firstLine(text: string): string {
  return text.split(/\r?\n/, 1)[0] ?? '';
}

/** A scan never contacts another host, so neither does it for the document. */
function openApiOf(source: string, url: string, read: Read): OpenApiSource {
  if (!/^https?:\/\//i.test(source)) return {kind: 'document', text: read(source)};
  const document = parseTarget(source);
  if (document.authority !== parseTarget(url).authority) {
    throw usageError('the OpenAPI document is on another host', 'fetch it yourself and give the file');
  }
  return {kind: 'path', path: document.path};
}

function choiceOf<T extends string>(option: string, text: string, choices: readonly T[]): T {
  const choice = choices.find(each => each === text);
  if (choice === undefined) throw usageError(`unknown ${option} '${text}'`, `choose from ${choices.join(', ')}`);
  return choice;
}

function numberOf(option: string, text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw usageError(`${option} wants a whole number, not '${text}'`, `${option} 10`);
  return Number(text);
}
