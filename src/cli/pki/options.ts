import {resolve} from 'node:path';
import {DevelopmentCa} from '../../pki/development-ca';
import type {CertificateSpec} from '../../pki/certificate';
import {isTextName} from '../../pki/general-names';
import type {GeneralNameSpec} from '../../pki/general-names';
import type {KeyKind} from '../../pki/keys';
import {Store} from '../../pki/store';
import type {Lifetime} from '../../pki/validity';
import {EXIT, usageError} from '../command';
import type {Io} from '../command';

/** Options that every `mtls pki` command has. */
export const FOLDER_OPTIONS = {
  dir: {type: 'string', default: 'certs'},
  json: {type: 'boolean', default: false},
} as const;

export const FOLDER_HELP = `  --dir FOLDER        where the CA lives (default certs)
  --json              print what was done as JSON`;

/** Options of the commands that issue certificates. */
export const ISSUE_OPTIONS = {
  ...FOLDER_OPTIONS,
  key: {type: 'string', default: 'ecdsa-p256'},
  days: {type: 'string'},
  minutes: {type: 'string'},
  'common-name': {type: 'string'},
  organization: {type: 'string'},
} as const;

/** Options of the commands that issue certificates for servers and clients. */
export const LEAF_OPTIONS = {
  ...ISSUE_OPTIONS,
  ca: {type: 'string'},
  ou: {type: 'string', multiple: true},
  san: {type: 'string', multiple: true},
  eku: {type: 'string', multiple: true},
  policy: {type: 'string', multiple: true},
  'crl-url': {type: 'string', multiple: true},
  'ocsp-url': {type: 'string', multiple: true},
} as const;

/** Kinds of key worth making; the builder knows weaker ones for tests. */
const KEY_KINDS: readonly string[] = [
  'ecdsa-p256',
  'ecdsa-p384',
  'ecdsa-p521',
  'rsa-2048',
  'rsa-3072',
  'rsa-4096',
  'ed25519',
  'ed448',
] satisfies readonly KeyKind[];

export const ISSUE_HELP = `  --common-name TEXT  common name of the subject (default NAME)
  --organization TEXT organization of the subject
  --key KIND          ${KEY_KINDS.slice(0, 4).join(', ')},
                      ${KEY_KINDS.slice(4).join(', ')} (default ecdsa-p256)
  --days N            days until it expires
  --minutes N         or minutes
${FOLDER_HELP}`;

export const LEAF_HELP = `  --ca NAME           authority that issues it; may be left out when there is only one
  --san KIND:VALUE    subject alternative name: dns, ip, uri, email or upn; repeat for more
  --ou TEXT           organizational unit of the subject; repeat for more
  --eku OID           extended key usage beside the usual one; repeat for more
  --policy OID        certificate policy; repeat for more
  --crl-url URL       CRL distribution point to write into the certificate
  --ocsp-url URL      OCSP responder to write into the certificate
${ISSUE_HELP}`;

/** The CA in the folder that `--dir` names. */
export function openCa({dir}: {readonly dir: string}, io: Io): DevelopmentCa {
  return new DevelopmentCa(storeOf({dir}, io), io.now);
}

export function storeOf({dir}: {readonly dir: string}, io: Io): Store {
  return new Store(resolve(io.cwd, dir));
}

/** Tells which files were written. Returns the exit code. */
export function report(
  written: readonly string[],
  {dir, json}: {readonly dir: string; readonly json: boolean},
  io: Io,
): number {
  const {folder} = storeOf({dir}, io);
  io.stdout.write(
    json ? `${JSON.stringify({folder, written})}\n` : written.map(file => `wrote ${dir}/${file}\n`).join(''),
  );
  return EXIT.ok;
}

/** The one positional argument of a command. */
export function onlyArgument(positionals: readonly string[], what: string, command: string): string {
  const [argument, extra] = positionals;
  if (argument === undefined) throw usageError(`${what} is missing`, `mtls ${command} --help`);
  if (extra !== undefined) throw usageError(`unexpected argument '${extra}'`, `mtls ${command} --help`);
  return argument;
}

interface IssueValues {
  readonly key: string;
  readonly days?: string | undefined;
  readonly minutes?: string | undefined;
  readonly 'common-name'?: string | undefined;
  readonly organization?: string | undefined;
  readonly ou?: readonly string[] | undefined;
}

/** Subject, key and lifetime, as far as they were given. */
export function issueSpec(name: string, values: IssueValues): CertificateSpec {
  const validity = lifetimeOf(values);
  return {
    subject: {
      ...(values.organization === undefined ? {} : {organization: values.organization}),
      ...(values.ou === undefined ? {} : {organizationalUnit: values.ou}),
      commonName: values['common-name'] ?? name,
    },
    key: keyKindOf(values.key),
    ...(validity ? {validity} : {}),
  };
}

interface LeafValues extends IssueValues {
  readonly san?: readonly string[] | undefined;
  readonly eku?: readonly string[] | undefined;
  readonly policy?: readonly string[] | undefined;
  readonly 'crl-url'?: readonly string[] | undefined;
  readonly 'ocsp-url'?: readonly string[] | undefined;
}

/** All of a server's or a client's certificate; `purpose` is the extended key usage it always has. */
export function leafSpec(name: string, purpose: 'clientAuth' | 'serverAuth', values: LeafValues): CertificateSpec {
  return {
    ...issueSpec(name, values),
    extendedKeyUsage: [purpose, ...(values.eku ?? [])],
    ...(values.san ? {subjectAltNames: values.san.map(generalNameOf)} : {}),
    ...(values.policy ? {certificatePolicies: values.policy} : {}),
    ...(values['crl-url'] ? {crlDistributionPoints: values['crl-url']} : {}),
    ...(values['ocsp-url'] ? {authorityInfoAccess: {ocsp: values['ocsp-url']}} : {}),
  };
}

/** The authority that `--ca` names, or the only one there is. */
export function issuerOf(ca: string | undefined, {certificates}: DevelopmentCa): string {
  if (ca !== undefined) return ca;
  const names = new Set(certificates.map(record => record.name).filter(name => name.endsWith('-ca')));
  const [only, another] = names;
  if (only !== undefined && another === undefined) return only;
  if (only === undefined) throw usageError('there is no authority yet', 'mtls pki init clients-ca makes one');
  throw usageError('--ca is needed where there are several authorities', `choose from ${[...names].join(', ')}`);
}

/** `--days` or `--minutes`, a whole number of at least one. */
export function lifetimeOf(values: {
  readonly days?: string | undefined;
  readonly minutes?: string | undefined;
}): Lifetime | undefined {
  const {days, minutes} = values;
  if (days !== undefined && minutes !== undefined)
    throw usageError('--days and --minutes exclude each other', 'choose one');
  if (days !== undefined) return {days: countOf('--days', days)};
  return minutes === undefined ? undefined : {minutes: countOf('--minutes', minutes)};
}

function countOf(option: string, text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw usageError(`${option} wants a whole number, not '${text}'`, `${option} 30`);
  return Number(text);
}

function keyKindOf(text: string): KeyKind {
  if (isKeyKind(text)) return text;
  throw usageError(`unknown kind of key '${text}'`, `choose from ${KEY_KINDS.join(', ')}`);
}

function isKeyKind(text: string): text is KeyKind {
  return KEY_KINDS.includes(text);
}

function generalNameOf(text: string): GeneralNameSpec {
  if (isTextName(text)) return text;
  throw usageError(`'${text}' is not a subject alternative name`, 'write kind:value, for example dns:localhost');
}
