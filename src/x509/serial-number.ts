import {readInteger} from './der';
import type {DerNode} from './der';
import {malformed} from './malformed';

/** Longest serial number read. RFC 5280 allows 20 octets; whether a longer one is acceptable is for trust to say. */
const MAX_SERIAL_OCTETS = 64;

/** A CertificateSerialNumber as lower-case hex without leading zeros, with a leading `-` when it is negative. */
export function readSerialNumber(node: DerNode, tag?: number): string {
  const content = readInteger(node, tag);
  if (content.length > MAX_SERIAL_OCTETS) {
    throw malformed('serialNumber', `at most ${MAX_SERIAL_OCTETS} octets`, `${content.length} octets`);
  }
  const hex = content.toString('hex');
  if ((content[0] ?? 0) < 0x80) return hex.replace(/^0+(?=.)/, '');
  return `-${((1n << BigInt(8 * content.length)) - BigInt(`0x${hex}`)).toString(16)}`;
}
