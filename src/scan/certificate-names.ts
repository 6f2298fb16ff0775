import {parseDer} from '../x509/der';
import {parseDistinguishedName} from '../x509/names';
import {formatDistinguishedName} from '../x509/rfc4514';

/** A DER name as RFC 4514 text; a name that does not parse is shown as hex. */
export function nameText(der: Buffer): string {
  try {
    return formatDistinguishedName(parseDistinguishedName(parseDer(der)));
  } catch {
    return `0x${der.subarray(0, 40).toString('hex')}`;
  }
}
