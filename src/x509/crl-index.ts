import {randomBytes} from 'node:crypto';
import {MtlsError} from '../errors';
import {parseCrlEntry, reasonOf} from './crl-entry';
import type {CrlEntry} from './crl-entry';
import {DerReader, readTime, Tag} from './der';
import type {DerNode} from './der';
import type {DistinguishedName} from './names';

/**
 * A compact index over the entries of a CRL. The entries stay where they are, in the bytes of the file; the index is
 * one open-addressing table of offsets, 6.4 bytes an entry, and an entry is read when it is hit.
 */

/** Entries handled between two pauses: about a millisecond of work. */
const ENTRIES_PER_SLICE = 8192;

/** Slots per entry: about one probe in two hits a free slot. */
const SLOTS_PER_ENTRY = 1.6;

/** Offsets are 32 bits wide. */
const MAX_CRL_BYTES = 0xffff_ffff;

/**
 * Reads every entry of a CRL strictly and indexes it, pausing at each `yield`. Verify the signature of the CRL first:
 * nothing is known about who wrote the entries.
 *
 * @param entries `CrlFacts.entries`; undefined is a CRL that revokes nothing
 * @throws MtlsError `ERR_MTLS_DER`, `ERR_MTLS_CRL_MALFORMED`
 */
export function* indexEntries(
  entries: DerNode | undefined,
  crlIssuer: DistinguishedName,
): Generator<undefined, CrlIndex, undefined> {
  if (entries === undefined) return new CrlIndex(Buffer.alloc(0), new Uint32Array(1), 0, [], [], 0, crlIssuer);
  const {bytes, contentStart, end} = entries;
  if (end > MAX_CRL_BYTES) {
    throw new MtlsError({code: 'ERR_MTLS_CRL_MALFORMED', required: 'less than 4 GiB', found: `${end} bytes`});
  }
  // RFC 5280 section 5.1.2.6: when nothing is revoked the list is absent, not empty.
  if (contentStart === end) {
    throw new MtlsError({code: 'ERR_MTLS_CRL_MALFORMED', required: 'at least one entry', found: 'an empty list'});
  }

  let size = 0;
  const issuerOffsets: number[] = [];
  const unknownCritical = new Set<string>();
  for (let offset = contentStart; offset < end; size++) {
    const plainEnd = endOfPlainEntry(bytes, offset, end);
    if (plainEnd > 0) {
      offset = plainEnd;
    } else {
      const node = entryAt(entries, offset);
      const entry = parseCrlEntry(node);
      if (entry.certificateIssuer !== undefined) issuerOffsets.push(offset);
      for (const oid of entry.unknownCritical) unknownCritical.add(oid);
      offset = node.end;
    }
    if (size % ENTRIES_PER_SLICE === 0) yield;
  }

  const slots = new Uint32Array(Math.ceil(size * SLOTS_PER_ENTRY) + 1);
  const seed = randomBytes(4).readUInt32LE();
  let count = 0;
  for (let offset = contentStart; offset < end; count++) {
    const serial = serialAt(bytes, offset);
    let slot = slotOf(bytes, serial.start, serial.end, seed, slots.length);
    while (slots[slot] !== 0) slot = slot + 1 === slots.length ? 0 : slot + 1;
    slots[slot] = offset;
    offset = serial.entryEnd;
    if (count % ENTRIES_PER_SLICE === 0) yield;
  }
  return new CrlIndex(bytes, slots, size, issuerOffsets, [...unknownCritical], seed, crlIssuer);
}

/** Runs the steps of an index at once. For CRLs of at most some thousand entries: it blocks. */
export function runSteps<T>(steps: Generator<undefined, T, undefined>): T {
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}

/** The entries of one CRL, found by serial number. Nothing is said about whether the CRL may be believed. */
export class CrlIndex {
  /** Number of entries. */
  readonly size: number;
  /** OIDs of critical entry extensions that this library does not understand; a verifier refuses the whole CRL (RFC 5280 section 5.3). */
  readonly unknownCritical: readonly string[];
  readonly #bytes: Buffer;
  readonly #slots: Uint32Array;
  readonly #issuerOffsets: readonly number[];
  readonly #seed: number;
  readonly #crlIssuer: DistinguishedName;

  constructor(
    bytes: Buffer,
    slots: Uint32Array,
    size: number,
    issuerOffsets: readonly number[],
    unknownCritical: readonly string[],
    seed: number,
    crlIssuer: DistinguishedName,
  ) {
    this.#bytes = bytes;
    this.#slots = slots;
    this.size = size;
    this.#issuerOffsets = issuerOffsets;
    this.unknownCritical = unknownCritical;
    this.#seed = seed;
    this.#crlIssuer = crlIssuer;
  }

  /** Whether entries name certificate issuers of their own; only an indirect CRL may (RFC 5280 section 5.3.3). */
  get namesCertificateIssuers(): boolean {
    return this.#issuerOffsets.length > 0;
  }

  /**
   * The entry about a certificate. Of several, one that revokes wins over one that removes a hold.
   *
   * @param serialNumber as in `CertificateFacts`
   */
  find(serialNumber: string, certificateIssuer: DistinguishedName): CrlEntry | undefined {
    if (this.size === 0) return undefined;
    const wanted = serialOctets(serialNumber);
    let slot = slotOf(wanted, 0, wanted.length, this.#seed, this.#slots.length);
    let removal: CrlEntry | undefined;
    for (;;) {
      const offset = this.#slots[slot];
      if (offset === undefined || offset === 0) return removal;
      slot = slot + 1 === this.#slots.length ? 0 : slot + 1;
      const serial = serialAt(this.#bytes, offset);
      if (!isAt(wanted, this.#bytes, serial.start, serial.end)) continue;
      if (!this.#issuerNamesAt(offset).includes(certificateIssuer.comparable)) continue;
      const entry = readEntry(this.#bytes, offset, serial);
      if (entry.reason !== 'removeFromCRL') return entry;
      removal = entry;
    }
  }

  /** RFC 5280 section 5.3.3: a certificate issuer holds for every following entry until the next one. */
  #issuerNamesAt(offset: number): readonly string[] {
    let low = 0;
    let high = this.#issuerOffsets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#issuerOffsets[middle] ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    const at = this.#issuerOffsets[low - 1];
    if (at === undefined) return [this.#crlIssuer.comparable];
    const names = parseCrlEntry(windowAt(this.#bytes, at, serialAt(this.#bytes, at).entryEnd)).certificateIssuer ?? [];
    return names.flatMap(name => (name.kind === 'directory' ? [name.value.comparable] : []));
  }
}

/** Content octets of the INTEGER that a serial number of `CertificateFacts` stands for. */
export function serialOctets(serialNumber: string): Buffer {
  if (serialNumber.startsWith('-')) {
    const magnitude = BigInt(`0x${serialNumber.slice(1)}`);
    // Two's complement in the fewest octets that keep the sign bit set (X.690 section 8.3).
    let octets = 1;
    while (magnitude > 1n << BigInt(octets * 8 - 1)) octets++;
    return Buffer.from(((1n << BigInt(octets * 8)) - magnitude).toString(16).padStart(octets * 2, '0'), 'hex');
  }
  const hex = serialNumber.length % 2 === 0 ? serialNumber : `0${serialNumber}`;
  return Buffer.from(hex.charCodeAt(0) >= 0x38 ? `00${hex}` : hex, 'hex');
}

/** RFC 5280 section 5.2.4 reasonCode extension as a whole SEQUENCE OF one extension, up to the reason itself. */
const REASON_ONLY = Buffer.from('300c300a0603551d1504030a01', 'hex');
const DAYS = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * The end of an entry in the shape that nearly all have: short lengths, UTCTime, at most a reason code. 0 when the
 * entry has another shape, which says nothing about whether it is good: then {@link parseCrlEntry} decides.
 * Whatever is accepted here is accepted there too.
 */
export function endOfPlainEntry(bytes: Buffer, start: number, limit: number): number {
  const end = start + 2 + (bytes[start + 1] ?? 0x80);
  if (bytes[start] !== Tag.SEQUENCE || end > limit || end - start - 2 >= 0x80 || bytes[start + 2] !== Tag.INTEGER)
    return 0;
  const serialLength = bytes[start + 3] ?? 0;
  const first = bytes[start + 4] ?? 0;
  const second = bytes[start + 5] ?? 0;
  if (serialLength === 0 || serialLength >= 0x80) return 0;
  if (serialLength > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))) return 0;
  const time = start + 4 + serialLength;
  if (time + 15 > end || bytes[time] !== Tag.UTC_TIME || bytes[time + 1] !== 13 || !isUtcTime(bytes, time + 2))
    return 0;
  const extensions = time + 15;
  if (extensions === end) return end;
  const reasonAt = extensions + REASON_ONLY.length;
  if (reasonAt + 1 !== end) return 0;
  for (let index = 0; index < REASON_ONLY.length; index++) {
    if (bytes[extensions + index] !== REASON_ONLY[index]) return 0;
  }
  const reason = bytes[reasonAt] ?? 0xff;
  return reason <= 10 && reason !== 7 ? end : 0;
}

function isUtcTime(bytes: Buffer, start: number): boolean {
  const year = twoDigits(bytes, start);
  const month = twoDigits(bytes, start + 2);
  const day = twoDigits(bytes, start + 4);
  // Two-digit years: 2000 is a leap year and 1950 to 2049 holds no century that is not.
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= (DAYS[month] ?? 0))) return false;
  if (month === 2 && day === 29 && year % 4 !== 0) return false;
  const hour = twoDigits(bytes, start + 6);
  const minute = twoDigits(bytes, start + 8);
  const second = twoDigits(bytes, start + 10);
  return (
    hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60 && bytes[start + 12] === 0x5a
  );
}

/** Two ASCII digits as a number, -1 for anything else. */
function twoDigits(bytes: Buffer, at: number): number {
  const tens = (bytes[at] ?? 0) - 0x30;
  const ones = (bytes[at + 1] ?? 0) - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}

function entryAt(entries: DerNode, offset: number): DerNode {
  return new DerReader({...entries, start: offset, contentStart: offset}).read(Tag.SEQUENCE);
}

function windowAt(bytes: Buffer, start: number, end: number): DerNode {
  const window = {bytes, tag: Tag.SEQUENCE, start, contentStart: start, end, depth: 0};
  return new DerReader(window).read(Tag.SEQUENCE);
}

/** A loop, because a call into C++ costs more than twenty comparisons. */
function isAt(wanted: Buffer, bytes: Buffer, start: number, end: number): boolean {
  if (wanted.length !== end - start) return false;
  for (let index = 0; index < wanted.length; index++) if (wanted[index] !== bytes[start + index]) return false;
  return true;
}

/** The entry at an offset; for the usual shape without another pass through the strict reader. */
function readEntry(bytes: Buffer, offset: number, {end: timeAt, entryEnd}: SerialPosition): CrlEntry {
  if (endOfPlainEntry(bytes, offset, entryEnd) === 0) return parseCrlEntry(windowAt(bytes, offset, entryEnd));
  const time = {bytes, tag: Tag.UTC_TIME, start: timeAt, contentStart: timeAt + 2, end: timeAt + 15, depth: 0};
  const reason = time.end === entryEnd ? 'unspecified' : reasonOf(bytes[entryEnd - 1] ?? 0);
  return {revocationDate: readTime(time), reason, unknownCritical: []};
}

interface SerialPosition {
  readonly start: number;
  readonly end: number;
  readonly entryEnd: number;
}

/** Where the serial number of an entry lies that was read strictly before. */
function serialAt(bytes: Buffer, offset: number): SerialPosition {
  const entryLength = bytes[offset + 1] ?? 0;
  if (entryLength < 0x80) {
    const start = offset + 4;
    const length = bytes[offset + 3] ?? 0;
    if (length < 0x80) return {start, end: start + length, entryEnd: offset + 2 + entryLength};
  }
  const node = windowAt(bytes, offset, bytes.length);
  const serial = new DerReader(node).read(Tag.INTEGER);
  return {start: serial.contentStart, end: serial.end, entryEnd: node.end};
}

/** FNV-1a with a seed and a final mix, scaled to the table. */
function slotOf(bytes: Buffer, start: number, end: number, seed: number, slots: number): number {
  let hash = seed ^ 0x811c9dc5;
  for (let index = start; index < end; index++) hash = Math.imul(hash ^ (bytes[index] ?? 0), 0x01000193);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  return Math.floor(((hash >>> 0) / 0x1_0000_0000) * slots);
}
