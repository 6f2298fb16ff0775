import {createPrivateKey, createPublicKey} from 'node:crypto';
import type {KeyObject} from 'node:crypto';
import {MtlsError} from '../errors';
import type {CertificateFacts} from '../x509/certificate';
import {encodePem, parseCertificates} from '../x509/pem';
import {inspectChain} from './credential-checks';
import {inspectKeyFile} from './key-file';
import {parsePkcs12} from './pkcs12';
import {Secret} from './secret';
import {originOf, readSource} from './source';
import type {Report, Source, SourceContent, SourceReader} from './source';

/** The server's own key and certificate, as PEM pair or PKCS#12. */
export type CredentialOptions =
  | {readonly key: Source; readonly cert: Source; readonly passphrase?: Source; readonly pkcs12?: never}
  | {readonly pkcs12: Source; readonly passphrase: Source; readonly key?: never; readonly cert?: never};

/** Credentials that passed every check. */
export interface ServerCredentials {
  /** PEM of the private key, decrypted. */
  readonly key: Secret<string>;
  /** Leaf first, each followed by its issuer. */
  readonly chain: readonly [CertificateFacts, ...CertificateFacts[]];
  /** The same as PEM. */
  readonly chainPem: string;
}

/** Key and certificates as they were found, before any check. */
interface Found {
  readonly key: KeyObject;
  readonly certificates: readonly CertificateFacts[];
}

/**
 * Loads the server's key and certificate and checks all that a client, or an attacker with an account on this machine,
 * would notice. Every fault is reported; undefined means there was at least one that leaves nothing to serve with.
 */
export async function loadCredentials(
  options: CredentialOptions,
  exposedKeyFile: 'refuse' | 'allow',
  now: Date,
  report: Report,
  read: SourceReader = readSource,
): Promise<ServerCredentials | undefined> {
  const keySource = options.pkcs12 ?? options.key;
  const keyPath = options.pkcs12 === undefined ? 'server.key' : 'server.pkcs12';
  const keyContent = await read(keySource, keyPath, report);
  if (keyContent && exposedKeyFile === 'refuse') inspectKeyFile(keyContent, keyPath, report);
  const passphrase =
    options.passphrase === undefined ? undefined : await readPassphrase(options.passphrase, report, read);
  const found =
    options.pkcs12 === undefined
      ? await readPair(options, keyContent, passphrase, report, read)
      : keyContent && passphrase && readPkcs12(keyContent, options.pkcs12, passphrase, report);
  return found && check(found, options, now, report);
}

async function readPassphrase(source: Source, report: Report, read: SourceReader): Promise<Secret<string> | undefined> {
  const content = await read(source, 'server.passphrase', report);
  // A file written by an editor or `echo` ends in a line feed that is not part of the passphrase.
  return content && new Secret(content.bytes.toString('utf8').replace(/\r?\n$/, ''));
}

async function readPair(
  options: {readonly cert: Source},
  keyContent: SourceContent | undefined,
  passphrase: Secret<string> | undefined,
  report: Report,
  read: SourceReader,
): Promise<Found | undefined> {
  const key = keyContent && readKey(keyContent, passphrase, report);
  const cert = await read(options.cert, 'server.cert', report);
  const certificates = cert && readCertificates(cert, report);
  return key && certificates && {key, certificates};
}

function readKey(
  {bytes, origin}: SourceContent,
  passphrase: Secret<string> | undefined,
  report: Report,
): KeyObject | undefined {
  try {
    return createPrivateKey({key: bytes, ...(passphrase && {passphrase: passphrase.reveal()})});
  } catch {
    // OpenSSL's words differ from version to version, and none of them tells more than this.
    const encrypted = bytes.toString('latin1').includes('ENCRYPTED');
    report({
      code: 'ERR_MTLS_CREDENTIALS',
      where: 'server.key',
      required: encrypted ? 'the passphrase of the key' : 'a private key in PEM',
      found: encrypted ? (passphrase ? `one that does not open ${origin}` : 'none') : `something else in ${origin}`,
      remedy: encrypted ? 'set server.passphrase to the right source' : 'name the file with the private key',
    });
    return undefined;
  }
}

function readCertificates({bytes, origin}: SourceContent, report: Report): readonly CertificateFacts[] | undefined {
  try {
    return parseCertificates(bytes);
  } catch (error) {
    if (!(error instanceof MtlsError)) throw error;
    const {required, found, where} = error.refusal;
    report({
      code: 'ERR_MTLS_CREDENTIALS',
      where: 'server.cert',
      required,
      found: `${found} in ${origin}${where === undefined ? '' : `, ${where}`}`,
      remedy: 'name a PEM file with the server certificate first and its intermediates behind it',
    });
    return undefined;
  }
}

function readPkcs12(
  {bytes}: SourceContent,
  source: Source,
  passphrase: Secret<string>,
  report: Report,
): Found | undefined {
  try {
    return parsePkcs12(fromText(bytes), passphrase);
  } catch (error) {
    if (!(error instanceof MtlsError)) throw error;
    const {required, found} = error.refusal;
    report({
      code: 'ERR_MTLS_CREDENTIALS',
      where: 'server.pkcs12',
      required,
      found: `${found} in ${originOf(source)}`,
      remedy: 'export it again: openssl pkcs12 -export -keypbe AES-256-CBC -certpbe AES-256-CBC -macalg SHA256',
    });
    return undefined;
  }
}

/** An environment variable cannot hold bytes, so base64 is accepted as well. */
function fromText(bytes: Buffer): Buffer {
  return bytes[0] === 0x30 ? bytes : Buffer.from(bytes.toString('latin1'), 'base64');
}

function check(
  {key, certificates}: Found,
  options: CredentialOptions,
  now: Date,
  report: Report,
): ServerCredentials | undefined {
  const [leaf, ...issuers] = certificates;
  if (leaf === undefined) return undefined;
  const [where, origin] =
    options.pkcs12 === undefined
      ? ['server.cert', originOf(options.cert)]
      : ['server.pkcs12', originOf(options.pkcs12)];
  const faults = inspectChain([leaf, ...issuers], where, now);
  for (const fault of faults) report({...fault, found: `${fault.found} in ${origin}`});
  if (!matches(key, leaf)) {
    report({
      code: 'ERR_MTLS_CREDENTIALS',
      where: options.pkcs12 === undefined ? 'server.key' : where,
      required: `the private key of the first certificate in ${origin}`,
      found: `another key in ${originOf(options.pkcs12 ?? options.key)}`,
      remedy: 'put the server certificate first, or name its key',
    });
    return undefined;
  }
  const chain = [leaf, ...issuers] as const;
  return {
    key: new Secret(key.export({type: 'pkcs8', format: 'pem'}).toString()),
    chain: [leaf, ...issuers],
    chainPem: chain.map(({der}) => encodePem(der, 'CERTIFICATE')).join(''),
  };
}

function matches(key: KeyObject, leaf: CertificateFacts): boolean {
  return createPublicKey(key).export({type: 'spki', format: 'der'}).equals(leaf.publicKey.spki);
}
