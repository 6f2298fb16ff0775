import {brotliCompressSync, deflateSync, gzipSync} from 'node:zlib';
import {authorize} from '@loopback/authorization';
import {inject} from '@loopback/core';
import type {Provider} from '@loopback/core';
import {get, getModelSchemaRef, HttpErrors, operation, param, post, requestBody, RestBindings} from '@loopback/rest';
import type {BodyParser, LogError, Reject, Request, RequestBody, Send} from '@loopback/rest';
import {model, property} from '@loopback/repository';
import {ask, askJson} from './feature';
import type {Expected, Feature} from './feature';

/** The parts of a multipart body, as far as a test sends them: headers, an empty line, content. */
async function partsOf(request: Request): Promise<readonly string[]> {
  const [, boundary = ''] = /boundary=(.+)$/.exec(request.headers['content-type'] ?? '') ?? [];
  if (boundary === '') throw new HttpErrors.BadRequest('no boundary');
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const parts = Buffer.concat(chunks).toString('latin1').split(`--${boundary}`).slice(1, -1);
  return parts.map(part => part.trim().replace('\r\n\r\n', ' is '));
}

/** Reads `a is b` lines. */
class OwnParser implements BodyParser {
  readonly name = 'own';

  supports(mediaType: string): boolean {
    return mediaType === 'text/x-own';
  }

  async parse(request: Request): Promise<RequestBody> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    if (text.includes('!')) throw new HttpErrors.ImATeapot('no shouting');
    return {value: Object.fromEntries(text.split('\n').map(line => line.split(' is ') as [string, string]))};
  }
}

@authorize({allowedRoles: ['nurse']})
class UploadController {
  @post('/upload')
  upload(@requestBody.file() request: Request): Promise<readonly string[]> {
    return partsOf(request);
  }

  @post('/stream')
  async stream(
    @requestBody({content: {'*/*': {'x-parser': 'stream', schema: {type: 'object'}}}}) body: Request,
    @inject(RestBindings.Http.REQUEST) request: Request,
  ): Promise<unknown> {
    let length = 0;
    for await (const chunk of body) length += Buffer.byteLength(chunk as Buffer);
    return {length, same: body === request};
  }

  @post('/raw')
  raw(@requestBody({content: {'application/octet-stream': {'x-parser': 'raw', schema: {}}}}) body: Buffer): unknown {
    return {length: body.length, buffer: Buffer.isBuffer(body)};
  }

  @post('/own')
  own(@requestBody({content: {'text/x-own': {'x-parser': OwnParser, schema: {}}}}) body: unknown): unknown {
    return body;
  }
}

class MultipartParser implements BodyParser {
  readonly name = 'multipart';

  supports(mediaType: string): boolean {
    return mediaType.startsWith('multipart/form-data');
  }

  async parse(request: Request): Promise<RequestBody> {
    return {value: {parts: await partsOf(request)}};
  }
}

const PARTS = {type: 'object', properties: {parts: {type: 'array', maxItems: 2}}} as const;

@authorize({allowedRoles: ['nurse']})
class FormController {
  @post('/form')
  form(@requestBody({content: {'multipart/form-data': {schema: PARTS}, 'text/x-own': {}}}) body: object): object {
    return body;
  }

  @get('/without-body')
  withoutBody(): string {
    return 'none';
  }
}

function multipart(line: string, status: number, answer: string | RegExp, parts: number): Expected {
  const part = '--B\r\ncontent-disposition: form-data; name="a"; filename="b"\r\n\r\nsome bytes\r\n';
  const headers = {'content-type': 'multipart/form-data; boundary=B'};
  return ask(line, status, answer, {headers, body: `${part.repeat(parts)}--B--`});
}

@model()
class Address {
  @property({required: true})
  declare street: string;

  @property({jsonSchema: {pattern: '^[0-9]{4}$', errorMessage: {pattern: 'four digits'}}})
  declare code?: string;
}

@model({settings: {strict: true}})
class Person {
  @property({required: true, jsonSchema: {minLength: 2, isCapital: true}})
  declare name: string;

  @property()
  declare address?: Address;

  @property.array(Address)
  declare others?: Address[];
}

@authorize({allowedRoles: ['nurse']})
class PersonController {
  @post('/people')
  create(@requestBody({content: {'application/json': {schema: getModelSchemaRef(Person)}}}) person: Person): unknown {
    return {person, kind: person.constructor.name};
  }

  @post('/people/{id}/names')
  names(
    @param.path.integer('id') id: number,
    @param.query.string('mode', {required: true, schema: {type: 'string', enum: ['add', 'set'], default: 'add'}})
    mode: string,
    @requestBody({required: true, content: {'application/json': {schema: {type: 'array', items: {type: 'string'}}}}})
    names: string[],
  ): unknown {
    return {id, mode, names};
  }

  @post('/anything')
  anything(@requestBody() body: unknown): unknown {
    return {type: typeof body, body: body ?? String(body)};
  }

  @post('/text')
  text(@requestBody({content: {'text/plain': {schema: {type: 'string'}}}}) body: unknown): unknown {
    return {type: typeof body, body: body ?? String(body)};
  }

  @operation('get', '/get-with-body', {
    requestBody: {content: {'application/json': {schema: {type: 'object'}}}},
    responses: {},
  })
  getWithBody(body?: object): unknown {
    return {body: body ?? 'none'};
  }

  @get('/ignores-body')
  ignoresBody(): string {
    return 'ignored';
  }
}

@authorize({allowedRoles: ['nurse']})
class StyleController {
  @get('/styles')
  styles(
    @param({name: 'csv', in: 'query', style: 'form', explode: false, schema: {type: 'array', items: {type: 'integer'}}})
    csv?: number[],
    @param({name: 'deep', in: 'query', style: 'deepObject', explode: true, schema: {type: 'object'}}) deep?: object,
    @param({name: 'json', in: 'query', content: {'application/json': {schema: {type: 'object', required: ['a']}}}})
    json?: object,
    @param.query.boolean('flag', {schema: {type: 'boolean', default: true}}) flag?: boolean,
    @param.query.date('day') day?: Date,
    @param.query.long('long') long?: number,
    @param.query.byte('byte') byte?: Buffer,
    @param.query.string('enum', {schema: {type: 'string', enum: ['a', 'b']}}) choice?: string,
    @param.array('names', 'query', {type: 'string', minLength: 2}) names?: string[],
  ): unknown {
    return {
      csv,
      deep,
      json,
      flag,
      day,
      long,
      byte,
      choice,
      names,
      kinds: [typeof flag, typeof long, day instanceof Date],
    };
  }

  @get('/headers')
  headers(
    @param.header.string('X-Text') text?: string,
    @param.header.boolean('x-flag') flag?: boolean,
    @param.header.number('x-number', {required: true}) number?: number,
    @param.header.string('cookie') cookie?: string,
    @param.array('x-list', 'header', {type: 'string'}) list?: string[],
  ): unknown {
    return {text, flag, number, cookie, list};
  }

  @get('/cookie')
  cookie(@param({name: 'session', in: 'cookie', schema: {type: 'string'}}) session?: string): unknown {
    return {session};
  }

  @get('/segments/{first}-{second}/{third}')
  segments(
    @param.path.string('first') first: string,
    @param.path.integer('second') second: number,
    @param.path.string('third') third: string,
  ): unknown {
    return {first, second, third};
  }
}

class OwnSend implements Provider<Send> {
  value(): Send {
    return (response, result) => {
      response.set('x-sent-by', 'the application').end(JSON.stringify({result: result as unknown}));
    };
  }
}

class OwnReject implements Provider<Reject> {
  value(): Reject {
    return ({response}, error) => {
      response.status(599).end(`rejected by the application: ${error.message}`);
    };
  }
}

@authorize({allowedRoles: ['nurse']})
class PlainController {
  @get('/plain/{value}')
  plain(@param.path.number('value') value: number): number {
    if (value === 13) throw Object.assign(new HttpErrors.InternalServerError('unlucky'), {errorCode: 'E13', secret: 1});
    return value;
  }
}

function ownAction(name: string, setup: Feature['setup'], asks: readonly Expected[]): Feature {
  const key = `rest.sequence.actions.${name}`;
  return {
    name: `the application's own ${name} action`,
    setup: app => {
      setup(app);
      app.controller(PlainController);
    },
    stock: {'GET /plain/{value}': `${key} is bound by the application`},
    asks,
  };
}

const ZIPPED = Buffer.from(JSON.stringify({name: 'Zoe'}));
const JSON_TYPE = {'content-type': 'application/json'};

function packed(encoding: string, body: Buffer, status: number): Expected {
  return ask('POST /anything', status, undefined, {headers: {...JSON_TYPE, 'content-encoding': encoding}, body});
}

/** Parameters and bodies, and what applications put in the place of LoopBack's own actions. */
export const BODIES: readonly Feature[] = [
  {
    name: 'files are uploaded through streams',
    setup: app => app.controller(UploadController),
    stock: Object.fromEntries(
      ['/upload', '/stream', '/raw', '/own'].map(path => [`POST ${path}`, 'its body has a parser of its own']),
    ),
    asks: [
      multipart('POST /upload', 200, /filename=\\"b\\" is some bytes/, 2),
      ask('POST /upload', 400, /no boundary/, {headers: {'content-type': 'multipart/form-data'}, body: 'x'}),
      ask('POST /stream', 200, '{"length":300000,"same":true}', {body: 'abc'.repeat(100_000)}),
      ask('POST /raw', 200, /"buffer":true/, {headers: {'content-type': 'application/octet-stream'}, body: 'abc'}),
      ask('POST /own', 200, '{"a":"b"}', {headers: {'content-type': 'text/x-own'}, body: 'a is b'}),
      ask('POST /own', 418, undefined, {headers: {'content-type': 'text/x-own'}, body: 'a is b!'}),
      multipart('POST /upload', 403, /FORBIDDEN/, 1),
    ].map((asked, index) => (index === 6 ? {...asked, caller: 'guest'} : asked)),
  },
  {
    name: 'body parsers of the application',
    setup: app => {
      app.bodyParser(MultipartParser);
      app.controller(FormController);
    },
    stock: {'POST /form': 'body parsers of the application'},
    asks: [
      multipart('POST /form', 200, /some bytes/, 1),
      multipart('POST /form', 422, /maxItems/, 3),
      ask('POST /form', 415, undefined, {headers: {'content-type': 'text/x-other'}, body: 'a'}),
      ask('GET /without-body', 200, 'none'),
    ],
  },
  {
    name: 'models are validated with the same details',
    setup: app => app.controller(PersonController),
    rest: {requestBodyParser: {validation: {allErrors: true, keywords: ['isCapital'], ajvErrors: {keepErrors: true}}}},
    asks: [
      askJson('POST /people', {name: 'Ann', address: {street: 'Rue', code: '1234'}}, 200),
      askJson('POST /people', {name: 'A', address: {code: '12'}, others: [{}, {street: 7}], x: 1}, 422, /four digits/),
      askJson('POST /people', {}, 422, /required/),
      askJson('POST /people', [], 422),
      askJson('POST /people/1/names?mode=set', ['a'], 200, '{"id":1,"mode":"set","names":["a"]}'),
      askJson('POST /people/1/names?mode=other', ['a'], 400),
      askJson('POST /people/1/names', ['a'], 400, /MISSING|required/i),
      askJson('POST /people/1.5/names?mode=set', ['a'], 400),
      askJson('POST /people/1/names?mode=set', ['a', 2, {}], 422),
      ask('POST /people/1/names?mode=set', 400, undefined, {headers: JSON_TYPE}),
    ],
  },
  {
    name: 'limits and strictness of parsers are configured',
    setup: app => app.controller(PersonController),
    rest: {requestBodyParser: {json: {limit: '50B', strict: false}, text: {limit: '5B'}}},
    asks: [
      askJson('POST /anything', {a: 1}, 200),
      askJson('POST /anything', 7, 422),
      askJson('POST /anything', {a: 'x'.repeat(60)}, 413),
      ask('POST /text', 200, /"hi"/, {headers: {'content-type': 'text/plain'}, body: 'hi'}),
      ask('POST /text', 413, undefined, {headers: {'content-type': 'text/plain'}, body: 'hello there'}),
    ],
  },
  {
    name: 'bodies that are packed, empty, large, unexpected, or of another type',
    setup: app => app.controller(PersonController),
    asks: [
      packed('gzip', gzipSync(ZIPPED), 200),
      packed('GZIP', gzipSync(ZIPPED), 200),
      packed('deflate', deflateSync(ZIPPED), 200),
      packed('br', brotliCompressSync(ZIPPED), 200),
      packed('identity', ZIPPED, 200),
      packed('gzip', ZIPPED, 400),
      packed('unknown', ZIPPED, 415),
      packed('gzip', gzipSync(Buffer.alloc(3_000_000, ' ')), 413),
      ask('POST /anything', 200, undefined, {headers: JSON_TYPE, body: ''}),
      ask('POST /anything', 200),
      ask('POST /anything', 413, undefined, {
        headers: {...JSON_TYPE, connection: 'close'},
        body: `"${'x'.repeat(2_000_000)}"`,
      }),
      ask('POST /anything', 400, undefined, {headers: JSON_TYPE, body: '{"a":'}),
      ask('POST /anything', 415, undefined, {headers: {'content-type': 'image/png'}, body: 'x'}),
      ask('POST /anything', 415, undefined, {
        headers: {'content-type': 'application/json; charset=latin9'},
        body: '{}',
      }),
      ask('POST /anything', 200, undefined, {
        headers: {'content-type': 'application/json; charset=utf-16le'},
        body: Buffer.from('{"a":"é"}', 'utf16le'),
      }),
      ask('GET /get-with-body', 200, '{"body":{"a":1}}', {headers: JSON_TYPE, body: '{"a":1}'}),
      ask('GET /get-with-body', 200, '{"body":"none"}'),
      ask('GET /ignores-body', 200, 'ignored', {headers: JSON_TYPE, body: '{"a":'}),
      ask('DELETE /anything', 404, undefined, {headers: JSON_TYPE, body: '{"a":1}'}),
    ],
  },
  {
    name: 'parameters of every style',
    setup: app => app.controller(StyleController),
    asks: [
      ask('GET /styles', 200),
      ask('GET /styles?csv=1,2,3', 400),
      ask(
        'GET /styles?csv[]=1&csv[]=2&deep[a][b]=c&json={"a":1}&flag=false&day=2026-11-23&long=7&byte=aGk=&enum=a',
        200,
      ),
      ask('GET /styles?csv=1&csv=2', 200),
      ask('GET /styles?csv=1,x', 400),
      ask('GET /styles?json={"b":1}', 400),
      ask('GET /styles?json={', 400),
      ask('GET /styles?deep[__proto__][a]=1&deep[a][]=1&deep[a][]=2&deep=7', 400),
      ask('GET /styles?flag=2', 400),
      ask('GET /styles?day=soon', 400),
      ask('GET /styles?long=99999999999999999999', 400),
      ask('GET /styles?enum=c', 400),
      ask('GET /styles?names=ab&names=c', 400),
      ask('GET /styles?names[5]=ab', 200),
      ask('GET /styles?deep[__proto__][a]=1&deep[a][]=1&deep[a][]=2', 200),
      ask('GET /styles?enum=a&enum=b', 400),
      ask('GET /headers', 400),
      ask('GET /headers', 200, undefined, {headers: {'x-text': 'é', 'x-flag': 'true', 'x-number': '7', cookie: 'a=b'}}),
      ask('GET /headers', 400, undefined, {headers: {'x-number': 'seven'}}),
      ask('GET /headers', 400, undefined, {headers: {'x-number': '7', 'x-list': 'a, b'}}),
      ask('GET /cookie', 501, undefined, {headers: {cookie: 'session=s'}}),
      ask('GET /segments/a-7/b%20c', 200, '{"first":"a","second":7,"third":"b c"}'),
      ask('GET /segments/a-7/b%2Fc', 400, /ERR_MTLS_BAD_REQUEST/),
      ask('GET /segments/a-b-7/%E2%82%AC', 200),
      ask('GET /segments/a-x/b', 400),
    ],
  },
  {
    name: 'fields of errors that the application calls safe',
    setup: app => {
      app.bind(RestBindings.ERROR_WRITER_OPTIONS).to({safeFields: ['errorCode']});
      app.controller(PlainController);
    },
    asks: [ask('GET /plain/13', 500, /"errorCode":"E13"/), ask('GET /plain/x', 400)],
  },
  ownAction('send', app => app.bind(RestBindings.SequenceActions.SEND).toProvider(OwnSend), [
    ask('GET /plain/7', 200, '{"result":7}'),
    ask('GET /plain/x', 400),
  ]),
  ownAction('reject', app => app.bind(RestBindings.SequenceActions.REJECT).toProvider(OwnReject), [
    ask('GET /plain/7', 200, '7'),
    ask('GET /plain/13', 599, 'rejected by the application: unlucky'),
    ask('GET /plain/7', 599, undefined, {caller: 'guest'}),
  ]),
  ownAction(
    'logError',
    app => {
      const log: LogError = (error, status) => {
        // eslint-disable-next-line no-console -- where the comparison looks for logged errors
        console.error('logged by the application: %s', `${String(status)} ${error.message}`);
      };
      app.bind(RestBindings.SequenceActions.LOG_ERROR).to(log);
    },
    [ask('GET /plain/13', 500), ask('GET /plain/x', 400)],
  ),
];
