import {contextTag, DerReader, encodingOf, parseDer, readOid, readSmallInteger, Tag} from '../x509/der';
import type {DerNode} from '../x509/der';
import type {SignatureAlgorithm} from '../x509/algorithm';
import type {PublicKeyFacts} from '../x509/public-key';
import {MtlsError} from '../errors';

/** A signature algorithm this library verifies: which keys make it and how. */
export type SignatureScheme =
  | {readonly kind: 'rsa-pkcs1'; readonly hash: HashName}
  | {readonly kind: 'rsa-pss'; readonly hash: HashName; readonly saltBytes: number}
  | {readonly kind: 'ecdsa'; readonly hash: HashName}
  | {readonly kind: 'ed25519' | 'ed448'};

type HashName = 'sha256' | 'sha384' | 'sha512';

const HASHES: ReadonlyMap<string, {readonly name: HashName; readonly bytes: number}> = new Map([
  ['2.16.840.1.101.3.4.2.1', {name: 'sha256', bytes: 32}],
  ['2.16.840.1.101.3.4.2.2', {name: 'sha384', bytes: 48}],
  ['2.16.840.1.101.3.4.2.3', {name: 'sha512', bytes: 64}],
]);

const RSA_PSS = '1.2.840.113549.1.1.10';
const MGF1 = '1.2.840.113549.1.1.8';

type Parameters = 'null-or-absent' | 'absent';

const FIXED: ReadonlyMap<string, {readonly scheme: SignatureScheme; readonly parameters: Parameters}> = new Map([
  // RFC 4055 section 5: NULL is required, absent has to be accepted.
  ['1.2.840.113549.1.1.11', {scheme: {kind: 'rsa-pkcs1', hash: 'sha256'}, parameters: 'null-or-absent'}],
  ['1.2.840.113549.1.1.12', {scheme: {kind: 'rsa-pkcs1', hash: 'sha384'}, parameters: 'null-or-absent'}],
  ['1.2.840.113549.1.1.13', {scheme: {kind: 'rsa-pkcs1', hash: 'sha512'}, parameters: 'null-or-absent'}],
  // RFC 5758 section 3.2 and RFC 8410 section 3: absent.
  ['1.2.840.10045.4.3.2', {scheme: {kind: 'ecdsa', hash: 'sha256'}, parameters: 'absent'}],
  ['1.2.840.10045.4.3.3', {scheme: {kind: 'ecdsa', hash: 'sha384'}, parameters: 'absent'}],
  ['1.2.840.10045.4.3.4', {scheme: {kind: 'ecdsa', hash: 'sha512'}, parameters: 'absent'}],
  ['1.3.101.112', {scheme: {kind: 'ed25519'}, parameters: 'absent'}],
  ['1.3.101.113', {scheme: {kind: 'ed448'}, parameters: 'absent'}],
] as const);

/** The scheme that an AlgorithmIdentifier names, or undefined when it is weak, unknown or has the wrong parameters. */
export function signatureSchemeOf(algorithm: SignatureAlgorithm): SignatureScheme | undefined {
  if (algorithm.oid === RSA_PSS) return algorithm.parameters && pssSchemeOf(algorithm.parameters);
  const known = FIXED.get(algorithm.oid);
  return known !== undefined && hasParameters(algorithm, known.parameters) ? known.scheme : undefined;
}

/** Whether a key of this kind can make signatures of the scheme. */
export function isSchemeOfKey(scheme: SignatureScheme, {kind}: PublicKeyFacts): boolean {
  switch (scheme.kind) {
    case 'rsa-pkcs1':
      return kind === 'rsa';
    case 'rsa-pss':
      return kind === 'rsa' || kind === 'rsa-pss';
    case 'ecdsa':
      return kind === 'ec';
    case 'ed25519':
    case 'ed448':
      return kind === scheme.kind;
  }
}

function hasParameters({parameters}: SignatureAlgorithm, expected: Parameters): boolean {
  return parameters === undefined || (expected === 'null-or-absent' && isNull(parameters));
}

function isNull(der: Buffer): boolean {
  return der.length === 2 && der[0] === Tag.NULL && der[1] === 0;
}

/**
 * RFC 4055 section 3.1. The defaults are SHA-1, so hash and mask generation have to be written out; both use the same
 * hash, and the salt is at least as long as it.
 */
function pssSchemeOf(parameters: Buffer): SignatureScheme | undefined {
  try {
    const reader = new DerReader(parseDer(parameters, Tag.SEQUENCE));
    const hash = hashOf(explicit(reader, 0));
    const mask = maskHashOf(explicit(reader, 1));
    const salt = explicit(reader, 2);
    const saltBytes = salt === undefined ? 20 : readSmallInteger(salt);
    reader.finish();
    return hash !== undefined && hash === mask && saltBytes >= hash.bytes
      ? {kind: 'rsa-pss', hash: hash.name, saltBytes}
      : undefined;
  } catch (error) {
    if (error instanceof MtlsError) return undefined;
    throw error;
  }
}

/** The value inside `[number] EXPLICIT`, when it is there. */
function explicit(parent: DerReader, number: number): DerNode | undefined {
  const wrapper = parent.optional(contextTag(number, 'constructed'));
  if (wrapper === undefined) return undefined;
  const reader = new DerReader(wrapper);
  const value = reader.read();
  reader.finish();
  return value;
}

function hashOf(node: DerNode | undefined): {readonly name: HashName; readonly bytes: number} | undefined {
  if (node === undefined) return undefined;
  const reader = new DerReader(node);
  const hash = HASHES.get(readOid(reader.read()));
  const isBare = reader.done || (isNull(encodingOf(reader.read())) && reader.done);
  return isBare ? hash : undefined;
}

function maskHashOf(node: DerNode | undefined): {readonly name: HashName; readonly bytes: number} | undefined {
  if (node === undefined) return undefined;
  const reader = new DerReader(node);
  if (readOid(reader.read()) !== MGF1) return undefined;
  const hash = hashOf(reader.read());
  reader.finish();
  return hash;
}
