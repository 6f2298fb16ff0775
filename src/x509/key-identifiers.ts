import {contextTag, DerReader, expectTag, readOctetString, Tag} from './der';
import type {DerNode} from './der';
import {parseGeneralNames} from './general-name';
import {malformed} from './malformed';
import type {GeneralName} from './names';
import {readSerialNumber} from './serial-number';

/** RFC 5280 section 4.2.1.1. The issuer's names and the serial number come together or not at all. */
export interface AuthorityKeyIdentifier {
  readonly keyIdentifier?: Buffer;
  readonly issuer: readonly GeneralName[];
  readonly serialNumber?: string;
}

const NO_NAMES: readonly GeneralName[] = Object.freeze([]);
const KEY_IDENTIFIER = contextTag(0, 'primitive');
const ISSUER = contextTag(1, 'constructed');
const SERIAL_NUMBER = contextTag(2, 'primitive');

/** Reads AuthorityKeyIdentifier. */
export function parseAuthorityKeyIdentifier(node: DerNode): AuthorityKeyIdentifier {
  expectTag(node, Tag.SEQUENCE);
  const reader = new DerReader(node);
  const keyIdentifier = reader.optional(KEY_IDENTIFIER);
  const issuer = reader.optional(ISSUER);
  const serialNumber = reader.optional(SERIAL_NUMBER);
  reader.finish();
  // X.509 section 9.2.2.1: both present or both absent.
  if ((issuer === undefined) !== (serialNumber === undefined))
    throw malformed('authorityKeyIdentifier', 'issuer and serial number together', 'one of them');
  const names = issuer === undefined ? NO_NAMES : parseGeneralNames(issuer, ISSUER);
  // Assigned, not spread: so those of ten thousand certificates share a hidden class.
  return Object.freeze<AuthorityKeyIdentifier>(
    Object.assign(
      {issuer: names},
      keyIdentifier && {keyIdentifier: readKeyIdentifier(keyIdentifier, KEY_IDENTIFIER)},
      serialNumber && {serialNumber: readSerialNumber(serialNumber, SERIAL_NUMBER)},
    ),
  );
}

/** Reads SubjectKeyIdentifier (RFC 5280 section 4.2.1.2). */
export function parseSubjectKeyIdentifier(node: DerNode): Buffer {
  return readKeyIdentifier(node, Tag.OCTET_STRING);
}

function readKeyIdentifier(node: DerNode, tag: number): Buffer {
  const identifier = readOctetString(node, tag);
  // An empty identifier would match every other empty one.
  if (identifier.length === 0) throw malformed('keyIdentifier', 'at least one octet', 'none');
  return identifier;
}
