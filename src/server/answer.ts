import {randomUUID} from 'node:crypto';
import type {IncomingMessage, ServerResponse} from 'node:http';
import type {Duplex} from 'node:stream';
import {CATALOGUE} from '../errors';
import type {Code, PublicCode} from '../errors';

/** The header that ties an answer to its audit event. */
export const CORRELATION_HEADER = 'x-correlation-id';

const correlationIds = new WeakMap<IncomingMessage, string>();

/** The id of a request: made here, never taken from the caller, the same on every call. */
export function correlationIdOf(request: IncomingMessage): string {
  const known = correlationIds.get(request);
  if (known !== undefined) return known;
  const id = randomUUID();
  correlationIds.set(request, id);
  return id;
}

/** What a caller is told for each public code, in LoopBack's words. */
const ANSWERS: Readonly<Record<PublicCode, {readonly name: string; readonly message: string}>> = Object.freeze({
  ERR_MTLS_UNAUTHENTICATED: {name: 'UnauthorizedError', message: 'Unauthorized'},
  ERR_MTLS_FORBIDDEN: {name: 'ForbiddenError', message: 'Forbidden'},
  ERR_MTLS_BAD_REQUEST: {name: 'BadRequestError', message: 'Bad Request'},
  ERR_MTLS_MISDIRECTED: {name: 'MisdirectedRequestError', message: 'Misdirected Request'},
  ERR_MTLS_UNAVAILABLE: {name: 'ServiceUnavailableError', message: 'Service Unavailable'},
});

/** The whole of what a refused caller learns: LoopBack's error shape with the public code. */
export interface RefusalBody {
  readonly error: {
    readonly statusCode: number;
    readonly name: string;
    readonly message: string;
    readonly code: PublicCode;
  };
}

/** The answer body for a reason code. */
export function refusalBody(code: Code): RefusalBody {
  const {status, publicCode} = CATALOGUE[code];
  return {error: {statusCode: status, ...ANSWERS[publicCode], code: publicCode}};
}

/** Answers a request that is refused. The connection ends with it where the connection itself is the problem. */
export function answerRefusal(request: IncomingMessage, response: ServerResponse, code: Code): void {
  const body = JSON.stringify(refusalBody(code));
  const {status} = CATALOGUE[code];
  response.statusCode = status;
  response.setHeader('content-type', 'application/json; charset=utf-8');
  response.setHeader('content-length', Buffer.byteLength(body));
  response.setHeader('cache-control', 'no-store');
  response.setHeader(CORRELATION_HEADER, correlationIdOf(request));
  if (status === 401) response.setHeader('connection', 'close');
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** Answers a refused upgrade on the bare socket and ends it. */
export function answerRefusedUpgrade(request: IncomingMessage, socket: Duplex, code: Code): void {
  const body = JSON.stringify(refusalBody(code));
  const {status, publicCode} = CATALOGUE[code];
  const head = [
    `HTTP/1.1 ${status} ${ANSWERS[publicCode].message}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'cache-control: no-store',
    `${CORRELATION_HEADER}: ${correlationIdOf(request)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
