import type {KeyAgreement, RecordDecryptor} from './key-schedule';
import {handshakeDecryptor} from './key-schedule';
import {
  readCertificateRequest,
  readCertificates,
  readCertificateStatus,
  readKeyExchange,
  readServerHello,
} from './handshake-messages';
import type {CertificateRequest, KeyExchange, ServerHello} from './handshake-messages';
import {PROTOCOLS, alertName} from './registry';
import {suiteName} from './suites';
import {WireError, vector} from './wire';

/** Everything a server said in answer to one ClientHello, as far as it can be read without finishing the handshake. */
export interface ServerFlight {
  readonly hello?: ServerHello;
  readonly certificates: readonly Buffer[];
  readonly staple?: Buffer;
  readonly certificateRequest?: CertificateRequest;
  readonly keyExchange?: KeyExchange;
  /** Name of the alert that ended it. */
  readonly alert?: string;
  /** Set when the bytes are not TLS. */
  readonly malformed?: string;
  /** `finished`: the server has nothing more to say before the client goes on. */
  readonly progress: 'open' | 'finished';
}

/** What the reader needs beside the bytes to see the encrypted part of TLS 1.3. */
export interface FlightKeys {
  readonly agreements: readonly KeyAgreement[];
  readonly clientHello: Buffer;
}

const Handshake = Object.freeze({
  SERVER_HELLO: 2,
  CERTIFICATE: 11,
  SERVER_KEY_EXCHANGE: 12,
  CERTIFICATE_REQUEST: 13,
  SERVER_HELLO_DONE: 14,
  FINISHED: 20,
  CERTIFICATE_STATUS: 22,
});

const ContentType = Object.freeze({CHANGE_CIPHER_SPEC: 20, ALERT: 21, HANDSHAKE: 22, APPLICATION_DATA: 23});

/** Reads what has arrived so far. Bytes that stop in the middle of a record leave the flight `open`. */
export function readServerFlight(bytes: Buffer, keys: FlightKeys): ServerFlight {
  const reading = new FlightReading(keys);
  try {
    for (let rest = bytes; ;) {
      const record = nextRecord(rest);
      if (record === undefined || reading.flight.progress === 'finished') return reading.flight;
      reading.take(record);
      rest = rest.subarray(5 + record.body.length);
    }
  } catch (error) {
    return {...reading.flight, malformed: error instanceof Error ? error.message : String(error), progress: 'finished'};
  }
}

interface TlsRecord {
  readonly type: number;
  readonly header: Buffer;
  readonly body: Buffer;
}

function nextRecord(bytes: Buffer): TlsRecord | undefined {
  const [type, major] = bytes;
  if (type === undefined || major === undefined) return undefined;
  if (type < ContentType.CHANGE_CIPHER_SPEC || type > ContentType.APPLICATION_DATA || major !== 3) {
    throw new WireError('the answer is not a TLS record');
  }
  if (bytes.length < 5) return undefined;
  const length = bytes.readUInt16BE(3);
  if (bytes.length < 5 + length) return undefined;
  return {type, header: bytes.subarray(0, 5), body: bytes.subarray(5, 5 + length)};
}

/** Puts records together to messages and messages to a flight. */
class FlightReading {
  flight: ServerFlight = {certificates: [], progress: 'open'};
  readonly #keys: FlightKeys;
  #decrypt: RecordDecryptor | undefined;
  #pending: Buffer = Buffer.alloc(0);

  constructor(keys: FlightKeys) {
    this.#keys = keys;
  }

  take(record: TlsRecord): void {
    if (record.type !== ContentType.APPLICATION_DATA) {
      this.#content(record.type, record.body);
    } else if (this.#decrypt === undefined) {
      this.#add({progress: 'finished'});
    } else {
      const inner = this.#decrypt(record.header, record.body);
      this.#content(inner.type, inner.content);
    }
  }

  #content(type: number, content: Buffer): void {
    if (type === ContentType.ALERT) this.#alert(content);
    if (type === ContentType.HANDSHAKE) this.#messages(content);
  }

  #alert(content: Buffer): void {
    const [level, description] = content;
    if (level === undefined || description === undefined) throw new WireError('a truncated alert');
    // A warning such as unrecognized_name does not end the handshake (RFC 6066 section 3).
    if (level === 1 && description !== 0) return;
    this.#add({alert: alertName(description), progress: 'finished'});
  }

  #messages(content: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, content]);
    while (this.#pending.length >= 4) {
      const length = this.#pending.readUIntBE(1, 3);
      if (this.#pending.length < 4 + length) return;
      const message = this.#pending.subarray(0, 4 + length);
      this.#pending = this.#pending.subarray(4 + length);
      this.#message(message[0] ?? 0, message.subarray(4));
    }
  }

  #message(type: number, body: Buffer): void {
    const version = this.flight.hello?.version ?? 0;
    switch (type) {
      case Handshake.SERVER_HELLO:
        this.#hello(body);
        break;
      case Handshake.CERTIFICATE:
        this.#add(readCertificates(body, version));
        break;
      case Handshake.CERTIFICATE_STATUS:
        this.#add({staple: readCertificateStatus(body)});
        break;
      case Handshake.SERVER_KEY_EXCHANGE:
        this.#keyExchange(body, version);
        break;
      case Handshake.CERTIFICATE_REQUEST:
        this.#add({certificateRequest: readCertificateRequest(body, version)});
        break;
      case Handshake.SERVER_HELLO_DONE:
      case Handshake.FINISHED:
        this.#add({progress: 'finished'});
        break;
    }
  }

  #hello(body: Buffer): void {
    const hello = readServerHello(body);
    const {agreements, clientHello} = this.#keys;
    this.#add({hello, progress: hello.kind === 'retry-request' ? 'finished' : 'open'});
    if (hello.version < PROTOCOLS['TLS 1.3']) return;
    const serverHello = Buffer.concat([Buffer.from([Handshake.SERVER_HELLO]), vector(3, body)]);
    this.#decrypt = handshakeDecryptor(agreements, hello, Buffer.concat([clientHello, serverHello]));
  }

  #keyExchange(body: Buffer, version: number): void {
    const suite = suiteName(this.flight.hello?.suite ?? 0);
    if (suite.includes('_ECDH')) this.#add({keyExchange: readKeyExchange(body, 'ecdhe', version)});
    else if (suite.includes('_DH')) this.#add({keyExchange: readKeyExchange(body, 'dhe', version)});
  }

  #add(facts: Partial<ServerFlight>): void {
    this.flight = {...this.flight, ...facts};
  }
}
