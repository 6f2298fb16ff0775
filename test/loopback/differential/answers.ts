import {createReadStream} from 'node:fs';
import {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {authorize} from '@loopback/authorization';
import {get, HttpErrors, oas, operation, param, response, RestBindings} from '@loopback/rest';
import type {Request, Response} from '@loopback/rest';
import {inject} from '@loopback/core';
import {ask} from './feature';
import type {Feature} from './feature';

const MEGABYTE = Buffer.alloc(1_000_000, 'LoopBack');

type Answering = (response: Response, request: Request) => unknown;

const STREAMS: Readonly<Record<string, Answering>> = {
  generator: () => Readable.from(parts(3)),
  large: () => Readable.from([MEGABYTE, MEGABYTE, MEGABYTE]),
  piped: answer => {
    Readable.from(['one ', 'two']).pipe(answer.type('text/plain'));
    return answer;
  },
  pipeline: async answer => {
    await pipeline(Readable.from(parts(2)), answer.status(202));
    return undefined;
  },
  file: () => createReadStream(__filename, {start: 0, end: 11}),
  events: async answer => {
    answer.set({'content-type': 'text/event-stream', 'cache-control': 'no-cache'}).flushHeaders();
    for await (const part of parts(3)) answer.write(`data: ${part}\n\n`);
    answer.end();
    return answer;
  },
  'sent-file': answer =>
    new Promise(resolve => {
      answer.sendFile(__filename, {headers: {'cache-control': 'private'}, lastModified: false, etag: false}, () => {
        resolve(answer);
      });
    }),
  'broken-off': answer => {
    const source = Readable.from(failing());
    source.on('error', () => answer.destroy());
    return source;
  },
  'pipe-method': () => ({pipe: (answer: Response) => answer.end('by a method called pipe')}),
  trailers: answer => {
    answer.setHeader('trailer', 'x-sum');
    answer.write('body');
    answer.addTrailers({'x-sum': '4'});
    answer.end();
    return answer;
  },
  hints: answer => {
    answer.writeEarlyHints({link: '</style.css>; rel=preload; as=style'});
    return 'after the hints';
  },
};

async function* parts(count: number): AsyncGenerator<string> {
  for (let part = 1; part <= count; part++) {
    await nextTurn();
    yield `part ${part} `;
  }
}

async function* failing(): AsyncGenerator<string> {
  yield 'as far as here';
  await nextTurn();
  throw new Error('no further');
}

const EXPRESS: Readonly<Record<string, Answering>> = {
  redirect: answer => {
    answer.redirect('/elsewhere');
    return answer;
  },
  'redirect-301': answer => {
    answer.redirect(301, 'https://elsewhere.example/?a=b');
    return answer;
  },
  'redirect-308': answer => {
    answer.redirect(308, '../up');
  },
  back: (answer, request) => {
    answer.redirect(request.get('referrer') ?? '/');
    return answer;
  },
  location: answer => {
    answer.location('/created').status(201);
    return {id: 1};
  },
  etag: answer => answer.send('the same every time'),
  json: answer => answer.json({of: 'Express'}),
  jsonp: answer => answer.jsonp({of: 'Express'}),
  format: answer =>
    answer.format({
      'text/plain': () => answer.send('plain'),
      'text/html': () => answer.send('<p>html</p>'),
      default: () => answer.status(406).send('neither'),
    }),
  attachment: answer => answer.attachment('report.csv').send('a,b'),
  cookies: answer => {
    answer.cookie('a', '1', {httpOnly: true, secure: true}).cookie('b', {c: 1}).clearCookie('d');
    return 'cookies';
  },
  append: answer => {
    answer.append('x-list', 'a').append('x-list', ['b', 'c']).vary('accept').vary('origin');
    return {appended: answer.get('x-list')};
  },
  'status-text': answer => {
    answer.statusCode = 299;
    answer.statusMessage = 'Fine';
    return 'fine';
  },
  'send-status': answer => answer.sendStatus(410),
  'no-content': answer => {
    answer.status(204);
    return 'not sent';
  },
  'content-type': answer => {
    answer.type('application/vnd.clinic+json');
    return {overwritten: true};
  },
  length: answer => {
    answer.set('content-length', '4');
    return 'four';
  },
  'ended-later': answer => {
    setImmediate(() => answer.end('later'));
    return answer;
  },
  'both-ended-and-returned': answer => {
    answer.end('ended');
    return 'and returned';
  },
  'missing-file': answer => {
    answer.sendFile('/no/such/file');
    return answer;
  },
  directory: answer => {
    answer.sendFile(__dirname);
    return answer;
  },
  download: answer => {
    answer.download('/no/such/file', 'report.pdf');
    return answer;
  },
  'no-format': answer => answer.format({'image/png': () => answer.send('png')}),
  'passed-on': (answer, request) => {
    request.next?.(new HttpErrors.Locked('by the method'));
    return answer;
  },
  'passed-on-later': async (answer, request) => {
    await nextTurn();
    request.next?.(new Error('a secret'));
    return answer;
  },
  'passed-by': (answer, request) => {
    request.next?.();
    return answer;
  },
  request: (answer, request) => [request.ip === answer.req.ip, request.subdomains, request.hostname, request.range(10)],
  negotiation: (_, request) => [
    request.accepts('html', 'json'),
    request.acceptsLanguages('pt'),
    request.acceptsEncodings(),
  ],
  locals: answer => {
    answer.locals['a'] = 1;
    return answer.locals;
  },
  app: (answer, request) => [
    request.app === answer.app,
    String(request.app.get('env')),
    request.app.enabled('trust proxy'),
  ],
};

const FAILURES: Readonly<Record<string, Answering>> = {
  'after-headers': answer => {
    answer.write('part of an answer');
    throw new Error('too late');
  },
  'after-a-while': async answer => {
    await new Promise(resolve => answer.write('part of an answer', resolve));
    throw new Error('too late');
  },
  'after-the-end': answer => {
    answer.end('a whole answer');
    throw new HttpErrors.Conflict('much too late');
  },
  headers: () => {
    throw Object.assign(new HttpErrors.Unauthorized('sign in'), {headers: {'www-authenticate': 'Basic'}});
  },
  cause: () => {
    throw Object.assign(new HttpErrors.BadGateway('behind us'), {cause: new Error('a secret')});
  },
  aggregate: () => {
    throw new AggregateError([new Error('one'), new Error('two')], 'several');
  },
  frozen: () => {
    const error = Object.assign(new Error('frozen'), {code: 'ENTITY_NOT_FOUND'});
    Object.freeze(error);
    throw error;
  },
  'bad-status': () => {
    throw Object.assign(new Error('odd'), {statusCode: 'x'});
  },
  'status-200': () => {
    throw Object.assign(new Error('fine'), {statusCode: 200});
  },
  'status-99': () => {
    throw Object.assign(new Error('tiny'), {statusCode: 99});
  },
  getter: () => {
    throw Object.defineProperty(new Error('hidden'), 'message', {
      get: () => {
        throw new Error('a getter that throws');
      },
    });
  },
  symbol: () => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- applications do that
    throw Symbol('thrown');
  },
  number: () => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- applications do that
    throw 7;
  },
  null: () => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- applications do that
    throw null;
  },
  toJSON: () => ({
    toJSON: () => {
      throw new HttpErrors.Conflict('cannot be written');
    },
  }),
  'bad-header': answer => {
    answer.setHeader('x-bad', 'a\nb');
  },
  'no-string': () => Object.assign(() => 'a function', {toString: () => 'as text'}),
  'symbol-result': () => Symbol('result'),
};

@authorize({allowedRoles: ['nurse']})
class AnswerController {
  readonly #request: Request;
  readonly #response: Response;

  constructor(
    @inject(RestBindings.Http.REQUEST) request: Request,
    @inject(RestBindings.Http.RESPONSE) answer: Response,
  ) {
    this.#request = request;
    this.#response = answer;
  }

  @get('/stream/{kind}')
  stream(@param.path.string('kind') kind: string): unknown {
    return STREAMS[kind]?.(this.#response, this.#request);
  }

  @get('/express/{kind}')
  @response(200, {description: 'Whatever was asked for', content: {'application/json': {schema: {type: 'object'}}}})
  @response(302, {description: 'Elsewhere'})
  express(@param.path.string('kind') kind: string): unknown {
    return EXPRESS[kind]?.(this.#response, this.#request);
  }

  @get('/failure/{kind}')
  failure(@param.path.string('kind') kind: string): unknown {
    return FAILURES[kind]?.(this.#response, this.#request);
  }

  @get('/failure-later/{kind}')
  async failureLater(@param.path.string('kind') kind: string): Promise<unknown> {
    await nextTurn();
    return FAILURES[kind]?.(this.#response, this.#request);
  }

  @oas.response(200, {content: {'text/csv': {schema: {type: 'string'}}}})
  @oas.deprecated()
  @oas.tags('old')
  @get('/documented')
  documented(): string {
    return 'a,b';
  }

  @operation('head', '/head/{kind}')
  head(@param.path.string('kind') kind: string): unknown {
    return EXPRESS[kind]?.(this.#response, this.#request);
  }

  @operation('options', '/options')
  options(): unknown {
    return this.#response.set('allow', 'GET, OPTIONS').status(204).end();
  }
}

/** The connection is not used again, as it ends before the answer does. */
const CLOSE = {headers: {connection: 'close'}};

/** Everything that a method can answer with. */
export const ANSWERS: readonly Feature[] = [
  {
    name: 'streams of every kind',
    setup: app => app.controller(AnswerController),
    asks: [
      ask('GET /stream/generator', 200, 'part 1 part 2 part 3 '),
      ask('GET /stream/large', 200, /^(LoopBack){375000}$/),
      ask('GET /stream/piped', 200, 'one two'),
      ask('GET /stream/pipeline', 202, 'part 1 part 2 '),
      ask('GET /stream/file', 200, '"use strict"'),
      ask('GET /stream/events', 200, 'data: part 1 \n\ndata: part 2 \n\ndata: part 3 \n\n'),
      ask('GET /stream/sent-file', 200, /^"use strict"/),
      ask('GET /stream/sent-file', 206, '"use', {headers: {range: 'bytes=0-3'}}),
      ask('GET /stream/broken-off', 200, 'as far as here', CLOSE),
      ask('GET /stream/pipe-method', 200, 'by a method called pipe'),
      ask('GET /stream/trailers', 200, 'body'),
      ask('GET /stream/hints', 200, 'after the hints'),
    ],
  },
  {
    name: 'answers through Express',
    setup: app => app.controller(AnswerController),
    asks: [
      ...['redirect', 'back'].map(kind => ask(`GET /express/${kind}`, 302)),
      ask('GET /express/redirect', 302, /<p>Found/, {headers: {accept: 'text/html'}}),
      ask('GET /express/back', 302, /./, {headers: {referer: '/before', accept: '*/*'}}),
      ask('GET /express/redirect-301', 301),
      ask('GET /express/redirect-308', 308),
      ask('GET /express/location', 201, '{"id":1}'),
      ask('GET /express/etag', 200, 'the same every time'),
      ask('GET /express/etag', 304, '', {headers: {'if-none-match': 'W/"13-nUJ9TNCjyQXG+9rHFuYWMhDcHoQ"'}}),
      ask('GET /express/etag', 304, '', {headers: {'if-none-match': '*'}}),
      ask('GET /express/json', 200, '{"of":"Express"}'),
      ask('GET /express/jsonp?callback=f', 200, /f\(/),
      ...['text/plain', 'text/html', 'image/png'].map(accept =>
        ask('GET /express/format', accept === 'image/png' ? 406 : 200, undefined, {headers: {accept}}),
      ),
      ...['attachment', 'cookies', 'append', 'content-type', 'length', 'ended-later', 'both-ended-and-returned'].map(
        kind => ask(`GET /express/${kind}`, 200),
      ),
      ask('GET /express/missing-file', 404),
      ask('GET /express/directory', 404),
      ask('GET /express/download', 404),
      ask('GET /express/no-format', 406, undefined, {headers: {accept: 'text/html'}}),
      ask('GET /express/passed-on', 423),
      ask('GET /express/passed-on-later', 500),
      ask('GET /express/passed-by', 404),
      ask('GET /express/status-text', 299, 'fine'),
      ask('GET /express/send-status', 410, 'Gone'),
      ask('GET /express/no-content', 204, ''),
      ask('GET /express/request', 200, undefined, {headers: {range: 'bytes=0-3'}}),
      ask('GET /express/negotiation', 200, undefined, {headers: {'accept-language': 'pt', 'accept-encoding': 'br'}}),
      ask('GET /express/locals', 200, '{"a":1}'),
      ask('GET /express/app', 200, '[true,"production",false]'),
      ask('GET /express/unknown', 204),
      ask('GET /documented', 200, 'a,b'),
      ask('HEAD /head/json', 200, ''),
      ask('HEAD /head/redirect', 302, ''),
      ask('HEAD /head/status-text', 299, ''),
      ask('HEAD /express/json', 404, ''),
      ask('OPTIONS /options', 204, ''),
      ask('OPTIONS /express/json', 404),
    ],
  },
  {
    name: 'failures of every kind, at once and later',
    setup: app => app.controller(AnswerController),
    asks: ['/failure', '/failure-later'].flatMap(path => [
      ask(`GET ${path}/after-headers`, 0, '', CLOSE),
      ask(`GET ${path}/after-a-while`, 200, 'part of an answer', CLOSE),
      ask(`GET ${path}/after-the-end`, 200, 'a whole answer', CLOSE),
      ask(`GET ${path}/headers`, 401),
      ask(`GET ${path}/headers`, 401, /<html/, {headers: {accept: 'text/html'}}),
      ask(`GET ${path}/headers`, 401, /<\?xml|<error/, {headers: {accept: 'text/xml'}}),
      ask(`GET ${path}/cause`, 502),
      ask(`GET ${path}/aggregate`, 500),
      ask(`GET ${path}/frozen`, 500),
      ask(`GET ${path}/bad-status`, 500),
      ask(`GET ${path}/status-200`, 500),
      ask(`GET ${path}/status-99`, 500),
      ask(`GET ${path}/getter`, 500),
      ask(`GET ${path}/symbol`, 500),
      ask(`GET ${path}/number`, 500),
      ask(`GET ${path}/null`, 500),
      ask(`GET ${path}/toJSON`, 409),
      ask(`GET ${path}/bad-header`, 500),
      ask(`GET ${path}/no-string`, 200, 'as text'),
      ask(`GET ${path}/symbol-result`, 200, 'Symbol(result)'),
    ]),
  },
];
