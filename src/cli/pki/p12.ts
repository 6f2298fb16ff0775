import {randomBytes} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {resolve} from 'node:path';
import type {Store} from '../../pki/store';
import {parseOptions, usageError} from '../command';
import type {Command, Io} from '../command';
import {FOLDER_HELP, FOLDER_OPTIONS, onlyArgument, openCa, report, storeOf} from './options';

/** Where the passphrase of PKCS#12 files is, when nobody chose another one. */
const PASSPHRASE_FILE = 'pkcs12.passphrase';

const OPTIONS = {...FOLDER_OPTIONS, 'passphrase-file': {type: 'string'}, 'passphrase-env': {type: 'string'}} as const;

export const p12: Command = {
  name: 'p12',
  summary: 'Write key and certificate as PKCS#12 for a browser',
  help: `
Usage: mtls pki p12 NAME [options]

Writes NAME.p12. A passphrase on the command line could be seen by others, so it comes from a file or the environment.

  --passphrase-file FILE  its first line (default pkcs12.passphrase in the folder, made when missing)
  --passphrase-env NAME   an environment variable
${FOLDER_HELP}

Examples:
  mtls pki p12 alice
  mtls pki p12 alice --passphrase-env P12_PASSPHRASE

Exit codes: 0 written, 1 there is no such certificate or passphrase, 2 usage.`,
  options: OPTIONS,
  run: (args, io) => {
    const {values, positionals} = parseOptions('pki p12', args, {options: OPTIONS, allowPositionals: true});
    const name = onlyArgument(positionals, 'the name of the certificate', 'pki p12');
    const passphrase = passphraseFrom(values, io) ?? defaultPassphrase(storeOf(values, io));
    return report(openCa(values, io).exportPkcs12(name, passphrase), values, io);
  },
};

interface PassphraseValues {
  readonly 'passphrase-file'?: string | undefined;
  readonly 'passphrase-env'?: string | undefined;
}

function passphraseFrom(values: PassphraseValues, {cwd, env}: Io): string | undefined {
  const {'passphrase-file': file, 'passphrase-env': variable} = values;
  if (file !== undefined && variable !== undefined)
    throw usageError('--passphrase-file and --passphrase-env exclude each other', 'choose one');
  if (file !== undefined) return firstLine(readFileSync(resolve(cwd, file), 'utf8'), file);
  return variable === undefined ? undefined : firstLine(env[variable] ?? '', variable);
}

function firstLine(text: string, source: string): string {
  const [line = ''] = text.split(/\r?\n/);
  if (line === '') throw usageError(`there is no passphrase in ${source}`, 'mtls pki p12 --help');
  return line;
}

/** The passphrase of the folder; made on first use. */
export function defaultPassphrase(store: Store): string {
  if (!store.has(PASSPHRASE_FILE)) {
    const content = `${randomBytes(18).toString('base64url')}\n`;
    store.write({file: PASSPHRASE_FILE, content, access: 'secret'});
  }
  return firstLine(store.read(PASSPHRASE_FILE).toString('utf8'), PASSPHRASE_FILE);
}
