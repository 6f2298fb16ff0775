import {generateKeyPairSync} from 'node:crypto';
import {contextTag, Tag} from '../../src/x509/der';
import {hex, oid, sequence, set, small, text, tlv} from './der-writer';

/** The parts of a certificate as DER, each of which a test may exchange or leave out (an empty buffer). */
export interface CertificateParts {
  readonly version: Buffer;
  readonly serialNumber: Buffer;
  readonly innerAlgorithm: Buffer;
  readonly issuer: Buffer;
  readonly validity: Buffer;
  readonly subject: Buffer;
  readonly publicKey: Buffer;
  readonly uniqueIdentifiers: Buffer;
  readonly extensions: Buffer;
  readonly outerAlgorithm: Buffer;
  readonly signature: Buffer;
}

export const NOTHING = Buffer.alloc(0);

/** AlgorithmIdentifier ecdsa-with-SHA256. */
export const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));

/** DER of a name with one common name. */
export function commonName(value: string, tag: number = Tag.UTF8_STRING): Buffer {
  return sequence(set(attribute('2.5.4.3', text(tag, value))));
}

/** DER of one attribute. */
export function attribute(type: string, value: Buffer): Buffer {
  return sequence(oid(type), value);
}

/** The field `version`. */
export function version(number: number): Buffer {
  return tlv(contextTag(0, 'constructed'), small(number));
}

/** The field `extensions`. */
export function extensions(...list: readonly Buffer[]): Buffer {
  return tlv(contextTag(3, 'constructed'), sequence(...list));
}

/** One extension. */
export function extension(type: string, value: Buffer, critical: Buffer = NOTHING): Buffer {
  return sequence(oid(type), critical, tlv(Tag.OCTET_STRING, value));
}

export const TRUE = hex(Tag.BOOLEAN, 'ff');
export const FALSE = hex(Tag.BOOLEAN, '00');

/** A key made for this run. */
export const EC_KEY = generateKeyPairSync('ec', {namedCurve: 'P-256'}).publicKey.export({type: 'spki', format: 'der'});

const PARTS: CertificateParts = {
  version: version(2),
  serialNumber: small(5),
  innerAlgorithm: ECDSA_SHA256,
  issuer: commonName('Issuer'),
  validity: sequence(text(Tag.UTC_TIME, '260101000000Z'), text(Tag.UTC_TIME, '270101000000Z')),
  subject: commonName('Subject'),
  publicKey: EC_KEY,
  uniqueIdentifiers: NOTHING,
  extensions: extensions(extension('2.5.29.19', sequence())),
  outerAlgorithm: ECDSA_SHA256,
  // A signature of the right form; no parser looks into it.
  signature: hex(Tag.BIT_STRING, '003006020101020101'),
};

/** A certificate of version 3 with the given parts instead of its own. Its signature does not verify. */
export function certificateWith(parts: Partial<CertificateParts> = {}): Buffer {
  const all = {...PARTS, ...parts};
  const tbs = sequence(
    all.version,
    all.serialNumber,
    all.innerAlgorithm,
    all.issuer,
    all.validity,
    all.subject,
    all.publicKey,
    all.uniqueIdentifiers,
    all.extensions,
  );
  return sequence(tbs, all.outerAlgorithm, all.signature);
}
