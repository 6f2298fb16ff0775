import {dirname, resolve} from 'node:path';
import {readSource} from '../tls/source';
import type {Report} from '../tls/source';
import {isRecord, reportMismatch} from './schema';

type Variables = Readonly<Record<string, string | undefined>>;
type Raw = Readonly<Record<string, unknown>>;

/** Names a JSON file with options; relative paths in it start at its folder. */
export const CONFIG_VARIABLE = 'MTLS_CONFIG';

/** Environment variables that fill an option. A list is separated by commas. */
export const VARIABLES: Readonly<
  Record<string, {readonly option: readonly string[]; readonly holds: 'path' | 'paths' | 'names'}>
> = Object.freeze({
  MTLS_SERVER_KEY: {option: ['server', 'key'], holds: 'path'},
  MTLS_SERVER_CERT: {option: ['server', 'cert'], holds: 'path'},
  MTLS_SERVER_PKCS12: {option: ['server', 'pkcs12'], holds: 'path'},
  MTLS_SERVER_PASSPHRASE: {option: ['server', 'passphrase'], holds: 'path'},
  MTLS_SERVER_SESSIONS_SECRET: {option: ['server', 'sessions', 'secret'], holds: 'path'},
  MTLS_SERVER_HOST_NAMES: {option: ['server', 'hostNames'], holds: 'names'},
  MTLS_CLIENTS_CA: {option: ['clients', 'ca'], holds: 'paths'},
  MTLS_CLIENTS_INTERMEDIATES: {option: ['clients', 'intermediates'], holds: 'paths'},
  MTLS_CLIENTS_CRL: {option: ['clients', 'crl'], holds: 'paths'},
});

/** Groups of options whose members may come from different places. Everything else is taken whole. */
const GROUPS = new Set(['server', 'server.limits', 'server.sessions', 'clients', 'identity', 'audit', 'reload']);

/**
 * Brings together what code, environment and file say. Code goes before environment, environment before file, option
 * by option. `danger` counts in code only. Nothing is checked yet beyond what is needed to merge.
 */
export async function gatherOptions(code: unknown, variables: Variables, report: Report): Promise<unknown> {
  if (!isRecord(code)) return code;
  const file = await readConfigFile(variables[CONFIG_VARIABLE], report);
  return merge(code, merge(readVariables(variables), file));
}

function readVariables(variables: Variables): Raw {
  let read: Raw = {};
  for (const [name, {option, holds}] of Object.entries(VARIABLES)) {
    const value = variables[name];
    if (value === undefined || value === '') continue;
    const items = value.split(',').map(item => item.trim());
    const given: unknown = holds === 'path' ? value : items;
    // From the inside out: `server`, `sessions`, `secret` becomes `{server: {sessions: {secret: …}}}`.
    const [outermost = '', ...inner] = option;
    read = merge(read, {[outermost]: inner.reduceRight((value, key) => ({[key]: value}), given)});
  }
  return read;
}

async function readConfigFile(path: string | undefined, report: Report): Promise<Raw> {
  if (path === undefined || path === '') return {};
  const content = await readSource(path, CONFIG_VARIABLE, report);
  if (content === undefined) return {};
  try {
    const options: unknown = JSON.parse(content.bytes.toString('utf8'));
    if (!isRecord(options)) throw new SyntaxError('it holds no object');
    if ('danger' in options)
      reportMismatch(
        'weakenings in code only',
        options['danger'],
        `${CONFIG_VARIABLE}: danger`,
        report,
        `remove danger from ${path}`,
      );
    const {server, clients} = rebase(options, dirname(resolve(path)));
    return {...options, server, clients, danger: undefined};
  } catch {
    report({
      code: 'ERR_MTLS_CONFIG',
      where: CONFIG_VARIABLE,
      required: 'a JSON object',
      found: `${path}, which is not JSON`,
      remedy: 'correct the file or the variable',
    });
    return {};
  }
}

/** Options of `server` and `clients` that name files. */
const SOURCES = new Set([
  'key',
  'cert',
  'pkcs12',
  'passphrase',
  'secret',
  'issuer',
  'ca',
  'intermediates',
  'crl',
  'denyList',
]);

function rebase(options: Raw, folder: string): Raw {
  return Object.fromEntries(
    Object.entries(options).map(([key, value]) => {
      if (SOURCES.has(key)) return [key, rebaseSource(value, folder)];
      return [key, isRecord(value) ? rebase(value, folder) : value];
    }),
  );
}

function rebaseSource(value: unknown, folder: string): unknown {
  if (typeof value === 'string' && value !== '') return resolve(folder, value);
  if (Array.isArray(value)) return value.map((item: unknown) => rebaseSource(item, folder));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === 'path' || key === 'ca' ? rebaseSource(inner, folder) : inner,
    ]),
  );
}

function merge(stronger: Raw, weaker: Raw, where = ''): Raw {
  const merged: Record<string, unknown> = {...weaker};
  for (const [key, value] of Object.entries(stronger)) {
    const path = where === '' ? key : `${where}.${key}`;
    const below = weaker[key];
    if (value !== undefined)
      merged[key] = GROUPS.has(path) && isRecord(value) && isRecord(below) ? merge(value, below, path) : value;
  }
  return merged;
}
