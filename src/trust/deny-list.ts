import {createHash} from 'node:crypto';
import type {CertificateFacts} from '../x509/certificate';
import {parseFingerprint} from '../x509/fingerprint';
import type {Fingerprint} from '../x509/fingerprint';

/** Whom an entry of the deny-list shuts out. */
export type DenySubject =
  /** SHA-256 of the DER certificate. */
  | {readonly kind: 'certificate'; readonly fingerprint: Fingerprint}
  /** SHA-256 of the SubjectPublicKeyInfo: every certificate for this key, also a renewed one. */
  | {readonly kind: 'key'; readonly fingerprint: Fingerprint}
  /** Serial number below the CA whose certificate or SubjectPublicKeyInfo has this SHA-256. */
  | {readonly kind: 'serial'; readonly issuer: Fingerprint; readonly serialNumber: string}
  /** Identifier of a principal, whatever certificate it comes with. */
  | {readonly kind: 'principal'; readonly id: string};

/** One entry: who, since when, and why in the words of whoever wrote it. */
export interface DenyEntry {
  readonly subject: DenySubject;
  readonly since: Date;
  readonly reason: string;
}

/** An immutable set of entries with constant-time look-ups. It speaks before any CRL or OCSP answer. */
export class DenyList {
  readonly #entries: ReadonlyMap<string, DenyEntry>;
  #digest: string | undefined;

  constructor(entries: readonly DenyEntry[]) {
    this.#entries = new Map(entries.map(entry => [keyOf(entry.subject), entry]));
  }

  get size(): number {
    return this.#entries.size;
  }

  /** A hash of whom it shuts out, whatever the order, the reasons and the dates. */
  get digest(): string {
    const who = (): string => JSON.stringify([...this.#entries.keys()].sort());
    this.#digest ??= createHash('sha256').update(who()).digest('hex');
    return this.#digest;
  }

  /** The entry that shuts out a certificate of a path, whether leaf or intermediate. */
  about(subject: CertificateFacts, issuer: CertificateFacts): DenyEntry | undefined {
    if (this.#entries.size === 0) return undefined;
    const {fingerprint, spkiFingerprint, serialNumber} = subject;
    return (
      this.#entries.get(`certificate ${fingerprint}`) ??
      this.#entries.get(`key ${spkiFingerprint}`) ??
      this.#entries.get(`serial ${issuer.fingerprint} ${serialNumber}`) ??
      this.#entries.get(`serial ${issuer.spkiFingerprint} ${serialNumber}`)
    );
  }

  /** The entry that shuts out an anchor, and with it whoever it vouches for. */
  aboutAnchor(certificate: CertificateFacts): DenyEntry | undefined {
    return (
      this.#entries.get(`certificate ${certificate.fingerprint}`) ??
      this.#entries.get(`key ${certificate.spkiFingerprint}`)
    );
  }

  /** The entry that shuts out a principal. */
  aboutPrincipal(id: string): DenyEntry | undefined {
    return this.#entries.get(`principal ${id}`);
  }
}

function keyOf(subject: DenySubject): string {
  switch (subject.kind) {
    case 'certificate':
    case 'key':
      return `${subject.kind} ${subject.fingerprint}`;
    case 'serial':
      return `serial ${subject.issuer} ${subject.serialNumber}`;
    case 'principal':
      return `principal ${subject.id}`;
  }
}

/** How an entry is written, in a file and between instances: exactly one of the first four, and `serialNumber` beside `issuer`. */
export interface DenyEntryText {
  readonly certificate?: string;
  readonly key?: string;
  readonly issuer?: string;
  readonly serialNumber?: string;
  readonly principal?: string;
  readonly reason?: string;
  /** ISO 8601. */
  readonly since?: string;
}

const FIELDS = ['certificate', 'key', 'issuer', 'serialNumber', 'principal', 'reason', 'since'] as const;

/**
 * Reads one entry as people write it. Hashes with or without colons, serial numbers in hexadecimal as `openssl x509
 * -serial` prints them.
 *
 * @param now when the entry takes effect if it does not say
 * @returns the entry, or what is wrong with it
 */
export function parseDenyEntry(value: unknown, now: Date): DenyEntry | string {
  if (typeof value !== 'object' || value === null) return 'an entry that is not an object';
  const fields = new Map<string, string>();
  for (const [name, text] of Object.entries(value)) {
    if (!FIELDS.some(field => field === name)) return `an unknown field ${name}`;
    if (typeof text !== 'string') return `${name} that is not text`;
    fields.set(name, text);
  }
  const subject = parseSubject(fields);
  if (typeof subject === 'string') return subject;
  const sinceText = fields.get('since');
  const since = sinceText === undefined ? now : new Date(sinceText);
  if (Number.isNaN(since.getTime())) return 'since that is not a date';
  return {subject, since, reason: fields.get('reason') ?? 'unspecified'};
}

function parseSubject(fields: ReadonlyMap<string, string>): DenySubject | string {
  const named = ['certificate', 'key', 'issuer', 'principal'].filter(field => fields.has(field));
  const [kind] = named;
  if (kind === undefined || named.length > 1) return 'none or several of certificate, key, issuer and principal';
  if (fields.has('serialNumber') !== (kind === 'issuer')) return 'issuer without serialNumber, or the other way round';
  const text = fields.get(kind) ?? '';
  if (kind === 'principal') return text === '' ? 'an empty principal' : {kind, id: text};
  const fingerprint = parseFingerprint(text);
  if (fingerprint === undefined) return `${kind} that is not a SHA-256`;
  if (kind !== 'issuer') return kind === 'key' ? {kind, fingerprint} : {kind: 'certificate', fingerprint};
  const serialNumber = parseSerialNumber(fields.get('serialNumber') ?? '');
  return serialNumber === undefined
    ? 'serialNumber that is not hexadecimal'
    : {kind: 'serial', issuer: fingerprint, serialNumber};
}

/** The form of `CertificateFacts.serialNumber`. */
function parseSerialNumber(text: string): string | undefined {
  const hex = text.replaceAll(':', '').toLowerCase();
  return /^-?[0-9a-f]{1,42}$/.test(hex) ? hex.replace(/^(-?)0+(?=.)/, '$1') : undefined;
}

/** Writes an entry so that {@link parseDenyEntry} reads it back. */
export function denyEntryText({subject, since, reason}: DenyEntry): DenyEntryText {
  const rest = {reason, since: since.toISOString()};
  switch (subject.kind) {
    case 'certificate':
      return {certificate: subject.fingerprint, ...rest};
    case 'key':
      return {key: subject.fingerprint, ...rest};
    case 'serial':
      return {issuer: subject.issuer, serialNumber: subject.serialNumber, ...rest};
    case 'principal':
      return {principal: subject.id, ...rest};
  }
}
