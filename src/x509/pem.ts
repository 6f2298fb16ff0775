import {MtlsError} from '../errors';
import {parseCertificate} from './certificate';
import type {CertificateFacts} from './certificate';

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
  // A DER SEQUENCE of more than 127 bytes starts 30 8x, which is no text in any encoding of ASCII's family.
  const der = bytes[0] === 0x30 && (bytes[1] ?? 0) >= 0x80;
  return der ? [bytes] : decodePem(bytes.toString('latin1'), label);
}

const BOUNDARY = /^-----(BEGIN|END) ([A-Z0-9 ]+)-----$/;

/**
 * The bytes of every PEM block, in order; at least one. Text between blocks is skipped. A block of another kind is
 * refused rather than skipped: a private key among CA certificates is a mistake somebody wants to hear about.
 *
 * @throws MtlsError `ERR_MTLS_PEM`
 */
export function decodePem(text: string, label: PemLabel): readonly Buffer[] {
  const blocks: Buffer[] = [];
  let body: string[] | undefined;
  text.split(/\r\n|\n|\r/).forEach((raw, index) => {
    const line = raw.trimEnd();
    const where = `line ${index + 1}`;
    if (!/-----(BEGIN|END)/.test(line)) {
      body?.push(line);
      return;
    }
    const expected = body === undefined ? 'BEGIN' : 'END';
    const [, edge, found] = BOUNDARY.exec(line) ?? [];
    if (edge !== expected || found !== label)
      throw pemError(where, `-----${expected} ${label}-----`, describeBoundary(edge, found));
    if (body === undefined) {
      body = [];
    } else {
      blocks.push(decodeBody(body.join(''), where));
      body = undefined;
    }
  });
  if (body !== undefined) throw pemError('the last line', `-----END ${label}-----`, 'the end');
  if (blocks.length === 0) throw pemError('the text', `-----BEGIN ${label}-----`, 'no PEM block');
  return blocks;
}

/** A boundary line never holds a secret, but a line that only looks like one may hold anything. */
function describeBoundary(edge: string | undefined, label: string | undefined): string {
  return edge === undefined || label === undefined ? 'a malformed boundary' : `-----${edge} ${label}-----`;
}

/** Canonical base64 only: what decodes must encode to the same text. */
function decodeBody(base64: string, where: string): Buffer {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length === 0 || bytes.toString('base64') !== base64)
    throw pemError(`the block that ends at ${where}`, 'base64', 'something else');
  return bytes;
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
