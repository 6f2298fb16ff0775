import {setTimeout as pause} from 'node:timers/promises';
import {connect} from 'node:tls';
import assert from 'node:assert/strict';
import {gzipSync} from 'node:zlib';
import {once} from 'node:events';
import type {TLSSocket} from 'node:tls';
import {authorize} from '@loopback/authorization';
import {bind, BindingScope, inject} from '@loopback/core';
import {get, param, post, requestBody, RestBindings} from '@loopback/rest';
import type {Request, Response, RestApplication} from '@loopback/rest';
import {ownedBy} from '../../../src/loopback/voting';
import {presenting} from '../../server/harness';
import {nurse} from '../support/clinic';
import {assertPath, assertSameLines, onPath, PATHS} from './compare';
import type {Path} from './compare';
import {recording} from './observe';
import type {Recorded} from './observe';

/** One thing that a client does: bytes it sends, time it waits, what it waits for, or how it leaves. */
type Step = string | Buffer | {readonly waitFor: string} | {readonly leave: 'end' | 'destroy'};

interface Scenario {
  readonly name: string;
  readonly steps: readonly Step[];
  /** What has to be in what comes back. */
  readonly answer: RegExp;
}

@authorize({allowedRoles: ['nurse']})
class WireController {
  @get('/fast/{value}')
  fast(@param.path.string('value') value: string): string {
    return value;
  }

  @get('/slow/{value}')
  async slow(@param.path.string('value') value: string): Promise<string> {
    await pause(20);
    return value;
  }

  @post('/echo')
  echo(@requestBody() body: object): object {
    return body;
  }

  @authorize({allowedRoles: ['nurse'], voters: [ownedBy(() => true)]})
  @post('/voted')
  voted(@requestBody() body: object): object {
    return body;
  }

  @post('/unread')
  unread(): string {
    return 'not read';
  }

  /** Tells, in the log, whether the client is still there. */
  @get('/endless')
  async endless(
    @inject(RestBindings.Http.REQUEST) request: Request,
    @inject(RestBindings.Http.RESPONSE) response: Response,
  ): Promise<Response> {
    response.write('as long as you listen');
    await once(response, 'close');
    const {writableEnded, destroyed} = response;
    throw Object.assign(new Error('the client left'), {writableEnded, destroyed, aborted: request.destroyed});
  }

  /** Answers when nobody listens any more. */
  @get('/held')
  async held(@inject(RestBindings.Http.RESPONSE) response: Response): Promise<string> {
    await once(response, 'close');
    return 'too late';
  }

  @get('/raw')
  raw(@inject(RestBindings.Http.REQUEST) request: Request): unknown {
    const {httpVersion, rawHeaders, url, originalUrl, path, query, method, hostname, protocol} = request;
    return {httpVersion, rawHeaders, url, originalUrl, path, query, method, hostname, protocol};
  }
}

@bind({scope: BindingScope.SINGLETON})
@authorize({allowedRoles: ['nurse']})
class SingleController {
  @get('/single/{value}')
  single(@param.path.string('value') value: string): string {
    return value;
  }
}

function register(app: RestApplication): void {
  app.controller(WireController);
  app.controller(SingleController);
}

/** A request as text; a last one closes the connection. */
function bytes(line: string, headers: readonly string[] = [], body = ''): string {
  return [`${line} HTTP/1.1`, 'Host: localhost', ...headers, '', body].join('\r\n');
}

const LAST = bytes('GET /fast/last', ['Connection: close']);
const JSON_TYPE = 'Content-Type: application/json';
const CHUNKED = 'Transfer-Encoding: chunked';
const ZIPPED = gzipSync('{"packed":true}');

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'pipelined requests are answered in their order',
    steps: [
      [
        bytes('GET /slow/1'),
        bytes('GET /fast/2'),
        bytes('GET /single/3'),
        bytes('GET /no/4'),
        bytes('GET /fast/5'),
      ].join('') + LAST,
    ],
    answer: /1.*2.*3.*404 Not Found.*5.*last$/s,
  },
  {
    name: 'pipelined bodies stay apart',
    steps: [
      bytes('POST /echo', [JSON_TYPE, 'Content-Length: 7'], '{"a":1}') +
        bytes('POST /echo', [JSON_TYPE, 'Content-Length: 7'], '{"a":2}') +
        bytes('POST /unread', [JSON_TYPE, 'Content-Length: 7'], '{"a":3}') +
        LAST,
    ],
    answer: /\{"a":1\}.*\{"a":2\}.*not read.*last$/s,
  },
  {
    name: 'chunked bodies, with extensions and trailers',
    steps: [
      bytes('POST /echo', [JSON_TYPE, CHUNKED], '3;x=y\r\n{"a\r\n'),
      '4\r\n":1}\r\n',
      '0\r\nX-Trailer: t\r\n\r\n',
      LAST,
    ],
    answer: /\{"a":1\}.*last$/s,
  },
  {
    name: 'bodies that arrive byte by byte',
    steps: [bytes('POST /echo', [JSON_TYPE, 'Content-Length: 7']), ...Array.from('{"a":1}'), LAST],
    answer: /\{"a":1\}.*last$/s,
  },
  {
    name: 'packed and chunked bodies',
    steps: [
      bytes('POST /echo', [JSON_TYPE, CHUNKED, 'Content-Encoding: gzip'], `${ZIPPED.length.toString(16)}\r\n`),
      ZIPPED,
      '\r\n0\r\n\r\n',
      LAST,
    ],
    answer: /\{"packed":true\}.*last$/s,
  },
  {
    name: 'a client that waits for 100 Continue',
    steps: [
      bytes('POST /echo', [JSON_TYPE, 'Content-Length: 7', 'Expect: 100-continue']),
      {waitFor: '100 Continue'},
      '{"a":1}',
      LAST,
    ],
    answer: /100 Continue.*200 OK.*\{"a":1\}.*last$/s,
  },
  {
    name: 'a client that expects something else',
    steps: [bytes('POST /echo', [JSON_TYPE, 'Content-Length: 7', 'Expect: the-best'], '{"a":1}'), LAST],
    answer: /HTTP\/1\.1 \d/,
  },
  {
    name: 'requests in absolute form, and for everything',
    steps: [
      bytes('GET https://localhost/fast/absolute?a=b'),
      bytes('GET https://elsewhere.example/raw'),
      bytes('OPTIONS *'),
      bytes('GET /raw?x=1#fragment'),
      bytes('GET /raw?a=1&a=2&b[c]=3'),
      LAST,
    ],
    answer: /last$/,
  },
  {
    name: 'HTTP/1.0, which closes behind an answer without a length',
    steps: ['GET /raw HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n'],
    answer: /"httpVersion":"1.0"/,
  },
  {
    name: 'HTTP/1.0 without keep-alive, to a singleton',
    steps: ['GET /single/old HTTP/1.0\r\nHost: localhost\r\n\r\n'],
    answer: /old$/,
  },
  {
    name: 'headers twice, empty, folded in case, with odd characters',
    steps: [bytes('GET /raw', ['X-A: 1', 'x-a: 2', 'X-Empty:', 'X-Odd: \xe9', 'Cookie: a=1', 'Cookie: b=2']), LAST],
    answer: /last$/,
  },
  {
    name: 'a body that nobody reads, and the next request',
    steps: [bytes('POST /unread', ['Content-Length: 10'], '0123456789'), LAST],
    answer: /not read.*last$/s,
  },
  {
    name: 'a large body that nobody reads',
    steps: [bytes('POST /unread', ['Content-Length: 300000'], 'x'.repeat(300_000)), LAST],
    answer: /not read.*last$/s,
  },
  {
    name: 'a client that leaves in the middle of a body that is too large',
    steps: [bytes('POST /echo', [JSON_TYPE, 'Content-Length: 99999999'], '{"a":'), {leave: 'destroy'}],
    answer: /^$/,
  },
  {
    name: 'a client that leaves in the middle of a body',
    steps: [bytes('POST /echo', [JSON_TYPE, 'Content-Length: 100'], '{"a":'), {leave: 'destroy'}],
    answer: /^$/,
  },
  {
    name: 'a client that leaves in the middle of a body, before anybody votes',
    steps: [bytes('POST /voted', [JSON_TYPE, 'Content-Length: 100'], '{"a":'), {leave: 'destroy'}],
    answer: /^$/,
  },
  {
    name: 'a client that closes its side in the middle of a body',
    steps: [bytes('POST /echo', [JSON_TYPE, 'Content-Length: 100'], '{"a":'), {leave: 'end'}],
    answer: /^(HTTP\/1\.1 400.*)?$/s,
  },
  {
    name: 'a client that leaves in the middle of an answer',
    steps: [bytes('GET /endless'), {waitFor: 'as long as you listen'}, {leave: 'destroy'}],
    answer: /as long as you listen/,
  },
  {
    name: 'a client that leaves before the answer',
    steps: [bytes('GET /held'), {leave: 'destroy'}],
    answer: /^$/,
  },
  {
    name: 'malformed chunks',
    steps: [bytes('POST /echo', [JSON_TYPE, CHUNKED], 'zz\r\n{}\r\n0\r\n\r\n')],
    answer: /400 Bad Request/,
  },
  {
    name: 'a length beside chunks',
    steps: [bytes('POST /echo', [JSON_TYPE, CHUNKED, 'Content-Length: 2'], '2\r\n{}\r\n0\r\n\r\n')],
    answer: /400 Bad Request/,
  },
  {name: 'no host', steps: ['GET /fast/a HTTP/1.1\r\n\r\n'], answer: /400 Bad Request/},
  {name: 'two hosts', steps: [bytes('GET /raw', ['Host: elsewhere.example']), LAST], answer: /HTTP/},
  {
    name: 'an upgrade',
    steps: [bytes('GET /fast/a', ['Connection: Upgrade', 'Upgrade: websocket']), LAST],
    answer: /HTTP/,
  },
  {name: 'a long path', steps: [bytes(`GET /fast/${'a'.repeat(8_000)}`), LAST], answer: /a{8000}.*last$/s},
  {name: 'headers that are too large', steps: [bytes('GET /raw', [`X-Large: ${'a'.repeat(20_000)}`])], answer: /431/},
];

/** What a client got, and what was logged and audited meanwhile. */
interface Heard extends Recorded {
  readonly answers: readonly string[];
}

describe('whatever is on the wire, both paths answer alike', function () {
  this.timeout(60_000);
  const heard = new Map<Path, readonly Heard[]>();

  before(async () => {
    for (const path of PATHS) {
      const all = await onPath(path, register, {}, async clinic => {
        await assertPath(clinic.server, path);
        const each: Heard[] = [];
        for (const {steps} of SCENARIOS) {
          const answers: string[] = [];
          const recorded = await recording(async () => void answers.push(await play(clinic.port, steps)));
          each.push({answers, ...recorded});
        }
        return each;
      });
      heard.set(path, all);
    }
  });

  for (const [index, {name, answer}] of SCENARIOS.entries()) {
    it(name, () => {
      const [stock, compiled] = PATHS.map(path => heard.get(path)?.[index]);
      assert.ok(stock && compiled);
      assert.match(stock.answers.join(), answer);
      assert.deepEqual(compiled.answers, stock.answers);
      assertSameLines(compiled.logged, stock.logged);
      assertSameLines(compiled.audited, stock.audited);
    });
  }
});

/** After so long without a byte, nothing is coming. */
const SILENCE_MS = 3_000;

/** Plays the part of a client, and returns everything that came back until the connection ended. */
async function play(port: number, steps: readonly Step[]): Promise<string> {
  const socket = connect({host: '127.0.0.1', port, servername: 'localhost', ...presenting(nurse)});
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  socket.on('error', () => undefined);
  socket.setTimeout(SILENCE_MS, () => {
    text += '(silence)';
    socket.destroy();
  });
  const closed = new Promise(resolve => socket.once('close', resolve));
  await once(socket, 'secureConnect');
  socket.setNoDelay(true);
  for (const step of steps) {
    if (typeof step === 'string' || Buffer.isBuffer(step)) socket.write(step, 'latin1');
    else if ('waitFor' in step) while (!text.includes(step.waitFor) && !socket.destroyed) await pause(2);
    else await leave(socket, step.leave);
    await pause(2);
  }
  await closed;
  return text.replaceAll(/^(date|x-correlation-id): .*$/gim, '$1');
}

/** Goes away once the server has begun with the request, and gives it time to notice. */
async function leave(socket: TLSSocket, how: 'end' | 'destroy'): Promise<void> {
  await pause(20);
  socket[how]();
  await pause(200);
}
