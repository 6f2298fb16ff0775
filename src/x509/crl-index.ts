import {randomBytes} from 'node:crypto';
import {MtlsError} from '../errors';
import {parseCrlEntry, reasonOf} from './crl-entry';
import type {CrlEntry} from './crl-entry';
import {DerReader, Tag} from './der';
import type {DerNode} from './der';
import type {DistinguishedName} from './names';
import type {Steps} from './steps';

/**
 * A compact index over the entries of a CRL. The entries stay where they are, in the bytes of the file; the index is
 * an open-addressing table of offsets with a byte of the hash before each, 6.25 bytes an entry. The slots of a probe lie side
 * by side, and nearly always the only entry that is looked at is the one that is wanted: what a look-up costs is memory
 * that is not in a cache.
 */

/** Work between two pauses, in entries of the usual shape: about a millisecond. */
const WORK_PER_SLICE = 8192;

/** What an entry of another shape costs in entries of the usual one. */
const STRICT_READING = 64;

/** Slots per entry. */
const SLOTS_PER_ENTRY = 1.25;

/** A slot is a tag, eight bits of the hash, and the offset of the entry in 32 bits. A tag of 0 is a free slot. */
const SLOT_BYTES = 5;

/** Slots tried for one entry. Only entries with the same serial number come near: by chance there are some hundreds. */
const MAX_PROBES = 2048;

/** Offsets are 32 bits wide. */
const MAX_CRL_BYTES = 0xffff_ffff;

/**
 * Reads every entry of a CRL strictly and indexes it, pausing at each `yield`. Verify the signature of the CRL first:
 * nothing is known about who wrote the entries.
 *
 * @param entries `CrlFacts.entries`; undefined is a CRL that revokes nothing
 * @throws MtlsError `ERR_MTLS_DER`, `ERR_MTLS_CRL_MALFORMED`
 */
export function* indexEntries(entries: DerNode | undefined, crlIssuer: DistinguishedName): Steps<CrlIndex> {
  if (entries === undefined) return new CrlIndex(NO_ENTRIES, crlIssuer);
  const {bytes, contentStart, end} = entries;
  if (end > MAX_CRL_BYTES) {
    throw new MtlsError({code: 'ERR_MTLS_CRL_MALFORMED', required: 'less than 4 GiB', found: `${end} bytes`});
  }
  // RFC 5280 section 5.1.2.6: when nothing is revoked the list is absent, not empty.
  if (contentStart === end) {
    throw new MtlsError({code: 'ERR_MTLS_CRL_MALFORMED', required: 'at least one entry', found: 'an empty list'});
  }

  let size = 0;
  let work = 0;
  const issuerOffsets: number[] = [];
  const unknownCritical = new Set<string>();
  for (let offset = contentStart; offset < end; size++) {
    const plainEnd = endOfPlainEntry(bytes, offset, end);
    if (plainEnd > 0) {
      offset = plainEnd;
      work++;
    } else {
      const node = entryAt(entries, offset);
      const entry = parseCrlEntry(node);
      if (entry.certificateIssuer !== undefined) issuerOffsets.push(offset);
      for (const oid of entry.unknownCritical) unknownCritical.add(oid);
      offset = node.end;
      work += STRICT_READING;
    }
    if (work < WORK_PER_SLICE) continue;
    work = 0;
    yield;
  }

  const table = yield* tableOf(entries, size);
  return new CrlIndex({bytes, ...table, size, issuerOffsets, unknownCritical: [...unknownCritical]}, crlIssuer);
}

interface Table {
  readonly slots: Buffer;
  readonly seed: number;
}

function* tableOf({bytes, contentStart, end}: DerNode, size: number): Steps<Table> {
  const length = Math.ceil(size * SLOTS_PER_ENTRY) + 1;
  const slots = yield* zeroed(length * SLOT_BYTES);
  const seed = randomBytes(4).readUInt32LE();
  let work = 0;
  for (let offset = contentStart; offset < end;) {
    const serial = serialAt(bytes, offset);
    const hash = hashOf(bytes, serial.start, serial.end, seed);
    let slot = firstSlot(hash, slots);
    let probes = 1;
    for (; slots[slot] !== 0; probes++) {
      if (probes === MAX_PROBES) throw tooManyAlike();
      slot = nextSlot(slot, slots);
    }
    slots[slot] = tagOf(hash);
    slots.writeUInt32LE(offset, slot + 1);
    offset = serial.entryEnd;
    work += 1 + (probes >> 3);
    if (work < WORK_PER_SLICE) continue;
    work = 0;
    yield;
  }
  return {slots, seed};
}

/** Memory that was never touched before costs the system most: in pieces. */
function* zeroed(length: number): Steps<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  for (let offset = 0; offset < length; offset += ZEROED_PER_SLICE) {
    if (offset > 0) yield;
    bytes.fill(0, offset, Math.min(offset + ZEROED_PER_SLICE, length));
  }
  return bytes;
}

const ZEROED_PER_SLICE = 1 << 20;

function tooManyAlike(): MtlsError {
  return new MtlsError({
    code: 'ERR_MTLS_CRL_MALFORMED',
    required: 'entries about different certificates',
    found: `${MAX_PROBES} or more with the same serial number`,
  });
}

interface IndexedEntries extends Table {
  readonly bytes: Buffer;
  readonly size: number;
  readonly issuerOffsets: readonly number[];
  readonly unknownCritical: readonly string[];
}

const NO_ENTRIES: IndexedEntries = Object.freeze({
  bytes: Buffer.alloc(0),
  slots: Buffer.alloc(SLOT_BYTES),
  seed: 0,
  size: 0,
  issuerOffsets: [],
  unknownCritical: [],
});

/** The entries of one CRL, found by serial number. Nothing is said about whether the CRL may be believed. */
export class CrlIndex {
  /** Number of entries. */
  readonly size: number;
  /** OIDs of critical entry extensions that this library does not understand; a verifier refuses the whole CRL (RFC 5280 section 5.3). */
  readonly unknownCritical: readonly string[];
  readonly #bytes: Buffer;
  readonly #slots: Buffer;
  readonly #issuerOffsets: readonly number[];
  readonly #seed: number;
  readonly #crlIssuer: DistinguishedName;

  constructor(
    {bytes, slots, seed, size, issuerOffsets, unknownCritical}: IndexedEntries,
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
    const hash = hashOf(wanted, 0, wanted.length, this.#seed);
    const tag = tagOf(hash);
    const slots = this.#slots;
    let removal: CrlEntry | undefined;
    for (let slot = firstSlot(hash, slots); slots[slot] !== 0; slot = nextSlot(slot, slots)) {
      if (slots[slot] !== tag) continue;
      const offset = slots.readUInt32LE(slot + 1);
      const serial = serialAt(this.#bytes, offset);
      if (!isAt(wanted, this.#bytes, serial.start, serial.end)) continue;
      if (!this.#issuerNamesAt(offset).includes(certificateIssuer.comparable)) continue;
      const entry = readEntry(this.#bytes, offset, serial);
      if (entry.reason !== 'removeFromCRL') return entry;
      removal = entry;
    }
    return removal;
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

/** The moment of a UTCTime that {@link isUtcTime} accepts, with the centuries of RFC 5280 section 4.1.2.5.1. */
function utcTimeAt(bytes: Buffer, start: number): Date {
  const year = twoDigits(bytes, start);
  return new Date(
    Date.UTC(
      year >= 50 ? 1900 + year : 2000 + year,
      twoDigits(bytes, start + 2) - 1,
      twoDigits(bytes, start + 4),
      twoDigits(bytes, start + 6),
      twoDigits(bytes, start + 8),
      twoDigits(bytes, start + 10),
    ),
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
  const reason = timeAt + 15 === entryEnd ? 'unspecified' : reasonOf(bytes[entryEnd - 1] ?? 0);
  return {revocationDate: utcTimeAt(bytes, timeAt + 2), reason, unknownCritical: []};
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

/** FNV-1a with a seed and a final mix, in 32 bits. */
function hashOf(bytes: Uint8Array, start: number, end: number, seed: number): number {
  let hash = seed ^ 0x811c9dc5;
  for (let index = start; index < end; index++) hash = Math.imul(hash ^ (bytes[index] ?? 0), 0x01000193);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  return hash >>> 0;
}

/** Where the slot for a hash lies, by its upper bits scaled to the table. */
function firstSlot(hash: number, slots: Buffer): number {
  return Math.floor((hash / 0x1_0000_0000) * (slots.length / SLOT_BYTES)) * SLOT_BYTES;
}

function nextSlot(slot: number, slots: Buffer): number {
  return slot + SLOT_BYTES === slots.length ? 0 : slot + SLOT_BYTES;
}

/** The lower bits; 0 stands for a free slot. */
function tagOf(hash: number): number {
  return hash & 0xff || 1;
}
