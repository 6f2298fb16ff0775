import {createSign} from 'node:crypto';
import {createAuthority} from '../../../src/pki/authority';
import type {Authority} from '../../../src/pki/authority';
import {algorithmIdentifier} from '../../../src/pki/signing';
import {Tag} from '../../../src/x509/der';

/** The CA of the benchmark, and a client that no CRL names. */
export function makeAuthority(): Authority {
  return createAuthority({subject: {commonName: 'Benchmark CA'}});
}

/** Serial numbers of 16 octets that look random and are the same in every run. */
export function* serialNumbers(count: number): Generator<Buffer> {
  let state = 0x9e3779b97f4a7c15n;
  for (let index = 0; index < count; index++) {
    const serial = Buffer.alloc(16);
    for (const at of [0, 8]) {
      state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
      serial.writeBigUInt64BE(state, at);
    }
    serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
    yield serial;
  }
}

const REVOKED_AT = Buffer.concat([Buffer.from([Tag.UTC_TIME, 13]), Buffer.from('260101000000Z')]);
const KEY_COMPROMISE = Buffer.from('300c300a0603551d1504030a0101', 'hex');

/** DER of a CRL. The development CA writes one too, but takes its time for a million entries. */
export function makeCrl(authority: Authority, count: number, now: Date): Buffer {
  const entries: Buffer[] = [];
  let number = 0;
  for (const serial of serialNumbers(count)) {
    const reason = number++ % 3 === 0 ? KEY_COMPROMISE : Buffer.alloc(0);
    entries.push(tlv(Tag.SEQUENCE, tlv(Tag.INTEGER, serial), REVOKED_AT, reason));
  }
  const algorithm = algorithmIdentifier('ecdsa-sha256');
  const keyIdentifier = tlv(0x80, authority.keyIdentifier);
  const extensions = tlv(
    Tag.SEQUENCE,
    tlv(Tag.SEQUENCE, Buffer.from('0603551d23', 'hex'), tlv(Tag.OCTET_STRING, tlv(Tag.SEQUENCE, keyIdentifier))),
    tlv(Tag.SEQUENCE, Buffer.from('0603551d14', 'hex'), tlv(Tag.OCTET_STRING, tlv(Tag.INTEGER, Buffer.of(1)))),
  );
  const tbs = tlv(
    Tag.SEQUENCE,
    tlv(Tag.INTEGER, Buffer.of(1)),
    algorithm,
    authority.name,
    time(now),
    time(new Date(now.getTime() + 7 * 86_400_000)),
    ...(entries.length > 0 ? [tlv(Tag.SEQUENCE, Buffer.concat(entries))] : []),
    tlv(0xa0, extensions),
  );
  const signature = createSign('sha256').update(tbs).sign(authority.key);
  return tlv(Tag.SEQUENCE, tbs, algorithm, tlv(Tag.BIT_STRING, Buffer.of(0), signature));
}

function time(date: Date): Buffer {
  const digits = date.toISOString().slice(2, 19).replace(/[-T:]/g, '');
  return tlv(Tag.UTC_TIME, Buffer.from(`${digits}Z`));
}

function tlv(tag: number, ...parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  const header = length < 0x80 ? [tag, length] : [tag, 0x80 | octets.length, ...octets];
  return Buffer.concat([Buffer.from(header), ...parts], header.length + length);
}
