import {asn1} from 'node-forge';
import {MtlsError} from '../errors';
import {Tag, contextTag} from '../x509/der';

/** A writer for DER (X.690 section 10). node-forge writes tag and length; values are built here from Buffers. */

/** The declarations of node-forge name tags by enumeration; here they are numbers, as in the reader. */
const create: (tagClass: number, type: number, constructed: boolean, value: string) => asn1.Asn1 = asn1.create;

/**
 * One tag, length and value around the parts. The whole identifier octet goes in as the class, because node-forge
 * rewrites the content of some types it knows.
 */
export function encode(tag: number, ...parts: readonly Buffer[]): Buffer {
  const node = create(tag, 0, false, Buffer.concat(parts).toString('latin1'));
  return Buffer.from(asn1.toDer(node).getBytes(), 'latin1');
}

export function sequence(...parts: readonly Buffer[]): Buffer {
  return encode(Tag.SEQUENCE, ...parts);
}

/** SET OF: DER wants its members in the order of their encodings (X.690 section 11.6). */
export function setOf(...members: readonly Buffer[]): Buffer {
  return encode(Tag.SET, ...[...members].sort((one, other) => Buffer.compare(one, other)));
}

/** `[number] EXPLICIT` around whole values, or `[number] IMPLICIT` of a constructed type around its children. */
export function context(number: number, ...parts: readonly Buffer[]): Buffer {
  return encode(contextTag(number, 'constructed'), ...parts);
}

/** `[number] IMPLICIT` of a primitive type. */
export function implicit(number: number, content: Buffer): Buffer {
  return encode(contextTag(number, 'primitive'), content);
}

/** `[number] IMPLICIT` in place of the identifier octet of an encoded value. */
export function retag(number: number, value: Buffer): Buffer {
  const constructed = (value.readUInt8(0) & 0x20) !== 0;
  return Buffer.concat([Buffer.of(contextTag(number, constructed ? 'constructed' : 'primitive')), value.subarray(1)]);
}

export function boolean(value: boolean): Buffer {
  return encode(Tag.BOOLEAN, Buffer.of(value ? 0xff : 0));
}

export function integer(value: bigint | number): Buffer {
  return encode(Tag.INTEGER, twosComplement(BigInt(value)));
}

export function enumerated(value: number): Buffer {
  return encode(Tag.ENUMERATED, twosComplement(BigInt(value)));
}

/** The shortest two's complement form (X.690 section 8.3.2). */
export function twosComplement(value: bigint): Buffer {
  let bits = 8;
  while (BigInt.asIntN(bits, value) !== value) bits += 8;
  return Buffer.from(
    BigInt.asUintN(bits, value)
      .toString(16)
      .padStart(bits / 4, '0'),
    'hex',
  );
}

/**
 * An object identifier from its dotted form.
 *
 * @throws MtlsError `ERR_MTLS_PKI` when it is not one
 */
export function oid(dotted: string): Buffer {
  return encode(Tag.OID, oidContent(dotted));
}

/** The content octets of an object identifier. */
export function oidContent(dotted: string): Buffer {
  if (!/^[0-2](\.(0|[1-9]\d{0,8}))+$/.test(dotted))
    throw new MtlsError({code: 'ERR_MTLS_PKI', required: 'a dotted object identifier', found: dotted});
  return Buffer.from(asn1.oidToDer(dotted).getBytes(), 'latin1');
}

export function octetString(content: Buffer): Buffer {
  return encode(Tag.OCTET_STRING, content);
}

/** A BIT STRING of whole octets. */
export function bitString(content: Buffer): Buffer {
  return encode(Tag.BIT_STRING, Buffer.of(0), content);
}

/** A BIT STRING of named bits, without trailing zeros (X.690 section 11.2.2). */
export function namedBits(bits: readonly number[]): Buffer {
  if (bits.length === 0) return encode(Tag.BIT_STRING, Buffer.of(0));
  const last = Math.max(...bits);
  const octets = Buffer.alloc(Math.floor(last / 8) + 1);
  for (const bit of bits) octets.writeUInt8(octets.readUInt8(bit >> 3) | (0x80 >> (bit & 7)), bit >> 3);
  return encode(Tag.BIT_STRING, Buffer.of(7 - (last & 7)), octets);
}

export function utf8String(text: string): Buffer {
  return encode(Tag.UTF8_STRING, Buffer.from(text, 'utf8'));
}

export const NULL = encode(Tag.NULL);

/** RFC 5280 section 4.1.2.5: UTCTime up to 2049, GeneralizedTime from 2050, both in whole seconds. */
export function time(date: Date): Buffer {
  const year = date.getUTCFullYear();
  if (year < 1950 || year > 2049) return generalizedTime(date);
  return encode(Tag.UTC_TIME, Buffer.from(digits(date).slice(2), 'latin1'));
}

export function generalizedTime(date: Date): Buffer {
  return encode(Tag.GENERALIZED_TIME, Buffer.from(digits(date), 'latin1'));
}

function digits(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace(/[-T:]/g, '')}Z`;
}
