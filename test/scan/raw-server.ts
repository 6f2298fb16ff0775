import {createServer} from 'node:net';
import type {Server} from 'node:net';
import {uint16, vector, WireReader} from '../../src/scan/probe/wire';

/** What a ClientHello offers, as far as the raw server cares. */
export interface OfferedHello {
  readonly version: number;
  readonly suites: readonly number[];
  readonly compression: readonly number[];
  readonly groups: readonly number[];
  readonly hasKeyShare: boolean;
}

/** The weaknesses a raw server can show: things today's OpenSSL refuses to do. */
export interface RawBehaviour {
  /** Versions it goes on with. */
  readonly versions: readonly number[];
  /** Suites it chooses from, in its order; the first that is offered. */
  readonly suites: readonly number[];
  readonly compression?: number;
  readonly random?: Buffer;
  readonly renegotiationInfo?: 'present' | 'absent';
  /** Group it names in a HelloRetryRequest or ServerKeyExchange. */
  readonly group?: number;
}

const RETRY_RANDOM = Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex');

/** Alerts are two octets: fatal, and what it is. */
export function alertRecord(description: number, level = 2): Buffer {
  return record(21, Buffer.from([level, description]));
}

export function record(type: number, body: Buffer, version = 0x0303): Buffer {
  return Buffer.concat([Buffer.from([type]), uint16(version), vector(2, body)]);
}

export function handshake(type: number, ...body: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([type]), vector(3, ...body)]);
}

/** Answers every ClientHello by the behaviour, with the hello messages a test needs and nothing behind them. */
export function rawTlsServer(behaviour: RawBehaviour): Server {
  // What is not a handshake record, such as a plaintext request, gets the alert unexpected_message.
  return answeringServer(bytes => (bytes[0] === 22 ? respond(readHello(bytes), behaviour) : alertRecord(10)));
}

/** Sends one answer to the first bytes of every connection. */
export function answeringServer(answer: (received: Buffer) => Buffer): Server {
  return createServer(socket => {
    socket.on('error', () => undefined);
    socket.once('data', bytes => socket.write(answer(bytes)));
  });
}

export function serverHello(version: number, suite: number, behaviour: RawBehaviour): Buffer {
  const isModern = version === 0x0304;
  const extensions: Buffer[] = [];
  if (isModern) extensions.push(uint16(43), vector(2, uint16(version)));
  if (isModern && behaviour.group !== undefined) extensions.push(uint16(51), vector(2, uint16(behaviour.group)));
  if (!isModern && behaviour.renegotiationInfo !== 'absent') extensions.push(uint16(0xff01), vector(2, vector(1)));
  return handshake(
    2,
    uint16(Math.min(version, 0x0303)),
    isModern ? RETRY_RANDOM : (behaviour.random ?? Buffer.alloc(32, 7)),
    vector(1),
    uint16(suite),
    Buffer.from([behaviour.compression ?? 0]),
    version === 0x0300 ? Buffer.alloc(0) : vector(2, ...extensions),
  );
}

function respond(hello: OfferedHello, behaviour: RawBehaviour): Buffer {
  if (!behaviour.versions.includes(hello.version)) return alertRecord(70);
  const suite = behaviour.suites.find(each => hello.suites.includes(each));
  if (suite === undefined) return alertRecord(40);
  const groupMatters = behaviour.group !== undefined && hello.groups.length > 0;
  if (groupMatters && !hello.groups.includes(behaviour.group ?? 0)) return alertRecord(40);
  const messages = [serverHello(hello.version, suite, behaviour)];
  if (hello.version < 0x0304) {
    if (behaviour.group !== undefined) messages.push(keyExchange(behaviour.group));
    messages.push(handshake(14));
  }
  return record(22, Buffer.concat(messages), Math.min(hello.version, 0x0303));
}

/** A named curve, a public point, and a signature of SHA-256 with ECDSA; nobody looks at the latter two. */
function keyExchange(group: number): Buffer {
  return handshake(12, Buffer.from([3]), uint16(group), vector(1, Buffer.alloc(32)), uint16(0x0403), vector(2));
}

function readHello(bytes: Buffer): OfferedHello {
  const reader = new WireReader(bytes.subarray(9));
  const legacyVersion = reader.uint(2);
  reader.take(32);
  reader.vector(1);
  const suites = words(reader.vector(2));
  const compression = [...reader.vector(1)];
  const extensions = new Map<number, Buffer>();
  const list = new WireReader(reader.done ? Buffer.alloc(0) : reader.vector(2));
  while (!list.done) {
    const type = list.uint(2);
    extensions.set(type, list.vector(2));
  }
  return {
    version: extensions.has(43) ? 0x0304 : legacyVersion,
    suites,
    compression,
    groups: words((extensions.get(10) ?? Buffer.alloc(2)).subarray(2)),
    hasKeyShare: (extensions.get(51)?.length ?? 0) > 2,
  };
}

function words(bytes: Buffer): number[] {
  return Array.from({length: bytes.length / 2}, (_, index) => bytes.readUInt16BE(index * 2));
}
