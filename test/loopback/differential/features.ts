import {setImmediate as nextTurn} from 'node:timers/promises';
import {Readable} from 'node:stream';
import {authenticate} from '@loopback/authentication';
import {authorize} from '@loopback/authorization';
import {bind, BindingScope, inject, intercept, service} from '@loopback/core';
import type {Interceptor} from '@loopback/core';
import {get, HttpErrors, param, post, requestBody, response, RestBindings} from '@loopback/rest';
import type {Request, RequestContext, Response} from '@loopback/rest';
import {SecurityBindings, securityId} from '@loopback/security';
import type {UserProfile} from '@loopback/security';
import {MtlsBindings} from '../../../src/loopback/keys';
import type {MtlsPrincipal} from '../../../src/loopback/principal';
import {ownedBy} from '../../../src/loopback/voting';

/** An interceptor that leaves its name in the answer, before and behind what it wraps. */
export function tracing(name: string): Interceptor {
  return async (invocation, next) => {
    const response = await invocation.get(RestBindings.Http.RESPONSE);
    response.append('x-trace', `${name} of ${invocation.targetName} for ${JSON.stringify(invocation.args)}`);
    const result: unknown = await next();
    if (!response.headersSent) response.append('x-trace', `behind ${name}`);
    return result;
  };
}

const RESULTS: Readonly<Record<string, (response: Response) => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  buffer: () => Buffer.from('some bytes'),
  stream: () => Readable.from(['a stream ', 'in two parts']),
  string: () => 'text with ünïcode',
  empty: () => '',
  zero: () => 0,
  number: () => 12.5,
  false: () => false,
  array: () => [1, [2]],
  date: () => new Date(0),
  object: () => ({toJSON: () => ({from: 'toJSON'})}),
  bigint: () => 10n,
  circular: () => {
    const circle: {self?: unknown} = {};
    circle.self = circle;
    return circle;
  },
  response: answer => answer.status(202).type('text/html').send('<p>sent</p>'),
  json: answer => answer.status(203).json({sent: 'as JSON'}),
  redirect: answer => {
    answer.redirect(303, '/result/zero');
    return answer;
  },
  ended: answer => {
    answer.end('ended');
  },
  status: answer => {
    answer.status(418).set('x-status', 'set').cookie('c', 'v').vary('accept').links({next: '/x'});
    return {kept: true};
  },
  locals: answer => Object.keys(answer.locals),
};

/** Everything a method can give back. */
@authorize({allowedRoles: ['nurse']})
export class ResultController {
  @get('/result/{kind}')
  result(@param.path.string('kind') kind: string, @inject(RestBindings.Http.RESPONSE) answer: Response): unknown {
    return RESULTS[kind]?.(answer);
  }

  @get('/result-later/{kind}')
  @response(200, {description: 'what was asked for'})
  async later(
    @param.path.string('kind') kind: string,
    @inject(RestBindings.Http.RESPONSE) answer: Response,
  ): Promise<unknown> {
    await nextTurn();
    return RESULTS[kind]?.(answer);
  }
}

const ERRORS: Readonly<Record<string, () => unknown>> = {
  error: () => new Error('a secret'),
  'not-found': () => new HttpErrors.NotFound('no such thing'),
  teapot: () => Object.assign(new Error('short and stout'), {statusCode: 418}),
  details: () => Object.assign(new HttpErrors.UnprocessableEntity('wrong'), {details: [{path: '/a'}], code: 'WRONG'}),
  entity: () => Object.assign(new Error('gone'), {code: 'ENTITY_NOT_FOUND'}),
  exposed: () => Object.assign(new Error('exposed'), {statusCode: 503, expose: true}),
  several: () => [new Error('one'), new Error('two')],
  text: () => 'not an error',
  nothing: () => undefined,
  object: () => ({statusCode: 409, message: 'a plain object'}),
};

/** Everything a method can throw, at once and later. */
@authorize({allowedRoles: ['nurse']})
export class ErrorController {
  @get('/error/{kind}')
  error(@param.path.string('kind') kind: string): never {
    throw ERRORS[kind]?.();
  }

  @get('/error-later/{kind}')
  async later(@param.path.string('kind') kind: string): Promise<never> {
    await nextTurn();
    throw ERRORS[kind]?.();
  }
}

/** A service of which every request has its own. */
@bind({scope: BindingScope.REQUEST})
export class Notebook {
  readonly lines: string[] = [];
  readonly caller: MtlsPrincipal;

  constructor(@inject(MtlsBindings.PRINCIPAL) caller: MtlsPrincipal) {
    this.caller = caller;
  }
}

/** What LoopBack injects into whatever serves a request. */
@authorize({allowedRoles: ['nurse', 'admin']})
export class InjectedController {
  readonly #notebook: Notebook;
  readonly #context: RequestContext;

  constructor(@service(Notebook) notebook: Notebook, @inject(RestBindings.Http.CONTEXT) context: RequestContext) {
    this.#notebook = notebook;
    this.#context = context;
  }

  @get('/request')
  request(@inject(RestBindings.Http.REQUEST) request: Request): unknown {
    const {originalUrl, url, baseUrl, path, query, params, method, hostname, protocol, secure, xhr} = request;
    const express = [request.get('host') !== undefined, request.accepts('json'), request.is('json'), request.fresh];
    const names = Reflect.ownKeys(request).map(String).sort();
    return {originalUrl, url, baseUrl, path, query, params, method, hostname, protocol, secure, xhr, express, names};
  }

  @get('/context/{tag}')
  async context(@param.path.string('tag') tag: string, @service(Notebook) again: Notebook): Promise<unknown> {
    this.#notebook.lines.push(tag);
    await nextTurn();
    const {request, response} = this.#context;
    const [route, args, same] = await Promise.all([
      this.#context.get(RestBindings.Operation.ROUTE),
      this.#context.get(RestBindings.Operation.PARAMS),
      this.#context.get(RestBindings.Http.REQUEST),
    ]);
    const {path, verb, pathParams, controllerName, methodName} = route as unknown as Record<string, unknown>;
    return {
      lines: again.lines,
      caller: again.caller.id,
      route: {path, verb, pathParams, controllerName, methodName},
      args: args.slice(0, 1),
      same: [same === request, request.res === response, response.req === request],
      basePath: this.#context.basePath,
      base: new URL(this.#context.requestedBaseUrl).hostname,
    };
  }

  @authenticate('mtls')
  @get('/user')
  user(@inject(SecurityBindings.USER) user: UserProfile): unknown {
    return {id: user[securityId], user};
  }

  @authorize({allowedRoles: ['admin']})
  @get('/admins')
  admins(): string {
    return 'admins only';
  }

  @authorize({allowedRoles: ['nurse'], voters: [ownedBy((caller, {args}) => caller.id.endsWith(String(args[0])))]})
  @get('/owned/{name}')
  owned(@param.path.string('name') name: string): string {
    return name;
  }
}

/** Interceptors of the class and of the method. */
@intercept(tracing('class'))
@authorize({allowedRoles: ['nurse']})
export class InterceptedController {
  @get('/traced/{value}')
  traced(@param.path.number('value') value: number): unknown {
    return {value};
  }

  @intercept(tracing('method'), (_, next) => next())
  @post('/traced')
  both(@requestBody() body: object): unknown {
    return body;
  }

  @intercept(() => 'from a cache')
  @get('/cached')
  cached(): string {
    return 'never';
  }

  @intercept(() => {
    throw new HttpErrors.Gone('intercepted');
  })
  @get('/gone')
  gone(): string {
    return 'never';
  }
}
