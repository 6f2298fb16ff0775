/** Length-prefixed vectors of the TLS presentation language (RFC 8446 section 3.4). */

/** Thrown when a peer's bytes end early; never leaves the probe folder. */
export class WireError extends Error {}

/** Joins parts behind a length field of `lengthBytes` octets. */
export function vector(lengthBytes: 1 | 2 | 3, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(body.length, 0, lengthBytes);
  return Buffer.concat([length, body]);
}

/** Two octets. */
export function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

/** Two octets each. */
export function uint16List(values: readonly number[]): Buffer {
  return Buffer.concat(values.map(uint16));
}

/** Reads values one after the other and throws {@link WireError} at the end of the bytes. */
export class WireReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#offset >= this.#bytes.length;
  }

  /** The next `length` octets, not copied. */
  take(length: number): Buffer {
    const end = this.#offset + length;
    if (end > this.#bytes.length) throw new WireError(`${length} octets wanted at ${this.#offset}`);
    const taken = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return taken;
  }

  uint(lengthBytes: 1 | 2 | 3): number {
    return this.take(lengthBytes).readUIntBE(0, lengthBytes);
  }

  /** A vector behind a length field of `lengthBytes` octets. */
  vector(lengthBytes: 1 | 2 | 3): Buffer {
    return this.take(this.uint(lengthBytes));
  }

  /** Everything that is left. */
  rest(): Buffer {
    return this.take(this.#bytes.length - this.#offset);
  }
}

/** The 16-bit values of a vector's content. */
export function readUint16List(bytes: Buffer): number[] {
  const reader = new WireReader(bytes);
  const values: number[] = [];
  while (!reader.done) values.push(reader.uint(2));
  return values;
}
