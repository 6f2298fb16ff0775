import {MtlsError} from '../errors';
import {CRL_REASONS} from '../x509/crl-entry';
import type {CrlReason} from '../x509/crl-entry';

/** The index of a development CA: what was issued and what was revoked. No key is in it. */
export interface Index {
  readonly certificates: readonly CertificateRecord[];
  /** What each authority last signed as its CRL, by name. */
  readonly crls: Readonly<Record<string, CrlRecord>>;
}

/** What a certificate is for. */
export type Purpose = 'root' | 'intermediate' | 'server' | 'client';

const PURPOSES: readonly string[] = ['root', 'intermediate', 'server', 'client'] satisfies readonly Purpose[];

/** One issued certificate. A renewed one comes later under the same name: the last of a name is the current one. */
export interface CertificateRecord {
  readonly name: string;
  readonly purpose: Purpose;
  /** Name of the authority that issued it; its own name for a root. */
  readonly issuer: string;
  /** Lower-case hex. */
  readonly serialNumber: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly revoked?: Revocation;
}

export interface Revocation {
  readonly at: Date;
  readonly reason: CrlReason;
}

/** The last complete CRL of an authority. A delta builds on it. */
export interface CrlRecord {
  readonly number: number;
  /** RFC 5280 section 5.2.3: complete and delta CRLs share one sequence of numbers; this is the last one used. */
  readonly lastNumber: number;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
}

/** A file of the folder that is to be written whole. */
export interface FileToWrite {
  /** Relative to the folder. */
  readonly file: string;
  readonly content: string | Buffer;
  /** Who may read it: its owner only, or everybody. */
  readonly access: 'secret' | 'public';
}

/** A step of the CA, before anything is written. */
export interface Change {
  readonly index: Index;
  readonly files: readonly FileToWrite[];
}

export const EMPTY_INDEX: Index = Object.freeze({certificates: [], crls: {}});

/**
 * Reads the JSON of an index.
 *
 * @throws MtlsError `ERR_MTLS_PKI` when it is not one
 */
export function parseIndex(text: string): Index {
  const index = parseJson(text);
  const {certificates, crls} = recordOf(index, 'the index');
  if (!Array.isArray(certificates)) throw unreadable('a list of certificates', 'the index');
  return {
    certificates: certificates.map(parseCertificateRecord),
    crls: Object.fromEntries(Object.entries(recordOf(crls, 'crls')).map(([name, crl]) => [name, parseCrlRecord(crl)])),
  };
}

function parseCertificateRecord(value: unknown): CertificateRecord {
  const record = recordOf(value, 'a certificate');
  return {
    name: textOf(record, 'name'),
    purpose: oneOf(record, 'purpose', isPurpose),
    issuer: textOf(record, 'issuer'),
    serialNumber: textOf(record, 'serialNumber'),
    notBefore: dateOf(record, 'notBefore'),
    notAfter: dateOf(record, 'notAfter'),
    ...(record['revoked'] === undefined ? {} : {revoked: parseRevocation(record['revoked'])}),
  };
}

function parseRevocation(value: unknown): Revocation {
  const record = recordOf(value, 'revoked');
  return {at: dateOf(record, 'at'), reason: oneOf(record, 'reason', isCrlReason)};
}

function parseCrlRecord(value: unknown): CrlRecord {
  const record = recordOf(value, 'a CRL');
  return {
    number: numberOf(record, 'number'),
    lastNumber: numberOf(record, 'lastNumber'),
    thisUpdate: dateOf(record, 'thisUpdate'),
    nextUpdate: dateOf(record, 'nextUpdate'),
  };
}

function isPurpose(text: string): text is Purpose {
  return PURPOSES.includes(text);
}

/** Whether text is a reason of RFC 5280 section 5.3.1. */
export function isCrlReason(text: string): text is CrlReason {
  return CRL_REASONS.some(reason => reason === text);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unreadable('JSON', 'the index', cause);
  }
}

function recordOf(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unreadable('an object', where);
  return {...value};
}

function textOf(record: Readonly<Record<string, unknown>>, name: string): string {
  const value = record[name];
  if (typeof value !== 'string') throw unreadable('text', name);
  return value;
}

function numberOf(record: Readonly<Record<string, unknown>>, name: string): number {
  const value = record[name];
  if (typeof value !== 'number') throw unreadable('a number', name);
  return value;
}

function oneOf<T extends string>(
  record: Readonly<Record<string, unknown>>,
  name: string,
  is: (text: string) => text is T,
): T {
  const text = textOf(record, name);
  if (!is(text)) throw unreadable('a known word', name);
  return text;
}

function dateOf(record: Readonly<Record<string, unknown>>, name: string): Date {
  const date = new Date(textOf(record, name));
  if (Number.isNaN(date.getTime())) throw unreadable('a date', name);
  return date;
}

function unreadable(required: string, where: string, cause?: unknown): MtlsError {
  return new MtlsError({code: 'ERR_MTLS_PKI', required, found: 'something else', where}, {cause});
}
