import {createDecipheriv, createPrivateKey, createPublicKey, pbkdf2Sync} from 'node:crypto';
import type {KeyObject} from 'node:crypto';
import {createSecureContext} from 'node:tls';
import {MtlsError} from '../errors';
import {parseCertificate} from '../x509/certificate';
import type {CertificateFacts} from '../x509/certificate';
import {
  childrenOf,
  contextTag,
  DerReader,
  encodingOf,
  parseDer,
  readOctetString,
  readOid,
  readSmallInteger,
  Tag,
} from '../x509/der';
import type {DerNode} from '../x509/der';
import type {Secret} from './secret';

/** The key of a PKCS#12 file and its certificates, the key's own first and its issuers behind it. */
export interface Pkcs12Content {
  readonly key: KeyObject;
  readonly certificates: readonly CertificateFacts[];
}

const DATA = '1.2.840.113549.1.7.1';
const ENCRYPTED_DATA = '1.2.840.113549.1.7.6';
const KEY_BAG = '1.2.840.113549.1.12.10.1.1';
const SHROUDED_KEY_BAG = '1.2.840.113549.1.12.10.1.2';
const CERTIFICATE_BAG = '1.2.840.113549.1.12.10.1.3';
const X509_CERTIFICATE = '1.2.840.113549.1.9.22.1';
const PBES2 = '1.2.840.113549.1.5.13';
const PBKDF2 = '1.2.840.113549.1.5.12';

const PRFS: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.2.7', 'sha1'],
  ['1.2.840.113549.2.9', 'sha256'],
  ['1.2.840.113549.2.10', 'sha384'],
  ['1.2.840.113549.2.11', 'sha512'],
]);

const CIPHERS: ReadonlyMap<string, {readonly name: string; readonly keyBytes: number}> = new Map([
  ['2.16.840.1.101.3.4.1.2', {name: 'aes-128-cbc', keyBytes: 16}],
  ['2.16.840.1.101.3.4.1.22', {name: 'aes-192-cbc', keyBytes: 24}],
  ['2.16.840.1.101.3.4.1.42', {name: 'aes-256-cbc', keyBytes: 32}],
]);

const MAX_ITERATIONS = 10_000_000;

/**
 * Reads key and certificates of a PKCS#12 file (RFC 7292).
 *
 * The file is not handed to the listener as it is: Node adds every CA certificate it finds inside to the authorities
 * that clients are trusted by (tried on Node 20, 22 and 24), so that the server's own CA could vouch for clients.
 *
 * @throws MtlsError where the file does not parse, the passphrase is wrong, or the encryption is not AES
 */
export function parsePkcs12(bytes: Buffer, passphrase: Secret<string>): Pkcs12Content {
  const bags = contentsOf(bytes, passphrase).flatMap(contents => childrenOf(parseDer(contents, Tag.SEQUENCE)));
  const keys = bags.flatMap(bag => readKeyBag(bag, passphrase));
  const [key] = keys;
  if (key === undefined || keys.length > 1) throw unusable('exactly one private key', `${keys.length}`);
  return {key, certificates: orderFrom(key, bags.flatMap(readCertificateBag))};
}

/** The SafeContents of the file, decrypted. */
function contentsOf(bytes: Buffer, passphrase: Secret<string>): readonly Buffer[] {
  const pfx = new DerReader(parseDer(bytes, Tag.SEQUENCE));
  const version = readSmallInteger(pfx.read());
  if (version !== 3) throw unusable('PKCS#12 version 3', `version ${version}`);
  const safe = parseDer(dataOf(pfx.read(Tag.SEQUENCE)), Tag.SEQUENCE);
  checkIntegrity(bytes, passphrase);
  return childrenOf(safe, Tag.SEQUENCE).map(info =>
    typeOf(info) === DATA ? dataOf(info) : decryptedOf(info, passphrase),
  );
}

/** OpenSSL checks the MAC; its context is thrown away. */
function checkIntegrity(pfx: Buffer, passphrase: Secret<string>): void {
  try {
    createSecureContext({pfx, passphrase: passphrase.reveal()});
  } catch (error) {
    const wrong = error instanceof Error && /mac verify/i.test(error.message);
    throw unusable(
      wrong ? 'the passphrase of the file' : 'a file that OpenSSL reads with this passphrase',
      wrong ? 'one that does not open it' : 'one that it does not',
    );
  }
}

function typeOf(contentInfo: DerNode): string {
  return readOid(new DerReader(contentInfo).read());
}

/** ContentInfo of type data: an OCTET STRING inside `[0] EXPLICIT`. */
function dataOf(contentInfo: DerNode): Buffer {
  const reader = new DerReader(contentInfo);
  const type = readOid(reader.read());
  if (type !== DATA) throw unusable('content that is protected by a passphrase', `content of type ${type}`);
  return readOctetString(explicit(reader.read()));
}

/** RFC 2315 section 13: version, then type, algorithm and `[0] IMPLICIT` content. */
function decryptedOf(contentInfo: DerNode, passphrase: Secret<string>): Buffer {
  const reader = new DerReader(contentInfo);
  const type = readOid(reader.read());
  if (type !== ENCRYPTED_DATA) throw unusable('content encrypted by a passphrase', `content of type ${type}`);
  const encrypted = new DerReader(explicit(reader.read()));
  readSmallInteger(encrypted.read());
  const content = new DerReader(encrypted.read(Tag.SEQUENCE));
  readOid(content.read());
  const algorithm = content.read(Tag.SEQUENCE);
  return decrypt(readOctetString(content.read(), contextTag(0, 'primitive')), algorithm, passphrase);
}

/** PBES2 of RFC 8018 section 6.2, with PBKDF2 and AES-CBC. The older schemes of PKCS#12 are RC2 and triple DES. */
function decrypt(content: Buffer, algorithm: DerNode, passphrase: Secret<string>): Buffer {
  const {oid, parameters} = algorithmOf(algorithm);
  if (oid !== PBES2 || parameters === undefined) throw unusable('encryption by PBES2 with AES', `algorithm ${oid}`);
  const scheme = new DerReader(parameters);
  const derivation = algorithmOf(scheme.read(Tag.SEQUENCE));
  const encryption = algorithmOf(scheme.read(Tag.SEQUENCE));
  const cipher = CIPHERS.get(encryption.oid);
  if (cipher === undefined || encryption.parameters === undefined)
    throw unusable('encryption with AES-CBC', `algorithm ${encryption.oid}`);
  const key = deriveKey(derivation, cipher.keyBytes, passphrase);
  const decipher = createDecipheriv(cipher.name, key, readOctetString(encryption.parameters));
  return Buffer.concat([decipher.update(content), decipher.final()]);
}

function deriveKey(derivation: AlgorithmIdentifier, keyBytes: number, passphrase: Secret<string>): Buffer {
  if (derivation.oid !== PBKDF2 || derivation.parameters === undefined)
    throw unusable('key derivation by PBKDF2', `algorithm ${derivation.oid}`);
  const reader = new DerReader(derivation.parameters);
  const salt = readOctetString(reader.read());
  const iterations = readSmallInteger(reader.read());
  reader.optional(Tag.INTEGER);
  const prf = reader.optional(Tag.SEQUENCE);
  const hash = PRFS.get(prf === undefined ? '1.2.840.113549.2.7' : algorithmOf(prf).oid);
  if (hash === undefined || iterations > MAX_ITERATIONS)
    throw unusable(
      `PBKDF2 with SHA-2 and at most ${MAX_ITERATIONS} rounds`,
      `${iterations} rounds of ${hash ?? 'another'}`,
    );
  return pbkdf2Sync(passphrase.reveal(), salt, iterations, keyBytes, hash);
}

interface AlgorithmIdentifier {
  readonly oid: string;
  readonly parameters: DerNode | undefined;
}

function algorithmOf(node: DerNode): AlgorithmIdentifier {
  const [oid, parameters] = childrenOf(node);
  if (oid === undefined) throw unusable('an algorithm', 'none');
  return {oid: readOid(oid), parameters};
}

function explicit(node: DerNode): DerNode {
  const [inner, ...more] = childrenOf(node);
  if (node.tag !== contextTag(0, 'constructed') || inner === undefined || more.length > 0)
    throw unusable('one value inside [0]', 'something else');
  return inner;
}

function readKeyBag(bag: DerNode, passphrase: Secret<string>): KeyObject[] {
  const [type, value] = childrenOf(bag);
  const oid = type && readOid(type);
  if (value === undefined || (oid !== KEY_BAG && oid !== SHROUDED_KEY_BAG)) return [];
  const key = encodingOf(explicit(value));
  try {
    return [createPrivateKey({key, format: 'der', type: 'pkcs8', passphrase: passphrase.reveal()})];
  } catch {
    throw unusable('a private key that opens with the passphrase', 'one that does not');
  }
}

function readCertificateBag(bag: DerNode): CertificateFacts[] {
  const [type, value] = childrenOf(bag);
  if (type === undefined || value === undefined || readOid(type) !== CERTIFICATE_BAG) return [];
  const [kind, certificate] = childrenOf(explicit(value));
  if (kind === undefined || certificate === undefined || readOid(kind) !== X509_CERTIFICATE) return [];
  return [parseCertificate(readOctetString(explicit(certificate)))];
}

/** The certificate of the key and those above it. A root at the end stays away: clients have their own. */
function orderFrom(key: KeyObject, certificates: readonly CertificateFacts[]): readonly CertificateFacts[] {
  const spki = createPublicKey(key).export({type: 'spki', format: 'der'});
  const ordered: CertificateFacts[] = [];
  let next = certificates.find(({publicKey}) => publicKey.spki.equals(spki));
  while (next !== undefined && !ordered.includes(next)) {
    ordered.push(next);
    const wanted: string = next.issuer.comparable;
    next = certificates.find(({subject, issuer}) => subject.comparable === wanted && issuer.comparable !== wanted);
  }
  if (ordered.length === 0) throw unusable('the certificate of the private key', 'none');
  return ordered;
}

function unusable(required: string, found: string): MtlsError {
  return new MtlsError({code: 'ERR_MTLS_CREDENTIALS', required, found});
}
