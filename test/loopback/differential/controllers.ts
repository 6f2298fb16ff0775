import {authorize} from '@loopback/authorization';
import {bind, BindingScope, inject} from '@loopback/core';
import {
  api,
  ControllerRoute,
  del,
  get,
  getFilterSchemaFor,
  getModelSchemaRef,
  param,
  patch,
  post,
  put,
  requestBody,
  response,
  RestBindings,
} from '@loopback/rest';
import type {ExpressRequestHandler, RestApplication} from '@loopback/rest';
import {
  Count,
  CountSchema,
  DefaultCrudRepository,
  Entity,
  juggler,
  model,
  property,
  repository,
} from '@loopback/repository';
import type {Filter, Where} from '@loopback/repository';
import {ask, askJson} from './feature';
import type {Feature} from './feature';

/** Counts how often it is asked, which tells one instance from several. */
class Counting {
  asked = 0;

  @get('/count')
  count(): number {
    return ++this.asked;
  }
}

@authorize({allowedRoles: ['nurse']})
class TransientController extends Counting {}

@bind({scope: BindingScope.REQUEST})
@authorize({allowedRoles: ['nurse']})
class RequestScopedController extends Counting {}

@bind({scope: BindingScope.SINGLETON})
@authorize({allowedRoles: ['nurse']})
class SingletonController extends Counting {}

@bind({scope: BindingScope.APPLICATION})
@authorize({allowedRoles: ['nurse']})
class ApplicationController extends Counting {}

@bind({scope: BindingScope.SINGLETON})
@authorize({allowedRoles: ['nurse']})
class LendingController extends Counting {
  @get('/asked-by')
  askedBy(@inject(RestBindings.Http.REQUEST) request: {readonly url: string}): string {
    return `${request.url} ${String(++this.asked)}`;
  }
}

@authorize({allowedRoles: ['nurse']})
class MadeController {
  readonly #by: string;

  constructor(by = 'LoopBack') {
    this.#by = by;
  }

  made(name: string): string {
    return `${name}, made by ${this.#by}`;
  }
}

class OtherController extends MadeController {
  override made(name: string): string {
    return `${name}, overridden`;
  }
}

const MADE = {
  parameters: [{name: 'name', in: 'path' as const, required: true, schema: {type: 'string' as const}}],
  responses: {},
};

@api({
  basePath: '/base',
  paths: {'/spelt': {get: {'x-operation-name': 'spelt', responses: {}, parameters: []}}},
})
@authorize({allowedRoles: ['nurse']})
class SpeltController {
  spelt(): string {
    return 'spelt out';
  }
}

@model()
class Ward extends Entity {
  @property({type: 'number', id: true, generated: true})
  declare id: number;

  @property({type: 'string', required: true, jsonSchema: {minLength: 1, maxLength: 20}})
  declare name: string;

  @property({type: 'number', default: 0})
  declare beds?: number;

  @property({type: 'date'})
  declare opened?: string;

  @property({hidden: true})
  declare secret?: string;
}

class WardRepository extends DefaultCrudRepository<Ward, number> {
  constructor(@inject('datasources.wards') wards: juggler.DataSource) {
    super(Ward, wards);
  }
}

/** As `lb4 controller` makes it for a model. */
@authorize({allowedRoles: ['nurse']})
class WardController {
  readonly wards: WardRepository;

  constructor(@repository(WardRepository) wards: WardRepository) {
    this.wards = wards;
  }

  @post('/wards')
  @response(200, {description: 'The ward', content: {'application/json': {schema: getModelSchemaRef(Ward)}}})
  create(
    @requestBody({content: {'application/json': {schema: getModelSchemaRef(Ward, {exclude: ['id']})}}})
    ward: Omit<Ward, 'id'>,
  ): Promise<Ward> {
    return this.wards.create(ward);
  }

  @get('/wards/count')
  @response(200, {description: 'How many', content: {'application/json': {schema: CountSchema}}})
  count(@param.where(Ward) where?: Where<Ward>): Promise<Count> {
    return this.wards.count(where);
  }

  @get('/wards')
  find(@param.filter(Ward) filter?: Filter<Ward>): Promise<Ward[]> {
    return this.wards.find(filter);
  }

  @get('/wards-by-query')
  findByQuery(@param.query.object('filter', getFilterSchemaFor(Ward)) filter?: Filter<Ward>): Promise<Ward[]> {
    return this.wards.find(filter);
  }

  @patch('/wards')
  updateAll(
    @requestBody({content: {'application/json': {schema: getModelSchemaRef(Ward, {partial: true})}}}) ward: Ward,
    @param.where(Ward) where?: Where<Ward>,
  ): Promise<Count> {
    return this.wards.updateAll(ward, where);
  }

  @get('/wards/{id}')
  findById(
    @param.path.number('id') id: number,
    @param.filter(Ward, {exclude: 'where'}) filter?: Filter<Ward>,
  ): Promise<Ward> {
    return this.wards.findById(id, filter);
  }

  @patch('/wards/{id}')
  @response(204, {description: 'Changed'})
  async updateById(
    @param.path.number('id') id: number,
    @requestBody({content: {'application/json': {schema: getModelSchemaRef(Ward, {partial: true})}}}) ward: Ward,
  ): Promise<void> {
    await this.wards.updateById(id, ward);
  }

  @put('/wards/{id}')
  async replaceById(@param.path.number('id') id: number, @requestBody() ward: Ward): Promise<void> {
    await this.wards.replaceById(id, ward);
  }

  @del('/wards/{id}')
  async deleteById(@param.path.number('id') id: number): Promise<void> {
    await this.wards.deleteById(id);
  }

  @post('/wards/many')
  createAll(@requestBody.array(getModelSchemaRef(Ward, {exclude: ['id']})) wards: Omit<Ward, 'id'>[]): Promise<Ward[]> {
    return this.wards.createAll(wards);
  }
}

function withWards(app: RestApplication): void {
  app.bind('datasources.wards').to(new juggler.DataSource({name: 'wards', connector: 'memory'}));
  app.bind('repositories.WardRepository').toClass(WardRepository);
  app.controller(WardController);
}

function json(value: unknown): string {
  return encodeURIComponent(JSON.stringify(value));
}

function counting(controller: typeof Counting, answers: readonly string[]): Feature {
  return {
    name: `${controller.name} is made as often as its scope says`,
    setup: app => app.controller(controller),
    asks: answers.map(answer => ask('GET /count', 200, answer)),
  };
}

/** Controllers of every kind, and what stands behind them. */
export const CONTROLLERS: readonly Feature[] = [
  counting(TransientController, ['1', '1']),
  counting(RequestScopedController, ['1', '1']),
  counting(SingletonController, ['1', '2', '3']),
  counting(ApplicationController, ['1', '2']),
  {
    name: 'a singleton is given what belongs to the request',
    setup: app => app.controller(LendingController),
    asks: [
      ask('GET /asked-by?a', 200, '/asked-by?a 1'),
      ask('GET /asked-by?b', 200, '/asked-by?b 2'),
      ask('GET /count', 200, '3'),
    ],
  },
  {
    name: 'controllers come from factories',
    setup: app => {
      const one = new MadeController('hand');
      app.route(new ControllerRoute('get', '/one/{name}', MADE, MadeController, () => one, 'made'));
      app.route(
        new ControllerRoute('get', '/new/{name}', MADE, MadeController, () => new MadeController('a factory'), 'made'),
      );
      app.route(
        new ControllerRoute('get', '/later/{name}', MADE, MadeController, async () => Promise.resolve(one), 'made'),
      );
      app.route(new ControllerRoute('get', '/other/{name}', MADE, MadeController, () => new OtherController(), 'made'));
      app.route(new ControllerRoute('get', '/unbound/{name}', MADE, MadeController, undefined, 'made'));
      const failing = (): never => {
        throw new Error('a factory that fails');
      };
      app.route(new ControllerRoute('get', '/failing/{name}', MADE, MadeController, failing, 'made'));
    },
    asks: [
      ask('GET /one/a', 200, 'a, made by hand'),
      ask('GET /new/a', 200, 'a, made by a factory'),
      ask('GET /later/a', 200, 'a, made by hand'),
      ask('GET /other/a', 200, 'a, overridden'),
      ask('GET /unbound/a', 200, 'a, made by LoopBack'),
      ask('GET /failing/a', 500),
    ],
  },
  {
    name: 'folders and Express routers beside the routes',
    setup: app => {
      app.controller(TransientController);
      app.static('/files', __dirname);
      const router: ExpressRequestHandler = (request, answer, next) => {
        if (request.url === '/here') answer.send(`${request.method} ${request.baseUrl}`);
        else next();
      };
      app.mountExpressRouter('/mounted', router);
      app.mountExpressRouter('/count', (_request, answer) => answer.send('never, as a route comes first'));
    },
    options: {
      access: Object.fromEntries(
        ['/files/**', '/mounted/**', '/count/**'].map(path => [path, {allowedRoles: ['nurse']}]),
      ),
    },
    asks: [
      ask('GET /count', 200, '1'),
      ask('POST /count', 200, 'never, as a route comes first'),
      ask('GET /files/controllers.js', 200, /^"use strict"/),
      ask('GET /files/controllers.js', 403, /FORBIDDEN/, {caller: 'admin'}),
      ask('GET /files/none.js', 404),
      ask('GET /mounted/here', 200, 'GET /mounted'),
      ask('GET /mounted/there', 404),
    ],
  },
  {
    name: 'controllers are spelt out in OpenAPI',
    setup: app => app.controller(SpeltController),
    asks: [ask('GET /base/spelt', 200, 'spelt out'), ask('GET /spelt', 404)],
  },
  {
    name: 'repositories, filters and models',
    setup: withWards,
    asks: [
      askJson('POST /wards', {name: 'North', beds: 12, secret: 's'}, 200, '{"id":1,"name":"North","beds":12}'),
      askJson('POST /wards', {name: 'South', opened: '2026-11-23T00:00:00Z'}, 200, /"id":2,"name":"South","beds":0/),
      askJson('POST /wards', {name: 'No', id: 9}, 422, /VALIDATION_FAILED/),
      askJson('POST /wards', {name: ''}, 422, /minLength/),
      askJson('POST /wards', {beds: 'many'}, 422),
      askJson('POST /wards/many', [{name: 'East'}, {name: 'West', beds: 3}], 200),
      askJson('POST /wards/many', [{name: 'East'}, {}], 422),
      askJson('POST /wards/many', {name: 'East'}, 422),
      ask('GET /wards/count', 200, '{"count":4}'),
      ask(`GET /wards/count?where=${json({beds: {gt: 5}})}`, 200, '{"count":1}'),
      ask('GET /wards/count?where[beds][gt]=2', 200, '{"count":2}'),
      ask('GET /wards/count?where[name][inq]=East&where[name][inq]=West', 200, '{"count":2}'),
      ask('GET /wards/count?where={', 400),
      ask('GET /wards', 200),
      ask(`GET /wards?filter=${json({limit: 2, skip: 1, order: ['name DESC'], fields: {name: true}})}`, 200),
      ask('GET /wards?filter[limit]=1&filter[order]=name', 200, /^\[\{"id":3/),
      ask('GET /wards?filter[order][0]=beds%20DESC&filter[order][1]=name&filter[fields][beds]=true', 200),
      ask('GET /wards?filter[limit]=none', 400),
      ask('GET /wards?filter[limit]=0', 400),
      ask('GET /wards?filter[unknown]=1', 400),
      ask('GET /wards?filter[include]=beds', 400),
      ask('GET /wards?filter=1', 400),
      ask(`GET /wards?filter=${json({where: {secret: 's'}})}`, 200),
      ask(`GET /wards?filter=${json({where: {or: [{name: 'North'}, {and: [{beds: 3}, {name: {like: 'W%'}}]}]}})}`, 200),
      ask(`GET /wards?filter=${json({where: {name: {regexp: '/^n/i'}}})}`, 200),
      ask(`GET /wards-by-query?filter=${json({limit: 1})}`, 200),
      ask('GET /wards-by-query?filter[where][name]=West', 200),
      ask('GET /wards-by-query?filter[where][__proto__][a]=1', 200),
      ask('GET /wards/1', 200, '{"id":1,"name":"North","beds":12}'),
      ask('GET /wards/1?filter[fields]=name', 400),
      ask('GET /wards/1?filter[where][id]=2', 400),
      ask('GET /wards/99', 404, /ENTITY_NOT_FOUND/),
      ask('GET /wards/one', 400, /INVALID_PARAMETER_VALUE/),
      askJson('PATCH /wards/1', {beds: 13}, 204, ''),
      askJson('PATCH /wards/99', {beds: 13}, 404),
      askJson('PATCH /wards?where[beds]=13', {beds: 14}, 200, '{"count":1}'),
      askJson('PUT /wards/2', {id: 2, name: 'South-west'}, 204),
      askJson('PUT /wards/2', {name: 7}, 422),
      ask('DELETE /wards/2', 204, ''),
      ask('DELETE /wards/2', 404),
      ask('GET /wards', 200),
      ask('GET /wards', 403, /ERR_MTLS_FORBIDDEN/, {caller: 'admin'}),
    ],
  },
];
