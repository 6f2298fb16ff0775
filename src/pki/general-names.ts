import {isIP, isIPv4} from 'node:net';
import {MtlsError} from '../errors';
import {context, implicit, oid, oidContent, utf8String} from './der';
import {encodeName} from './names';
import type {NameSpec} from './names';

/** Kinds of general name that are written as `kind:value`. */
type TextKind = 'dns' | 'email' | 'uri' | 'ip' | 'upn' | 'registeredId';

/**
 * A general name of RFC 5280 section 4.2.1.6: text such as `dns:localhost`, `ip:::1` or `uri:spiffe://clinic.example/x`,
 * or an object for what text cannot say. `other` carries the DER of the value, `raw` the DER of the whole name.
 * Text is taken as it is, so that a test can write what a sane CA would not.
 */
export type GeneralNameSpec =
  | `${TextKind}:${string}`
  | {readonly kind: 'directory'; readonly value: NameSpec}
  | {readonly kind: 'other'; readonly type: string; readonly value: Buffer}
  | {readonly kind: 'raw'; readonly value: Buffer};

/** Microsoft user principal name. */
const UPN = '1.3.6.1.4.1.311.20.2.3';

const TEXT_KINDS: Readonly<Record<TextKind, (value: string) => Buffer>> = {
  upn: value => otherName(UPN, utf8String(value)),
  email: value => implicit(1, Buffer.from(value, 'latin1')),
  dns: value => implicit(2, Buffer.from(value, 'latin1')),
  uri: value => implicit(6, Buffer.from(value, 'latin1')),
  ip: value => implicit(7, addressOrSubnet(value)),
  registeredId: value => implicit(8, oidContent(value)),
};

/** DER of a GeneralName. */
export function encodeGeneralName(spec: GeneralNameSpec): Buffer {
  if (typeof spec === 'string') return encodeTextName(spec);
  switch (spec.kind) {
    case 'directory':
      // A Name is a CHOICE, so its tag is explicit (X.680 section 31.2.7).
      return context(4, encodeName(spec.value));
    case 'other':
      return otherName(spec.type, spec.value);
    case 'raw':
      return spec.value;
  }
}

/** RFC 5280 section 4.2.1.6: OtherName ::= SEQUENCE { type-id, [0] EXPLICIT value }, here with the tag of the choice. */
function otherName(type: string, value: Buffer): Buffer {
  return context(0, oid(type), context(0, value));
}

function encodeTextName(text: string): Buffer {
  const name = readTextName(text);
  if (name === undefined) throw unusable(`one of ${Object.keys(TEXT_KINDS).join(', ')} before a colon`, text);
  return TEXT_KINDS[name.kind](name.value);
}

/** Whether text is a general name as `kind:value`. The value itself has not been looked at. */
export function isTextName(text: string): text is `${TextKind}:${string}` {
  return readTextName(text) !== undefined;
}

function readTextName(text: string): {readonly kind: TextKind; readonly value: string} | undefined {
  const [kind = '', ...rest] = text.split(':');
  return rest.length > 0 && isTextKind(kind) ? {kind, value: rest.join(':')} : undefined;
}

function isTextKind(kind: string): kind is TextKind {
  return Object.hasOwn(TEXT_KINDS, kind);
}

/** Four or sixteen octets of an address; twice as many, address and mask, of a subnet such as `10.0.0.0/8`. */
function addressOrSubnet(text: string): Buffer {
  const [address = '', prefix] = text.split('/');
  if (isIP(address) === 0) throw unusable('an IP address', text);
  const octets = isIPv4(address) ? ipv4(address) : ipv6(address);
  return prefix === undefined ? octets : Buffer.concat([octets, mask(Number(prefix), octets.length)]);
}

function ipv4(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}

function ipv6(address: string): Buffer {
  // The URL parser writes the canonical form: no embedded IPv4, no leading zeros, one `::` at most.
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [left = [], right = []] = canonical.split('::').map(half => half.split(':').filter(group => group !== ''));
  const zeros = Array.from({length: 8 - left.length - right.length}, () => '0');
  return Buffer.from([...left, ...zeros, ...right].map(group => group.padStart(4, '0')).join(''), 'hex');
}

function mask(prefix: number, octets: number): Buffer {
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > octets * 8)
    throw unusable(`a prefix of 0 to ${octets * 8} bits`, String(prefix));
  return Buffer.from(Array.from({length: octets}, (_, index) => maskOctet(prefix - index * 8)));
}

function maskOctet(bits: number): number {
  return (0xff00 >> Math.min(8, Math.max(0, bits))) & 0xff;
}

function unusable(required: string, found: string): MtlsError {
  return new MtlsError({code: 'ERR_MTLS_PKI', required, found: JSON.stringify(found), where: 'general name'});
}
