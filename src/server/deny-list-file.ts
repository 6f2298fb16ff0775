import {MtlsError} from '../errors';
import {parseDenyEntry} from '../trust/deny-list';
import type {DenyEntry} from '../trust/deny-list';

/**
 * Reads a deny-list as a file holds it: a JSON array of entries. One bad entry makes the whole file bad, so that a slip
 * of the pen never lets anybody back in.
 *
 * @throws MtlsError `ERR_MTLS_REVOCATION_SOURCE`
 */
export function parseDenyFile(bytes: Buffer, now: Date): readonly DenyEntry[] {
  const values = parseJson(bytes);
  if (!Array.isArray(values)) throw malformed('a JSON array', 'another value');
  return values.map((value: unknown, index) => {
    const entry = parseDenyEntry(value, now);
    if (typeof entry === 'string')
      throw malformed('an entry as docs/revocation.md describes', `${entry}, in entry ${index + 1}`);
    return entry;
  });
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw malformed('a JSON array', 'text that is not JSON');
  }
}

function malformed(required: string, found: string): MtlsError {
  return new MtlsError({code: 'ERR_MTLS_REVOCATION_SOURCE', required, found});
}
