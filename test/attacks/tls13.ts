import {
  createHash,
  createHmac,
  createCipheriv,
  createDecipheriv,
  diffieHellman,
  generateKeyPairSync,
} from 'node:crypto';
import {createPublicKey, randomBytes} from 'node:crypto';
import type {KeyObject} from 'node:crypto';
import {once} from 'node:events';
import {connect} from 'node:net';
import type {Socket} from 'node:net';

/**
 * A TLS 1.3 client (RFC 8446) that resumes sessions as no honest client does: with identities of its choice before the
 * one it knows, and with a pause in the middle of the handshake. TLS_AES_256_GCM_SHA384 and X25519 only; it checks
 * nothing about the server.
 */

/** What a client has to know to resume a session. */
export interface Resumable {
  readonly ticket: Buffer;
  /** The key that RFC 8446 section 4.6.1 derives from the resumption secret and the nonce of the ticket. */
  readonly key: Buffer;
}

/** What came of resuming. */
export interface Resumption {
  /** Status of the answer to one request; 0 where there was none. */
  readonly status: number;
  readonly body: string;
  /** A session that the server gave on top. */
  readonly next: Resumable | undefined;
}

/** What this client does that others do not. */
export interface Mischief {
  /** Identities offered before the one whose key is known. */
  readonly decoys?: readonly Buffer[];
  /** Whether new keys are exchanged on top of the session's (RFC 8446 section 4.2.9). Default `exchange`. */
  readonly keys?: 'exchange' | 'of the session';
  /** Waited for when the server has accepted the TCP connection. */
  readonly beforeHello?: () => Promise<unknown>;
  /** Waited for when the server has said everything and the client has yet to end the handshake. */
  readonly beforeFinished?: () => Promise<unknown>;
}

const HASH_BYTES = 48;
/** The extension with which a server chooses an identity (RFC 8446 section 4.2.11). */
const PRE_SHARED_KEY = Buffer.from([0, 0x29, 0, 2, 0]);
const HANDSHAKE = 22;
const APPLICATION_DATA = 23;
const NOTHING = Buffer.alloc(0);

/** What `tls.TLSSocket` hands out as a session: DER of OpenSSL's SSL_SESSION. */
export function resumableOf(session: Buffer): Resumable {
  // Behind an identifier of 32 random bytes.
  const key = session.indexOf(Buffer.from([0x04, HASH_BYTES]), session.indexOf(Buffer.from([0x04, 32])) + 34);
  // The ticket is [10] EXPLICIT OCTET STRING, of more than 255 bytes because a certificate is in it.
  const ticket = session.indexOf(Buffer.from([0xaa, 0x82]));
  if (key < 0 || ticket < 0) throw new Error('no session of TLS 1.3 with a ticket');
  const length = session.readUInt16BE(ticket + 6);
  return {
    key: session.subarray(key + 2, key + 2 + HASH_BYTES),
    ticket: session.subarray(ticket + 8, ticket + 8 + length),
  };
}

/** Resumes a session and sends one request; undefined where the server wants a full handshake instead. */
export async function resume(
  port: number,
  session: Resumable,
  mischief: Mischief = {},
): Promise<Resumption | undefined> {
  const socket = connect({host: '127.0.0.1', port});
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  try {
    return await new Client(socket, session).run(mischief);
  } finally {
    socket.destroy();
  }
}

class Client {
  readonly #socket: Socket;
  readonly #session: Resumable;
  readonly #records: AsyncGenerator<Message>;
  #transcript = createHash('sha384');
  #reading: RecordKeys | undefined;

  constructor(socket: Socket, session: Resumable) {
    this.#socket = socket;
    this.#session = session;
    this.#records = this.#messages();
  }

  async run(mischief: Mischief): Promise<Resumption | undefined> {
    const {beforeHello, beforeFinished} = mischief;
    await beforeHello?.();
    const early = extract(NOTHING, this.#session.key);
    const pair = generateKeyPairSync('x25519');
    const hello = clientHello(this.#session, mischief, pair.publicKey, expand(early, 'res binder', hashOf(NOTHING)));
    this.#transcript.update(hello);
    this.#socket.write(record(HANDSHAKE, hello));
    const serverHello = await this.#handshakeMessage();
    if (!serverHello.includes(PRE_SHARED_KEY)) return undefined;
    const handshake = extract(derived(early), sharedSecret(serverHello, pair.privateKey));
    const [ours, theirs] = this.#secrets(handshake, 'c hs traffic', 's hs traffic');
    this.#reading = new RecordKeys(theirs);
    while ((await this.#handshakeMessage())[0] !== FINISHED);
    const main = extract(derived(handshake), Buffer.alloc(HASH_BYTES));
    const [write, read] = this.#secrets(main, 'c ap traffic', 's ap traffic');
    await beforeFinished?.();
    const finished = message(FINISHED, hmac(expand(ours, 'finished', NOTHING), this.#transcriptHash()));
    this.#transcript.update(finished);
    this.#socket.write(new RecordKeys(ours).seal(HANDSHAKE, finished));
    this.#reading = new RecordKeys(read);
    const request = Buffer.from('GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n');
    this.#socket.write(new RecordKeys(write).seal(APPLICATION_DATA, request));
    return this.#answer(expand(main, 'res master', this.#transcriptHash()));
  }

  async #answer(resumptionSecret: Buffer): Promise<Resumption> {
    let text = '';
    let next: Resumable | undefined;
    for await (const {type, bytes} of this.#records) {
      if (type === APPLICATION_DATA) text += bytes.toString();
      else if (bytes[0] === NEW_SESSION_TICKET) next ??= resumableFrom(bytes, resumptionSecret);
    }
    const [head = '', ...body] = text.split('\r\n\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
    return {status, body: body.join('\r\n\r\n'), next};
  }

  #secrets(from: Buffer, ...labels: readonly [string, string]): [Buffer, Buffer] {
    const [ours, theirs] = labels;
    const transcript = this.#transcriptHash();
    return [expand(from, ours, transcript), expand(from, theirs, transcript)];
  }

  #transcriptHash(): Buffer {
    return this.#transcript.copy().digest();
  }

  async #handshakeMessage(): Promise<Buffer> {
    const next = await this.#records.next();
    if (next.done === true || next.value.type !== HANDSHAKE) throw new Error('the server ended the handshake');
    this.#transcript.update(next.value.bytes);
    return next.value.bytes;
  }

  /** Handshake messages one by one, application data as it comes; ends with the first alert. */
  async *#messages(): AsyncGenerator<Message> {
    let received = NOTHING;
    let pending = NOTHING;
    for await (const chunk of this.#socket as AsyncIterable<Buffer>) {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 5 && received.length >= 5 + received.readUInt16BE(3)) {
        const whole = received.subarray(0, 5 + received.readUInt16BE(3));
        received = received.subarray(whole.length);
        const isSealed = whole[0] === APPLICATION_DATA && this.#reading !== undefined;
        const {type, bytes} = isSealed ? this.#open(whole) : {type: whole[0], bytes: whole.subarray(5)};
        if (type === APPLICATION_DATA) yield {type, bytes};
        else if (type === ALERT) return;
        if (type !== HANDSHAKE) continue;
        pending = Buffer.concat([pending, bytes]);
        while (pending.length >= 4 && pending.length >= 4 + pending.readUIntBE(1, 3)) {
          const one = pending.subarray(0, 4 + pending.readUIntBE(1, 3));
          pending = pending.subarray(one.length);
          yield {type, bytes: one};
        }
      }
    }
  }

  #open(sealed: Buffer): Message {
    if (this.#reading === undefined) throw new Error('a record that nobody can open yet');
    return this.#reading.open(sealed);
  }
}

interface Message {
  readonly type: number;
  readonly bytes: Buffer;
}

const ALERT = 21;
const NEW_SESSION_TICKET = 4;
const FINISHED = 20;

/** Keys of one direction (RFC 8446 section 5.2). */
class RecordKeys {
  readonly #key: Buffer;
  readonly #iv: Buffer;
  #sequence = 0;

  constructor(secret: Buffer) {
    this.#key = expand(secret, 'key', NOTHING, 32);
    this.#iv = expand(secret, 'iv', NOTHING, 12);
  }

  seal(type: number, bytes: Buffer): Buffer {
    const head = Buffer.from([APPLICATION_DATA, 3, 3, 0, 0]);
    head.writeUInt16BE(bytes.length + 17, 3);
    const cipher = createCipheriv('aes-256-gcm', this.#key, this.#nonce()).setAAD(head);
    return Buffer.concat([
      head,
      cipher.update(bytes),
      cipher.update(Buffer.from([type])),
      cipher.final(),
      cipher.getAuthTag(),
    ]);
  }

  open(sealed: Buffer): Message {
    const cipher = createDecipheriv('aes-256-gcm', this.#key, this.#nonce()).setAAD(sealed.subarray(0, 5));
    cipher.setAuthTag(sealed.subarray(-16));
    const inner = Buffer.concat([cipher.update(sealed.subarray(5, -16)), cipher.final()]);
    return {type: inner[inner.length - 1] ?? 0, bytes: inner.subarray(0, -1)};
  }

  #nonce(): Buffer {
    const nonce = Buffer.from(this.#iv);
    nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ this.#sequence++) >>> 0, 8);
    return nonce;
  }
}

function clientHello(
  {ticket, key}: Resumable,
  {decoys = [], keys}: Mischief,
  share: KeyObject,
  binderKey: Buffer,
): Buffer {
  const identities = [...decoys, ticket].map(identity => Buffer.concat([vector(2, identity), randomBytes(4)]));
  const name = Buffer.concat([Buffer.from([0]), vector(2, Buffer.from('localhost'))]);
  const raw = share.export({format: 'der', type: 'spki'}).subarray(-32);
  const bindersBytes = 2 + identities.length * (1 + HASH_BYTES);
  const extensions = [
    extension(0x0000, vector(2, name)),
    extension(0x002b, Buffer.from([2, 3, 4])),
    extension(0x000a, Buffer.from([0, 2, 0, 0x1d])),
    extension(0x000d, Buffer.from([0, 4, 4, 3, 8, 4])),
    extension(0x002d, Buffer.from([1, keys === 'of the session' ? 0 : 1])),
    extension(0x0033, vector(2, Buffer.concat([Buffer.from([0, 0x1d]), vector(2, raw)]))),
    extension(0x0029, Buffer.concat([vector(2, Buffer.concat(identities)), Buffer.alloc(bindersBytes)])),
  ];
  const hello = message(
    1,
    Buffer.concat([
      Buffer.from([3, 3]),
      randomBytes(32),
      Buffer.from([0, 0, 2, 0x13, 0x02, 1, 0]),
      vector(2, Buffer.concat(extensions)),
    ]),
  );
  const signed = hello.subarray(0, hello.length - bindersBytes);
  const binder = hmac(expand(binderKey, 'finished', NOTHING), hashOf(signed));
  const binders = [...decoys.map(() => randomBytes(HASH_BYTES)), binder].map(one => vector(1, one));
  if (key.length !== HASH_BYTES) throw new Error('a key of another hash');
  return Buffer.concat([signed, vector(2, Buffer.concat(binders))]);
}

/** The server's share is the last 32 bytes of its key_share extension, which names X25519. */
function sharedSecret(serverHello: Buffer, privateKey: KeyObject): Buffer {
  const at = serverHello.indexOf(Buffer.from([0, 0x33, 0, 0x24, 0, 0x1d, 0, 0x20]));
  if (at < 0) throw new Error('no X25519 share of the server');
  const spki = Buffer.concat([Buffer.from('302a300506032b656e032100', 'hex'), serverHello.subarray(at + 8, at + 40)]);
  return diffieHellman({privateKey, publicKey: createPublicKey({key: spki, format: 'der', type: 'spki'})});
}

/** NewSessionTicket: lifetime, age_add, nonce, ticket (RFC 8446 section 4.6.1). */
function resumableFrom(bytes: Buffer, resumptionSecret: Buffer): Resumable {
  const nonceEnd = 13 + bytes.readUInt8(12);
  const nonce = bytes.subarray(13, nonceEnd);
  const ticket = bytes.subarray(nonceEnd + 2, nonceEnd + 2 + bytes.readUInt16BE(nonceEnd));
  return {ticket, key: expand(resumptionSecret, 'resumption', nonce)};
}

function message(type: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type]), vector(3, body)]);
}

function record(type: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type, 3, 1]), vector(2, bytes)]);
}

function extension(type: number, body: Buffer): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(type);
  return Buffer.concat([head, vector(2, body)]);
}

function vector(lengthBytes: number, body: Buffer): Buffer {
  const head = Buffer.alloc(lengthBytes);
  head.writeUIntBE(body.length, 0, lengthBytes);
  return Buffer.concat([head, body]);
}

function hashOf(bytes: Buffer): Buffer {
  return createHash('sha384').update(bytes).digest();
}

function hmac(key: Buffer, bytes: Buffer): Buffer {
  return createHmac('sha384', key).update(bytes).digest();
}

function extract(salt: Buffer, key: Buffer): Buffer {
  return hmac(salt.length === 0 ? Buffer.alloc(HASH_BYTES) : salt, key);
}

function derived(secret: Buffer): Buffer {
  return expand(secret, 'derived', hashOf(NOTHING));
}

/** HKDF-Expand-Label (RFC 8446 section 7.1); one block is enough for every length here. */
function expand(secret: Buffer, label: string, context: Buffer, length = HASH_BYTES): Buffer {
  const size = Buffer.alloc(2);
  size.writeUInt16BE(length);
  const info = Buffer.concat([size, vector(1, Buffer.from(`tls13 ${label}`)), vector(1, context), Buffer.from([1])]);
  return hmac(secret, info).subarray(0, length);
}
