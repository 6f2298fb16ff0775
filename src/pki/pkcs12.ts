import {createHash, createHmac, randomBytes} from 'node:crypto';
import type {KeyObject} from 'node:crypto';
import {md, pkcs12, util} from 'node-forge';
import {Tag} from '../x509/der';
import {NULL, context, encode, integer, octetString, oid, sequence, setOf} from './der';

/** What goes into a PKCS#12 file. */
export interface Pkcs12Content {
  /** DER. */
  readonly certificate: Buffer;
  /** DER of the certificates of the issuers. */
  readonly intermediates: readonly Buffer[];
  readonly key: KeyObject;
  readonly passphrase: string;
  /** What a key chain shows as the name of the entry. */
  readonly friendlyName: string;
}

const DATA = '1.2.840.113549.1.7.1';
const SHROUDED_KEY_BAG = '1.2.840.113549.1.12.10.1.2';
const CERTIFICATE_BAG = '1.2.840.113549.1.12.10.1.3';
const X509_CERTIFICATE = '1.2.840.113549.1.9.22.1';
const FRIENDLY_NAME = '1.2.840.113549.1.9.20';
const LOCAL_KEY_ID = '1.2.840.113549.1.9.21';
const SHA256 = '2.16.840.1.101.3.4.2.1';

/** Rounds of the key derivation for the MAC. */
const MAC_ITERATIONS = 10_000;

/** RFC 7292 appendix B.3: the diversifier that makes a MAC key. */
const MAC_KEY = 3;

/**
 * DER of a PKCS#12 file (RFC 7292): the key encrypted with PBES2 and AES-256, the certificates in the clear, all of
 * it under an HMAC-SHA-256 of the passphrase.
 */
export function encodePkcs12(content: Pkcs12Content): Buffer {
  const {certificate, intermediates} = content;
  const attributes = bagAttributes(content.friendlyName, createHash('sha1').update(certificate).digest());
  const certificateBags = [certificateBag(certificate, attributes), ...intermediates.map(der => certificateBag(der))];
  const authenticatedSafe = sequence(
    dataContent(sequence(...certificateBags)),
    dataContent(sequence(keyBag(content, attributes))),
  );
  return sequence(integer(3), dataContent(authenticatedSafe), macData(authenticatedSafe, content.passphrase));
}

function dataContent(content: Buffer): Buffer {
  return sequence(oid(DATA), context(0, octetString(content)));
}

function certificateBag(der: Buffer, ...attributes: readonly Buffer[]): Buffer {
  const bag = sequence(oid(X509_CERTIFICATE), context(0, octetString(der)));
  return sequence(oid(CERTIFICATE_BAG), context(0, bag), ...attributes);
}

function keyBag({key, passphrase}: Pkcs12Content, attributes: Buffer): Buffer {
  const encrypted = key.export({type: 'pkcs8', format: 'der', cipher: 'aes-256-cbc', passphrase});
  return sequence(oid(SHROUDED_KEY_BAG), context(0, encrypted), attributes);
}

/** The same local key id on key and certificate tells the reader that they belong together. */
function bagAttributes(friendlyName: string, localKeyId: Buffer): Buffer {
  const name = encode(Tag.BMP_STRING, Buffer.from(friendlyName, 'utf16le').swap16());
  return setOf(sequence(oid(FRIENDLY_NAME), setOf(name)), sequence(oid(LOCAL_KEY_ID), setOf(octetString(localKeyId))));
}

function macData(content: Buffer, passphrase: string): Buffer {
  const salt = randomBytes(16);
  const derived = pkcs12.generateKey(
    passphrase,
    util.createBuffer(salt.toString('latin1')),
    MAC_KEY,
    MAC_ITERATIONS,
    32,
    md.sha256.create(),
  );
  const mac = createHmac('sha256', Buffer.from(derived.getBytes(), 'latin1')).update(content).digest();
  const digestInfo = sequence(sequence(oid(SHA256), NULL), octetString(mac));
  return sequence(digestInfo, octetString(salt), integer(MAC_ITERATIONS));
}
