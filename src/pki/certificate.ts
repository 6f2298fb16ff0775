import type {KeyObject} from 'node:crypto';
import type {RawExtension} from '../x509/extensions';
import {bitString, context, integer, retag, sequence, time} from './der';
import {encodeExtension} from './extensions';
import {encodeName} from './names';
import type {NameSpec} from './names';
import {algorithmIdentifier, defaultScheme, signBytes} from './signing';
import type {SignatureScheme} from './signing';

/** First and last moment of validity, in whole seconds. */
export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** What goes into a certificate, after every default. */
export interface CertificateContent {
  readonly version: 1 | 2 | 3;
  readonly serialNumber: bigint;
  readonly issuer: NameSpec;
  readonly validity: Validity;
  readonly subject: NameSpec;
  /** DER of the SubjectPublicKeyInfo. */
  readonly spki: Buffer;
  readonly extensions: readonly RawExtension[];
  /** `[1] issuerUniqueID` and `[2] subjectUniqueID`, which RFC 5280 tells CAs not to write. */
  readonly uniqueIdentifiers?: {readonly issuer?: Buffer; readonly subject?: Buffer};
}

/** Key and algorithm of a signature, and what to do wrong on purpose. */
export interface Signing {
  readonly key: KeyObject;
  /** Default: what fits the key. */
  readonly scheme?: SignatureScheme | undefined;
  /** The algorithm named outside the signed bytes, where it shall differ from the one inside. */
  readonly outerScheme?: SignatureScheme | undefined;
  /** Changes the signed bytes after signing, or the signature. */
  readonly corrupt?: 'content' | 'signature' | undefined;
}

/** DER of a certificate (RFC 5280 section 4.1). */
export function encodeCertificate(content: CertificateContent, signing: Signing): Buffer {
  const {issuer, subject} = content.uniqueIdentifiers ?? {};
  return signed(signing, algorithm =>
    sequence(
      ...(content.version === 1 ? [] : [context(0, integer(content.version - 1))]),
      integer(content.serialNumber),
      algorithm,
      encodeName(content.issuer),
      sequence(time(content.validity.notBefore), time(content.validity.notAfter)),
      encodeName(content.subject),
      content.spki,
      ...(issuer ? [retag(1, bitString(issuer))] : []),
      ...(subject ? [retag(2, bitString(subject))] : []),
      ...(content.extensions.length === 0 ? [] : [context(3, sequence(...content.extensions.map(encodeExtension)))]),
    ),
  );
}

/** SIGNED{} of X.509: the content, the algorithm, the signature. `encode` gets the AlgorithmIdentifier to put inside. */
export function signed(signing: Signing, encode: (algorithm: Buffer) => Buffer): Buffer {
  const scheme = signing.scheme ?? defaultScheme(signing.key);
  const content = encode(algorithmIdentifier(scheme));
  const signature = signBytes(content, signing.key, scheme);
  return sequence(
    signing.corrupt === 'content' ? withLastBitFlipped(content) : content,
    algorithmIdentifier(signing.outerScheme ?? scheme),
    bitString(signing.corrupt === 'signature' ? withLastBitFlipped(signature) : signature),
  );
}

function withLastBitFlipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const last = copy.length - 1;
  copy.writeUInt8(copy.readUInt8(last) ^ 1, last);
  return copy;
}
