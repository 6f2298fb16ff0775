import {randomBytes} from 'node:crypto';
import {IncomingMessage, ServerResponse} from 'node:http';
import {Server} from 'node:https';
import {Socket} from 'node:net';
import {TLSSocket} from 'node:tls';
import type {SecureContextOptions} from 'node:tls';
import {MtlsError} from '../errors';
import {listenerOptions} from '../tls/node-options';
import type {Secret} from '../tls/secret';
import {TICKET_KEYS_BYTES} from '../tls/sessions';
import type {Limits} from './limits';
import {peerOf} from './peer';

/** Decides about what arrives at a listener. Each `proceed` hands the event on to Node and to the application. */
export interface Doorkeeper {
  /** A TCP connection was accepted; false when it was turned away. */
  arrive(socket: Socket): boolean;
  /** A TLS handshake failed. */
  fail(error: unknown, socket: TLSSocket): void;
  /** A TLS handshake succeeded. */
  secure(socket: TLSSocket, proceed: () => void): void;
  request(request: IncomingMessage, response: ServerResponse, proceed: () => void): void;
  /** Another protocol is asked for on the connection, or a tunnel. */
  upgrade(request: IncomingMessage, socket: Socket, proceed: () => void): void;
}

/** The classes a listener makes its messages of, where Node's own are not enough. */
export interface MessageClasses {
  readonly IncomingMessage: typeof IncomingMessage;
  readonly ServerResponse: typeof ServerResponse;
}

/**
 * An `https.Server` that shows nothing unverified to anybody. Its events are decided about before any listener sees
 * them, whoever added it and whenever, because the decision is in `emit` itself. The switches that would undo mutual
 * TLS are fixed, and what Node keeps of the key after it went into OpenSSL is erased.
 */
export class Listener extends Server {
  #doorkeeper: Doorkeeper | undefined;

  constructor(limits: Limits, messages: MessageClasses = {IncomingMessage, ServerResponse}) {
    super({
      ...messages,
      ...listenerOptions(limits.handshakeTimeoutMs),
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: 1_000,
      insecureHTTPParser: false,
      requireHostHeader: true,
    });
    Object.defineProperties(this, SEALED);
    this.#listenFirst();
  }

  /** Puts the decisions in force. Before that, nothing that arrives is handed on. */
  guard(doorkeeper: Doorkeeper): void {
    this.#doorkeeper = doorkeeper;
  }

  /**
   * Replaces key, certificate and client authorities for the connections that come, and the keys that session tickets are
   * encrypted with; without `ticketKeys` nobody knows them.
   */
  useContext(options: SecureContextOptions, ticketKeys?: Secret<Buffer>): void {
    // A handshake under way goes on in the context it began with: a client that resumes, waits, and then ends the
    // handshake would otherwise redeem a ticket of before, or get one that outlives what its own was encrypted with.
    Server.prototype.setTicketKeys.call(this, randomBytes(TICKET_KEYS_BYTES));
    try {
      Server.prototype.setSecureContext.call(this, options);
    } finally {
      // Node keeps them as plain properties of the server, where `util.inspect` finds them.
      Object.assign(this, {key: undefined, cert: undefined, pfx: undefined, passphrase: undefined});
    }
    if (ticketKeys !== undefined) Server.prototype.setTicketKeys.call(this, ticketKeys.reveal());
  }

  /** What is stapled to a handshake whose client asks for it. Never waits: what is not here is not stapled. */
  staple(answer: () => Buffer | undefined): void {
    // Node's types leave out that null means no answer.
    const respond = (
      _certificate: Buffer,
      _issuer: Buffer,
      reply: (error: null, response: Buffer | null) => void,
    ): void => {
      reply(null, answer() ?? null);
    };
    this.on('OCSPRequest' as string, respond);
  }

  /** Where nobody listens, Node acts by itself: it asks for a body, and drops who wants a tunnel, before any decision. */
  #listenFirst(): void {
    this.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      // A listener of the application that knows of this event answers the request itself.
      if (this.listenerCount('checkContinue') > 1) return;
      response.writeContinue();
      super.emit('request', request, response);
    });
    this.on('connect', (_: IncomingMessage, socket: Socket) => {
      socket.destroy();
    });
  }

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    // Every overload of `emit` names its events; the last one takes any, but not a symbol.
    const proceed = (): boolean => super.emit(event as string, ...args);
    // Most events are requests.
    const decide = event === 'request' ? decideRequest : GATED.get(event);
    return decide === undefined ? proceed() : decide(this.#doorkeeper, args[0], args[1], proceed);
  }
}

type Decide = (keeper: Doorkeeper | undefined, first: unknown, second: unknown, proceed: () => boolean) => boolean;

/** What is decided about before anybody hears of it. An argument that has not the shape Node gives it is dropped. */
const GATED: ReadonlyMap<string | symbol, Decide> = new Map<string, Decide>([
  [
    'connection',
    (keeper, socket, _, proceed) => socket instanceof Socket && keeper?.arrive(socket) === true && proceed(),
  ],
  ['secureConnection', decideSecure],
  ['tlsClientError', decideFailure],
  // Only who was accepted gets an answer to malformed HTTP, from Node or from a listener of the application.
  [
    'clientError',
    (_keeper, _error, socket, proceed) => socket instanceof Socket && peerOf(socket) !== undefined && proceed(),
  ],
  ['checkContinue', decideRequest],
  ['checkExpectation', decideRequest],
  ['upgrade', decideUpgrade],
  ['connect', decideUpgrade],
  // Key material and stored sessions are nobody's; without an answer Node goes on as if nobody listened.
  ['keylog', () => false],
  ['newSession', () => false],
  ['resumeSession', () => false],
]);

function decideSecure(keeper: Doorkeeper | undefined, socket: unknown, _: unknown, proceed: () => boolean): boolean {
  if (socket instanceof TLSSocket) {
    if (keeper === undefined) socket.destroy();
    else keeper.secure(socket, proceed);
  }
  return true;
}

function decideFailure(keeper: Doorkeeper | undefined, error: unknown, socket: unknown): boolean {
  if (socket instanceof TLSSocket) {
    keeper?.fail(error, socket);
    socket.destroy();
  }
  return true;
}

function decideRequest(
  keeper: Doorkeeper | undefined,
  request: unknown,
  response: unknown,
  proceed: () => boolean,
): boolean {
  if (request instanceof IncomingMessage && isResponse(response)) keeper?.request(request, response, proceed);
  return true;
}

function isResponse(value: unknown): value is ServerResponse {
  return value instanceof ServerResponse;
}

function decideUpgrade(
  keeper: Doorkeeper | undefined,
  request: unknown,
  socket: unknown,
  proceed: () => boolean,
): boolean {
  if (request instanceof IncomingMessage && socket instanceof Socket) keeper?.upgrade(request, socket, proceed);
  return true;
}

function sealed(): never {
  throw new MtlsError({
    code: 'ERR_MTLS_CONFIG',
    required: 'the secure context this library made',
    found: 'an attempt to change it',
    where: 'https.Server',
  });
}

/**
 * Node reads the two switches from the server object at every connection. Through the last two node:cluster carries the
 * ticket keys of one worker over the primary to all others: whoever has them can forge sessions, and they outlive what a
 * worker has learnt since, so none are told and none are taken.
 */
const SEALED: PropertyDescriptorMap = {
  requestCert: {value: true, writable: false, configurable: false},
  rejectUnauthorized: {value: true, writable: false, configurable: false},
  setSecureContext: {value: sealed, writable: false, configurable: false},
  addContext: {value: sealed, writable: false, configurable: false},
  setTicketKeys: {value: sealed, writable: false, configurable: false},
  getTicketKeys: {value: sealed, writable: false, configurable: false},
  _getServerData: {value: () => ({}), writable: false, configurable: false},
  _setServerData: {value: () => undefined, writable: false, configurable: false},
};
