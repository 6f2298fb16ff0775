import type {IncomingMessage, ServerResponse} from 'node:http';
import {Application, CoreBindings, inject} from '@loopback/core';
import {RestBindings, RestServer, RestTags} from '@loopback/rest';
import type {
  HttpHandler,
  HttpRequestListener,
  Request,
  ResolvedRoute,
  Response,
  RestServerConfig,
} from '@loopback/rest';
import {SecurityBindings} from '@loopback/security';
import {publish} from '../audit/publish';
import {ConfigError, MtlsError} from '../errors';
import {answerRefusal} from '../server/answer';
import {createMtlsServer} from '../rehearsal/rehearsed-server';
import type {MtlsServer} from '../server/mtls-server';
import {peerOf} from '../server/peer';
import {applicationFaults} from './application-faults';
import {attachSinks} from './audit-sinks';
import {CallerBinding} from './caller-binding';
import {CompiledPath} from './compiled-path';
import type {RoutePath} from './compiled-path';
import {guardRoute} from './guarded-route';
import {GuardedRouter, LiteralFirstRouter} from './guarded-router';
import {MtlsHttpServer} from './http-server';
import {inspectAccess} from './inspection';
import type {Inspection} from './inspection';
import {AUTHORIZATION_INTERCEPTOR, MtlsBindings} from './keys';
import {authorizersOf, middlewareOf} from './middleware';
import {pathsOf} from './mounts';
import type {Mount} from './mounts';
import {readAccessSettings} from './options';
import type {AccessSettings, MtlsComponentOptions} from './options';
import {ReplacedBindings} from './replaced-bindings';
import {errorFor, RequestAccess, UNVERIFIED} from './request-access';
import type {AllowedRequest} from './request-access';
import {requestContexts} from './request-contexts';
import {FORWARDED_HEADERS, hardenedConfig} from './rest-config';

/** What an inspection came to, with the settings it was made under. */
interface Inspected extends Inspection {
  readonly settings: AccessSettings;
}

/**
 * LoopBack's REST server behind mutual TLS. Before the application sees a request, its connection has been verified,
 * its endpoint has a rule, and the rule allows the caller. Everything behind that is LoopBack as it is.
 */
export class MtlsRestServer extends RestServer {
  /** Decides about requests and records what it decided. */
  readonly requests: RequestAccess;
  readonly #application: Application;
  readonly #given: RestServerConfig;
  readonly #mounts: Mount[] = [];
  readonly #replaced: readonly ReplacedBindings[];
  /** Requests that the compiled path gave back to Express, with what went wrong. */
  readonly #passedOn = new WeakMap<IncomingMessage, unknown>();
  readonly #contexts = requestContexts(this, this.config);
  /** LoopBack's handler, and how it handles requests as long as nobody replaces that. */
  #handler: HttpHandler | undefined;
  #stockHandling: HttpHandler['handleRequest'] | undefined;
  #router: GuardedRouter | undefined;
  #secure: Promise<MtlsServer> | undefined;
  #detachSinks: (() => void) | undefined;
  #compiled: CompiledPath | undefined;

  constructor(
    @inject(CoreBindings.APPLICATION_INSTANCE) application: Application,
    @inject(RestBindings.CONFIG, {optional: true}) config: RestServerConfig = {},
  ) {
    super(application, hardenedConfig(config));
    this.requests = new RequestAccess();
    this.#application = application;
    this.#given = config;
    this.#replaced = [
      new ReplacedBindings(application, ({key}) => key.startsWith(`${CoreBindings.CONTROLLERS}.`)),
      // LoopBack itself replaces the routes of controllers whenever a controller is added.
      new ReplacedBindings(this, ({key, tagMap}) => key.startsWith(ROUTES) && !(RestTags.CONTROLLER_ROUTE in tagMap)),
    ];
    this.bind(RestBindings.ROUTER)
      .toDynamicValue(() => this.#makeRouter())
      .lock();
    this.add(new CallerBinding(MtlsBindings.PRINCIPAL));
    this.add(new CallerBinding(SecurityBindings.USER));
  }

  /** What the application serves and under which rules, with everything that is wrong. Starts nothing. */
  async audit(): Promise<Inspection> {
    return this.#audit(await this.#options());
  }

  /** Which route takes which path through this library, and why. Starts nothing. */
  async paths(): Promise<readonly RoutePath[]> {
    const {table} = await this.audit();
    const compiled = this.#compile();
    await compiled.prepare(table);
    return compiled.describe(table);
  }

  /**
   * The mutual-TLS server, made and checked on first use. It does not listen before `start`.
   * @throws ConfigError with every fault of routes, rules, options, credentials and runtime
   */
  secureServer(): Promise<MtlsServer> {
    this.#secure ??= this.#makeSecureServer().catch(async (error: unknown) => {
      this.#secure = undefined;
      await this.#release();
      throw error;
    });
    return this.#secure;
  }

  override async start(): Promise<void> {
    try {
      await this.#start();
    } catch (error) {
      await this.#release();
      throw error;
    }
  }

  async #start(): Promise<void> {
    const secure = await this.secureServer();
    // It may have been made long before the last route was registered.
    const [fault, ...others] = (await this.audit()).faults;
    if (fault !== undefined) {
      const error = new ConfigError([fault, ...others]);
      publish({family: 'start', phase: 'refused', message: error.message});
      throw error;
    }
    if (this.config.listenOnStart === false) return;
    const [port, host, path] = await Promise.all([
      this.get(RestBindings.PORT),
      this.get(RestBindings.HOST),
      this.get(RestBindings.PATH),
    ]);
    const server = new MtlsHttpServer(secure, {port, ...(host && {host}), ...(path && {path})});
    await server.start();
    this._httpServer = server;
    this.bind(RestBindings.PORT).to(server.port);
    this.bind(RestBindings.HOST).to(server.host);
    this.bind(RestBindings.URL).to(server.url);
  }

  override async stop(): Promise<void> {
    await super.stop();
    await this.#release();
  }

  override static(...args: Parameters<RestServer['static']>): void {
    const [at, folder] = args;
    this.#mounts.push({kind: 'static', at, target: folder});
    super.static(...args);
  }

  override mountExpressRouter(...args: Parameters<RestServer['mountExpressRouter']>): void {
    this.#mounts.push({kind: 'express', at: args[0], target: 'Express router'});
    super.mountExpressRouter(...args);
  }

  override addOpenApiSpecEndpoint(...args: Parameters<RestServer['addOpenApiSpecEndpoint']>): void {
    this.#mounts.push({kind: 'openapi', at: args[0], target: 'OpenAPI document'});
    super.addOpenApiSpecEndpoint(...args);
  }

  /** Puts the gate before Express. Whoever serves the handler from a listener of their own gets refusals only. */
  protected override _setupRequestHandlerIfNeeded(): void {
    if (this._expressApp !== undefined) return;
    super._setupRequestHandlerIfNeeded();
    const express = this._requestHandler;
    this._requestHandler = (request, response) => {
      this.#admit(request, response, express);
    };
  }

  protected override _setupHandlerIfNeeded(): void {
    super._setupHandlerIfNeeded();
    if (this._httpHandler === this.#handler) return;
    this.#handler = this._httpHandler;
    this.#stockHandling = this._httpHandler.handleRequest;
  }

  /** Decides before anything of a sequence runs: CORS, middleware, body parsers, dependency injection. */
  protected override async _handleHttpRequest(request: Request, response: Response): Promise<void> {
    // Express hands on to its error handlers whatever is thrown here.
    if (this.#passedOn.has(request)) throw this.#passedOn.get(request);
    const decision = this.requests.decide(request, this.#currentRouter());
    if (decision.verdict === 'allow') {
      if (this.httpHandler.handleRequest !== this.#stockHandling) return super._handleHttpRequest(request, response);
      // What LoopBack's handler does, which makes the context by its constructor.
      const context = this.#contexts(request, response);
      return (await context.get(RestBindings.SEQUENCE)).handle(context);
    }
    const reject = await this.get(RestBindings.SequenceActions.REJECT);
    reject({request, response}, errorFor(request, decision));
  }

  #admit(request: IncomingMessage, response: ServerResponse, express: HttpRequestListener): void {
    if (peerOf(request.socket) === undefined) {
      this.requests.recordUnverified(request);
      answerRefusal(request, response, UNVERIFIED.code);
      return;
    }
    const {headers} = request;
    // Deleting costs more than looking, and hardly ever is there anything to delete.
    for (const header of FORWARDED_HEADERS) if (header in headers) Reflect.deleteProperty(headers, header);
    if (this.#compiled?.serve(request, response) === true) return;
    express(request, response);
  }

  /** LoopBack makes a new routing table, and asks for a new router, whenever a controller or a route is added. */
  #makeRouter(): GuardedRouter {
    const own = this.#application.getSync(RestBindings.ROUTER, {optional: true});
    const inner = own ?? new LiteralFirstRouter(this.config.router);
    this.#router = new GuardedRouter(inner, (request, find) =>
      this.#guard(request, this.requests.confirm(request, find)),
    );
    return this.#router;
  }

  #currentRouter(): GuardedRouter {
    this._setupHandlerIfNeeded();
    if (this.#router !== undefined) return this.#router;
    const found = 'a routing table that was made without it';
    throw new MtlsError({code: 'ERR_MTLS_ACCESS_NO_RULE', required: 'the router of this server', found});
  }

  /** The route of an allowed request behind its voters. */
  #guard(request: Request, allowed: AllowedRequest): ResolvedRoute | undefined {
    const {caller} = allowed;
    const {table} = this.requests;
    const target = allowed.route?.access.controller;
    if (allowed.route === undefined || target === undefined || table === undefined)
      return allowed.route?.found.resolved;
    const {endpoint} = allowed.route.access;
    return guardRoute(allowed.route.found.resolved, {
      caller,
      target,
      table,
      settle: vote => this.requests.settle(request, endpoint, vote),
    });
  }

  async #makeSecureServer(): Promise<MtlsServer> {
    this.#detachSinks ??= await attachSinks(this);
    const options = await this.#options();
    const {settings, table, faults} = await this.#audit(options);
    const compiled = this.#compile();
    const secure = await createMtlsServer(options, this.requestHandler, {
      faults,
      authorizeUpgrade: (request, caller) => this.requests.decideUpgrade(request, caller),
      messages: compiled.messages,
    });
    this.requests.adopt({
      table,
      allowed: settings.allowed,
      authorizers: authorizersOf(this),
      preflights: this.#given.cors === undefined ? 'ignore' : 'answer',
    });
    await compiled.prepare(table);
    this.#compiled = compiled;
    return secure;
  }

  /** Gives back everything that a server holds besides its listener: watched files, a signal, sinks. */
  async #release(): Promise<void> {
    const secure = this.#secure;
    this.#secure = undefined;
    // A server that could not be made has nothing to close, and whoever asked for it knows why.
    await secure?.then(
      made => made.close(),
      () => undefined,
    );
    this.#compiled?.close();
    this.#compiled = undefined;
    this.#detachSinks?.();
    this.#detachSinks = undefined;
  }

  #compile(): CompiledPath {
    const openApi = this.#mounts.filter(({kind}) => kind === 'openapi').flatMap(mount => pathsOf(mount) ?? []);
    return new CompiledPath({
      premises: {
        server: this,
        config: this.#given,
        router: this.#application.isBound(RestBindings.ROUTER.key) ? 'own' : 'stock',
        reserved: openApi,
        ownInterceptor: AUTHORIZATION_INTERCEPTOR,
      },
      context: this.#contexts,
      express: this._expressApp,
      requests: this.requests,
      router: () => this.#currentRouter(),
      guard: (request, allowed) => this.#guard(request, allowed),
      passOn: (request, response, error) => {
        this.#passedOn.set(request, error);
        this._expressApp?.(request, response);
      },
      components: () => this.httpHandler.getApiComponents(),
    });
  }

  async #options(): Promise<MtlsComponentOptions> {
    return (await this.#application.getConfig<MtlsComponentOptions>(MtlsBindings.COMPONENT)) ?? {};
  }

  async #audit(options: MtlsComponentOptions): Promise<Inspected> {
    this._setupRequestHandlerIfNeeded();
    const router = this.#currentRouter();
    const {settings, faults} = await readAccessSettings(options);
    const inventory = {
      server: this,
      router,
      mounts: this.#mounts,
      middleware: middlewareOf(this),
      authorizers: authorizersOf(this),
    };
    const inspection = inspectAccess(inventory, settings);
    const ownFaults = await applicationFaults(this.#application, this, this.#given);
    const replaced = this.#replaced.flatMap(watched => watched.faults());
    return {...inspection, settings, faults: [...faults, ...ownFaults, ...replaced, ...inspection.faults]};
  }
}

const ROUTES = `${RestBindings.ROUTES}.`;
