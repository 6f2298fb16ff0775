import {authorize} from '@loopback/authorization';
import {bind, BindingScope} from '@loopback/core';
import {model, property} from '@loopback/repository';
import type {Request, SchemaObject} from '@loopback/rest';
import {del, get, getModelSchemaRef, operation, param, patch, post, put, requestBody} from '@loopback/rest';

/** Every style and type of parameter, answered with what arrived and of which type it was. */
@authorize({allowedRoles: ['nurse']})
export class ParameterController {
  @get('/text/{value}')
  text(@param.path.string('value') value: string): unknown {
    return seen(value);
  }

  @get('/two/{first}/and/{second}')
  two(@param.path.string('second') second: string, @param.path.string('first') first: string): unknown {
    return seen(second, first);
  }

  @get('/number/{value}')
  number(@param.path.number('value') value: number): unknown {
    return seen(value);
  }

  @get('/integer/{value}')
  integer(@param.path.integer('value') value: number): unknown {
    return seen(value);
  }

  @get('/boolean/{value}')
  boolean(@param.path.boolean('value') value: boolean): unknown {
    return seen(value);
  }

  @get('/date/{value}')
  date(@param.path.date('value') value: Date): unknown {
    return seen(value);
  }

  @get('/date-time/{value}')
  dateTime(@param.path.dateTime('value') value: Date): unknown {
    return seen(value);
  }

  @get('/limited/{value}')
  limited(
    @param({name: 'value', in: 'path', required: true, schema: {type: 'string', maxLength: 4, pattern: '^[a-z]+$'}})
    value: string,
  ): unknown {
    return seen(value);
  }

  @get('/query')
  query(
    @param.query.string('text') text?: string,
    @param.query.number('number') number?: number,
    @param.query.boolean('boolean') boolean?: boolean,
    @param.query.dateTime('at') at?: Date,
    @param.array('list', 'query', {type: 'number'}) list?: number[],
  ): unknown {
    return seen(text, number, boolean, at, list);
  }

  @get('/required')
  required(@param.query.string('text', {required: true}) text: string): unknown {
    return seen(text);
  }

  @get('/filter')
  filter(
    @param.query.object('filter', {
      type: 'object',
      properties: {limit: {type: 'integer', minimum: 1}, where: {type: 'object', additionalProperties: true}},
      additionalProperties: false,
    })
    filter?: object,
  ): unknown {
    return seen(filter);
  }

  @get('/header')
  header(@param.header.string('x-text') text?: string, @param.header.integer('x-number') number?: number): unknown {
    return seen(text, number);
  }
}

@model()
class Visit {
  @property({required: true, jsonSchema: {minLength: 2}})
  declare patient: string;

  @property({type: 'number', default: 1})
  declare minutes: number;

  @property.array(String)
  declare notes?: string[];
}

const NESTED: SchemaObject = {
  type: 'object',
  required: ['name'],
  properties: {
    name: {type: 'string'},
    age: {type: 'integer', minimum: 0},
    tags: {type: 'array', items: {type: 'string'}},
  },
};

/** Bodies of every kind that LoopBack parses by itself. */
@authorize({allowedRoles: ['nurse']})
export class BodyController {
  @post('/json')
  json(@requestBody({content: {'application/json': {schema: NESTED}}}) body: unknown): unknown {
    return seen(body);
  }

  @post('/required-json')
  requiredJson(@requestBody({required: true, content: {'application/json': {schema: NESTED}}}) body: unknown): unknown {
    return seen(body);
  }

  @patch('/model/{id}')
  model(
    @param.path.string('id') id: string,
    @requestBody({content: {'application/json': {schema: getModelSchemaRef(Visit)}}}) visit: Visit,
    @param.query.number('version') version?: number,
  ): unknown {
    return seen(id, visit, version);
  }

  @put('/form')
  form(
    @requestBody({content: {'application/x-www-form-urlencoded': {schema: NESTED}, 'application/json': {}}})
    body: unknown,
  ): unknown {
    return seen(body);
  }

  @post('/plain')
  plain(@requestBody({content: {'text/plain': {schema: {type: 'string'}}}}) body: unknown): unknown {
    return seen(body);
  }

  @post('/upload')
  async upload(
    @requestBody({content: {'application/octet-stream': {'x-parser': 'stream', schema: {type: 'object'}}}})
    body: Request,
  ): Promise<unknown> {
    let length = 0;
    for await (const chunk of body) length += Buffer.byteLength(chunk as Buffer);
    return seen(length);
  }

  @post('/no-body')
  noBody(): unknown {
    return seen();
  }

  @del('/text/{value}')
  remove(@param.path.string('value') value: string): unknown {
    return seen(value);
  }

  @operation('head', '/head')
  head(): unknown {
    return seen();
  }

  @operation('options', '/options')
  options(): unknown {
    return seen();
  }

  @operation('propfind', '/propfind')
  propfind(): unknown {
    return seen();
  }
}

/** One instance for everybody: called without a request context. */
@bind({scope: BindingScope.SINGLETON})
@authorize({allowedRoles: ['nurse']})
export class SingletonController {
  readonly #name = 'the one';

  @get('/one/{value}')
  find(@param.path.string('value') value: string): unknown {
    return seen(this.#name, value);
  }

  @get('/one')
  async list(@param.query.number('limit') limit?: number): Promise<unknown> {
    return Promise.resolve(seen(this.#name, limit));
  }

  @get('/one-throws/{value}')
  throws(@param.path.string('value') value: string): never {
    throw new TypeError(value);
  }
}

function seen(...values: readonly unknown[]): unknown {
  return values.map(value => [kindOf(value), value ?? String(value)]);
}

function kindOf(value: unknown): string {
  return typeof value === 'object' && value !== null ? value.constructor.name : typeof value;
}
