import {MtlsError} from '../errors';
import {parseCertificate} from './certificate';
import type {CertificateFacts} from './certificate';
import {runSteps} from './steps';
import type {Steps} from './steps';

/** What a PEM block of RFC 7468 says it holds, as far as this library reads it. */
export type PemLabel = 'CERTIFICATE' | 'X509 CRL' | 'CERTIFICATE REQUEST' | 'PUBLIC KEY';

/**
 * Reads certificates from a file: any number of PEM blocks, or one DER certificate.
 *
 * @throws MtlsError `ERR_MTLS_PEM`, and whatever `parseCertificate` throws
 */
export function parseCertificates(bytes: Buffer): readonly CertificateFacts[] {
  return decodePemOrDer(bytes, 'CERTIFICATE').map(parseCertificate);
}

/**
 * The DER of what a file holds: every PEM block of one kind, or the whole file where it is DER. Never empty.
 * DER has not been looked into.
 *
 * @throws MtlsError `ERR_MTLS_PEM`
 */
export function decodePemOrDer(bytes: Buffer, label: PemLabel): readonly Buffer[] {
  return runSteps(derBlocks(bytes, label));
}

/** As {@link decodePemOrDer}, pausing at each `yield`: a CRL may have tens of megabytes. */
export function* derBlocks(bytes: Buffer, label: PemLabel): Steps<readonly Buffer[]> {
  // A DER SEQUENCE of more than 127 bytes starts 30 8x, which is no text in any encoding of ASCII's family.
  const der = bytes[0] === 0x30 && (bytes[1] ?? 0) >= 0x80;
  return der ? [bytes] : yield* pemBlocks(bytes, label);
}

/**
 * The bytes of every PEM block, in order; at least one. Text between blocks is skipped. A block of another kind is
 * refused rather than skipped: a private key among CA certificates is a mistake somebody wants to hear about.
 *
 * @throws MtlsError `ERR_MTLS_PEM`
 */
export function decodePem(text: string, label: PemLabel): readonly Buffer[] {
  return runSteps(pemBlocks(Buffer.from(text), label));
}

const LINE_END = /\r\n|\n|\r/;
const BOUNDARY = /^-----(BEGIN|END) ([A-Z0-9 ]+)-----$/;

function* pemBlocks(bytes: Buffer, label: PemLabel): Steps<readonly Buffer[]> {
  const blocks: Buffer[] = [];
  let body: Base64 | undefined;
  let lineNumber = 0;
  for (let offset = 0; offset < bytes.length;) {
    const end = endOfLines(bytes, offset, lineNumber);
    const lines = bytes.toString('latin1', offset, end).split(LINE_END);
    // Behind the last line end of a slice there is no line.
    if (end < bytes.length) lines.pop();
    let pending: string[] = [];
    for (const raw of lines) {
      lineNumber++;
      const line = raw.trimEnd();
      if (!/-----(BEGIN|END)/.test(line)) {
        if (body !== undefined) pending.push(line);
        continue;
      }
      const where = `line ${lineNumber}`;
      expectBoundary(line, body === undefined ? 'BEGIN' : 'END', label, where);
      if (body === undefined) {
        body = new Base64();
        continue;
      }
      body.add(pending);
      pending = [];
      const block = yield* body.decoded();
      if (block === undefined) throw pemError(`the block that ends at ${where}`, 'base64', 'something else');
      blocks.push(block);
      body = undefined;
    }
    body?.add(pending);
    offset = end;
    yield;
  }
  if (body !== undefined) throw pemError('the last line', `-----END ${label}-----`, 'the end');
  if (blocks.length === 0) throw pemError('the text', `-----BEGIN ${label}-----`, 'no PEM block');
  return blocks;
}

/** Text handled between two pauses, in bytes: some milliseconds of work. RFC 7468 has lines of 64. */
const SLICE_BYTES = 1 << 18;

/** The end of the last whole line of the slice that begins at `offset`. */
function endOfLines(bytes: Buffer, offset: number, lineNumber: number): number {
  if (bytes.length - offset <= SLICE_BYTES) return bytes.length;
  const slice = bytes.subarray(offset, offset + SLICE_BYTES);
  const last = [0x0a, 0x0d].map(code => slice.lastIndexOf(code)).find(at => at >= 0);
  if (last === undefined)
    throw pemError(`line ${lineNumber + 1}`, `lines of less than ${SLICE_BYTES} bytes`, 'a longer one');
  return offset + last + 1;
}

function expectBoundary(line: string, expected: 'BEGIN' | 'END', label: PemLabel, where: string): void {
  const [, edge, found] = BOUNDARY.exec(line) ?? [];
  if (edge !== expected || found !== label)
    throw pemError(where, `-----${expected} ${label}-----`, describeBoundary(edge, found));
}

/** A boundary line never holds a secret, but a line that only looks like one may hold anything. */
function describeBoundary(edge: string | undefined, label: string | undefined): string {
  return edge === undefined || label === undefined ? 'a malformed boundary' : `-----${edge} ${label}-----`;
}

/** Base64 that comes in pieces. Canonical only: what decodes must encode to the same text. */
class Base64 {
  readonly #pieces: Buffer[] = [];
  /** Up to three characters that wait for their fourth. */
  #rest = '';
  #state: 'open' | 'padded' | 'broken' = 'open';

  add(lines: readonly string[]): void {
    const text = this.#rest + lines.join('');
    const whole = text.slice(0, text.length - (text.length % 4));
    this.#rest = text.slice(whole.length);
    if (whole === '') return;
    const piece = Buffer.from(whole, 'base64');
    // Nothing comes behind padding.
    if (this.#state !== 'open' || piece.toString('base64') !== whole) this.#state = 'broken';
    else if (whole.endsWith('=')) this.#state = 'padded';
    this.#pieces.push(piece);
  }

  /** The bytes, or undefined where it was something else, or nothing. */
  *decoded(): Steps<Buffer | undefined> {
    const length = this.#pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (this.#state === 'broken' || this.#rest !== '' || length === 0) return undefined;
    const bytes = Buffer.allocUnsafe(length);
    let offset = 0;
    for (const piece of this.#pieces) {
      offset += piece.copy(bytes, offset);
      if (offset < length) yield;
    }
    return bytes;
  }
}

/** One PEM block with lines of 64 characters and a line feed at the end. */
export function encodePem(bytes: Uint8Array, label: PemLabel): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

function pemError(where: string, required: string, found: string): MtlsError {
  return new MtlsError({code: 'ERR_MTLS_PEM', required, found, where});
}
