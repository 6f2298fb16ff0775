import {MtlsError} from '../errors';
import {parseSignatureAlgorithm} from './algorithm';
import type {SignatureAlgorithm} from './algorithm';
import {contextTag, DerReader, encodingOf, parseDer, readBitString, readSmallInteger, readTime, Tag} from './der';
import type {DerNode} from './der';
import {NO_EXTENSIONS, parseExtensions} from './extensions';
import type {Extensions} from './extensions';
import {fingerprintOf} from './fingerprint';
import type {Fingerprint} from './fingerprint';
import {onlyChild} from './general-name';
import {malformed} from './malformed';
import {parseDistinguishedName} from './names';
import type {DistinguishedName, GeneralName} from './names';
import {parsePublicKey} from './public-key';
import type {PublicKeyFacts} from './public-key';
import {readSerialNumber} from './serial-number';

/** What a certificate says. Nothing here has been checked: not the signature, not the dates, not who issued it. */
export interface CertificateFacts {
  readonly der: Buffer;
  /** SHA-256 of the DER certificate. */
  readonly fingerprint: Fingerprint;
  /** SHA-256 of the DER SubjectPublicKeyInfo. */
  readonly spkiFingerprint: Fingerprint;
  /** 1, 2 or 3, as people count them. */
  readonly version: number;
  /**
   * Lower-case hex of the serial number without leading zeros; a leading `-` when it is negative. At most 64 octets:
   * whether zero or more than 20 octets are acceptable is for trust to say.
   */
  readonly serialNumber: string;
  readonly issuer: DistinguishedName;
  /** Empty where the certificate is known by its alternative names alone. */
  readonly subject: DistinguishedName;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly publicKey: PublicKeyFacts;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly signature: Buffer;
  /** The signed bytes (TBSCertificate). */
  readonly tbs: Buffer;
  readonly extensions: Extensions;
  /** Shorthand for `extensions.subjectAltName`, empty when absent. */
  readonly subjectAltNames: readonly GeneralName[];
}

/** Largest certificate read, in bytes. Real ones have 1 to 4 KiB; OpenSSL's default for a whole chain is 100 KiB. */
export const MAX_CERTIFICATE_BYTES = 64 * 1024;

/**
 * Reads one DER certificate, strictly as RFC 5280 section 4.1 defines it. The facts are frozen and own their bytes.
 *
 * @throws MtlsError `ERR_MTLS_CERTIFICATE_TOO_LARGE`, `ERR_MTLS_DER`, `ERR_MTLS_CERTIFICATE_MALFORMED`,
 *   `ERR_MTLS_EXTENSION_MALFORMED`, `ERR_MTLS_EXTENSION_DUPLICATE`, `ERR_MTLS_NAME_FORBIDDEN_CHARACTER`
 */
export function parseCertificate(bytes: Uint8Array): CertificateFacts {
  if (bytes.length > MAX_CERTIFICATE_BYTES) throw tooLarge(bytes.length);
  const der = Buffer.from(bytes);
  const reader = new DerReader(parseDer(der, Tag.SEQUENCE));
  const tbs = reader.read(Tag.SEQUENCE);
  const signatureAlgorithm = parseSignatureAlgorithm(reader.read());
  const {octets: signature, unusedBits} = readBitString(reader.read());
  reader.finish();
  if (unusedBits !== 0) throw malformed('signatureValue', 'whole octets', `${unusedBits} unused bits`);
  const content = parseTbs(tbs, signatureAlgorithm);
  // Named one by one: objects made by spreading share no hidden class, so each of ten thousand would carry its own.
  return Object.freeze({
    der,
    fingerprint: fingerprintOf(der),
    spkiFingerprint: fingerprintOf(content.publicKey.spki),
    version: content.version,
    serialNumber: content.serialNumber,
    issuer: content.issuer,
    subject: content.subject,
    notBefore: content.notBefore,
    notAfter: content.notAfter,
    publicKey: content.publicKey,
    signatureAlgorithm,
    signature,
    tbs: encodingOf(tbs),
    extensions: content.extensions,
    subjectAltNames: content.extensions.subjectAltName ?? NO_NAMES,
  });
}

const NO_NAMES: readonly GeneralName[] = Object.freeze([]);

function tooLarge(bytes: number): MtlsError {
  const required = `at most ${MAX_CERTIFICATE_BYTES} bytes`;
  return new MtlsError({code: 'ERR_MTLS_CERTIFICATE_TOO_LARGE', required, found: `${bytes} bytes`});
}

type SignedFacts = Pick<
  CertificateFacts,
  'version' | 'serialNumber' | 'issuer' | 'notBefore' | 'notAfter' | 'subject' | 'publicKey' | 'extensions'
>;

function parseTbs(node: DerNode, outerAlgorithm: SignatureAlgorithm): SignedFacts {
  const reader = new DerReader(node);
  const version = parseVersion(reader);
  const serialNumber = readSerialNumber(reader.read());
  // RFC 5280 section 4.1.1.2: the signed algorithm must be the one outside, or the outer could be exchanged.
  if (!parseSignatureAlgorithm(reader.read()).der.equals(outerAlgorithm.der))
    throw malformed('signature', 'the algorithm of signatureAlgorithm', 'another');
  const issuer = parseIssuer(reader.read());
  const {notBefore, notAfter} = parseValidity(reader.read(Tag.SEQUENCE));
  const subject = parseDistinguishedName(reader.read());
  const publicKey = parsePublicKey(reader.read());
  skipUniqueIdentifiers(reader, version);
  const extensions = parseOptionalExtensions(reader, version);
  reader.finish();
  return {version, serialNumber, issuer, notBefore, notAfter, subject, publicKey, extensions};
}

/** Issuer names kept at most: one for each CA whose certificates come again and again. */
const MAX_ISSUERS = 64;
const issuers = new Map<string, DistinguishedName>();

/** One value for one issuer: open connections hold thousands of certificates of the same few. */
function parseIssuer(node: DerNode): DistinguishedName {
  const encoding = encodingOf(node).toString('latin1');
  const known = issuers.get(encoding);
  if (known !== undefined) return known;
  const issuer = parseDistinguishedName(node);
  if (issuer.rdns.length === 0) throw malformed('issuer', 'a non-empty name', 'an empty one');
  if (issuers.size < MAX_ISSUERS) issuers.set(encoding, issuer);
  return issuer;
}

/** Version 1 is the default, which DER leaves out. */
function parseVersion(reader: DerReader): number {
  const wrapper = reader.optional(contextTag(0, 'constructed'));
  if (wrapper === undefined) return 1;
  const number = readSmallInteger(onlyChild(wrapper));
  if (number !== 1 && number !== 2) throw malformed('version', '1 (v2) or 2 (v3)', String(number));
  return number + 1;
}

/** RFC 5280 section 4.1.2.5 asks users of certificates to read both kinds of time whatever the year. */
function parseValidity(node: DerNode): Pick<CertificateFacts, 'notBefore' | 'notAfter'> {
  const reader = new DerReader(node);
  const notBefore = readTime(reader.read());
  const notAfter = readTime(reader.read());
  reader.finish();
  return {notBefore, notAfter};
}

/** RFC 5280 section 4.1.2.8: from version 2 on, and nobody should use them. */
function skipUniqueIdentifiers(reader: DerReader, version: number): void {
  for (const tag of [contextTag(1, 'primitive'), contextTag(2, 'primitive')]) {
    const identifier = reader.optional(tag);
    if (identifier === undefined) continue;
    if (version === 1) throw malformed('version', '2 or 3 with unique identifiers', '1');
    readBitString(identifier, tag);
  }
}

function parseOptionalExtensions(reader: DerReader, version: number): Extensions {
  const wrapper = reader.optional(contextTag(3, 'constructed'));
  if (wrapper === undefined) return NO_EXTENSIONS;
  if (version !== 3) throw malformed('version', '3 with extensions', String(version));
  return parseExtensions(onlyChild(wrapper));
}
