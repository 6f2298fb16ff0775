import {childrenOf, contentOf, Tag} from '../../src/x509/der';
import type {DerNode} from '../../src/x509/der';

/** A DER writer for tests that shares no code with the development CA: what it writes may be wrong on purpose. */

/** One value: identifier octet, minimal length, content. */
export function tlv(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.of(tag), lengthOctets(body.length), body]);
}

function lengthOctets(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  const hex = length.toString(16);
  const octets = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return Buffer.concat([Buffer.of(0x80 | octets.length), octets]);
}

export function sequence(...content: readonly Uint8Array[]): Buffer {
  return tlv(Tag.SEQUENCE, ...content);
}

export function set(...content: readonly Uint8Array[]): Buffer {
  return tlv(Tag.SET, ...content);
}

/** A value with content written in hexadecimal. */
export function hex(tag: number, digits: string): Buffer {
  return tlv(tag, Buffer.from(digits, 'hex'));
}

/** A value with Latin-1 content. */
export function text(tag: number, content: string): Buffer {
  return tlv(tag, Buffer.from(content, 'latin1'));
}

/** An INTEGER from 0 to 127. */
export function small(value: number): Buffer {
  return tlv(Tag.INTEGER, Buffer.of(value));
}

/** An OBJECT IDENTIFIER. */
export function oid(dotted: string, tag: number = Tag.OID): Buffer {
  const [first = 0n, second = 0n, ...rest] = dotted.split('.').map(BigInt);
  return tlv(tag, ...[first * 40n + second, ...rest].map(arcOctets));
}

function arcOctets(arc: bigint): Buffer {
  const groups = [Number(arc & 0x7fn)];
  for (let left = arc >> 7n; left > 0n; left >>= 7n) groups.unshift(Number(left & 0x7fn) | 0x80);
  return Buffer.from(groups);
}

/** Writes a value that was read, node by node, from tags and primitive contents alone. */
export function reencode(node: DerNode): Buffer {
  const constructed = (node.tag & 0x20) !== 0;
  return tlv(node.tag, ...(constructed ? childrenOf(node).map(reencode) : [contentOf(node)]));
}
