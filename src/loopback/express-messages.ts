import {IncomingMessage, ServerResponse} from 'node:http';
import {Socket} from 'node:net';
import type {Request, Response} from '@loopback/rest';
import type {MessageClasses} from '../server/listener';

/**
 * Requests and responses that are Express's from the moment Node makes them. Express gives every message its own
 * prototype when it comes by, which costs more than many a handler; here the class has it already, so that what a
 * controller sees is the same on both paths.
 */
export function expressMessages(express: object | undefined): MessageClasses {
  const {request, response, parseQuery} = partsOf(express);
  class ExpressRequest extends IncomingMessage {}
  class ExpressResponse<R extends IncomingMessage = IncomingMessage> extends ServerResponse<R> {}
  Object.setPrototypeOf(ExpressRequest.prototype, request);
  Object.setPrototypeOf(ExpressResponse.prototype, response);
  Object.defineProperty(ExpressRequest.prototype, 'query', {
    configurable: true,
    get(this: IncomingMessage): unknown {
      const value = parseQuery(queryOf(this.url ?? ''));
      define(this, value);
      return value;
    },
    set(this: IncomingMessage, value: unknown): void {
      define(this, value);
    },
  });
  storeVariousHeaders();
  return {IncomingMessage: ExpressRequest, ServerResponse: ExpressResponse};
}

/**
 * Stores headers of several names on responses that go nowhere. While all answers of a process have the same one
 * header, V8 expects nothing else where Node stores it, fails to recognise the name that Node has just made lower case,
 * and looks the place up for every answer. That takes longer than to decide about the request.
 */
function storeVariousHeaders(): void {
  const request = new IncomingMessage(new Socket());
  // Often enough for V8 to have begun to watch.
  for (let count = 0; count < 200; count++) {
    const response = new ServerResponse(request);
    for (const name of HEADERS) response.setHeader(name, '');
  }
}

const HEADERS: readonly string[] = ['Content-Type', 'Content-Language', 'Cache-Control'];

/** Hands on to what Express has behind LoopBack: its error handlers, or its answer for what nobody serves. */
export type PassOn = (request: Request, response: Response, error: unknown) => void;

/** Adds what Express adds to the messages on their way to a handler. */
export function completeMessages(request: Request, response: Response, {passOn}: {readonly passOn: PassOn}): void {
  request.res = response;
  const next = (error?: unknown): void => {
    passOn(request, response, error);
  };
  request.next = next;
  request.originalUrl = request.url;
  request.baseUrl = '';
  request.params = {};
  response.locals = Object.create(null) as Record<string, unknown>;
}

/** From then on the request has a query of its own, as one that Express parsed. */
function define(request: IncomingMessage, value: unknown): void {
  Object.defineProperty(request, 'query', {value, writable: true, enumerable: true, configurable: true});
}

function queryOf(url: string): string {
  const start = url.indexOf('?');
  return start < 0 ? '' : url.slice(start + 1);
}

interface ExpressParts {
  readonly request: object;
  readonly response: object;
  get(setting: 'query parser fn'): ((text: string) => unknown) | undefined;
}

/** Express types the prototypes of its messages as if they were messages. */
function partsOf(
  express: object | undefined,
): Omit<ExpressParts, 'get'> & {readonly parseQuery: (text: string) => unknown} {
  const application = express as ExpressParts;
  const parse = application.get('query parser fn');
  return {request: application.request, response: application.response, parseQuery: text => parse?.(text) ?? {}};
}
