import {
  AuthenticationBindings,
  AuthenticationComponent,
  registerAuthenticationStrategy,
} from '@loopback/authentication';
import {AuthorizationComponent} from '@loopback/authorization';
import {
  Application,
  asLifeCycleObserver,
  BindingScope,
  ContextTags,
  CoreBindings,
  CoreTags,
  createBindingFromClass,
  inject,
  injectable,
} from '@loopback/core';
import type {Component} from '@loopback/core';
import {ParseParamsMiddlewareProvider, RestBindings, RestComponent, RestServer} from '@loopback/rest';
import {MtlsError} from '../errors';
import {MtlsAuthenticationMiddleware} from './authentication';
import {MtlsAuthorizationInterceptor} from './authorization';
import {MtlsParseParamsMiddleware} from './parameters';
import {AUTHORIZATION_INTERCEPTOR, MtlsBindings} from './keys';
import {RejectWithoutFormat} from './reject';
import {MtlsRestServer} from './rest-server';
import {MtlsStrategy} from './strategy';

/**
 * Closes a LoopBack application to everyone but authorised certificates.
 *
 * ```ts
 * super(options);
 * this.configure(MtlsBindings.COMPONENT).to({server, clients, identity});
 * this.component(MtlsComponent);
 * ```
 *
 * It belongs right behind `super(options)`: what was registered with the stock REST server before would be lost.
 *
 * @throws MtlsError `ERR_MTLS_COMPONENT_LATE`
 */
@injectable({tags: {[ContextTags.KEY]: MtlsBindings.COMPONENT}})
export class MtlsComponent implements Component {
  constructor(@inject(CoreBindings.APPLICATION_INSTANCE) application: Application) {
    application.component(RestComponent);
    application.component(AuthenticationComponent);
    application.component(AuthorizationComponent);
    application.bind(RestBindings.SequenceActions.REJECT).toDynamicValue(RejectWithoutFormat);
    const server = replaceRestServer(application);
    registerAuthenticationStrategy(application, MtlsStrategy);
    const {key} = AuthenticationBindings.AUTHENTICATION_MIDDLEWARE;
    application.add(createBindingFromClass(MtlsAuthenticationMiddleware, {key}));
    application.add(createBindingFromClass(MtlsParseParamsMiddleware, {key: PARSE_PARAMS_MIDDLEWARE}));
    application.add(createBindingFromClass(MtlsAuthorizationInterceptor, {key: AUTHORIZATION_INTERCEPTOR}).lock());
    // Servers start side by side, and everything is initialised before the first of them.
    application.onInit(() => server.secureServer().then(() => undefined));
    application.bind(MtlsBindings.SERVER).toDynamicValue(() => server.secureServer());
    application.bind(MtlsBindings.ACCESS).toDynamicValue(async () => (await server.audit()).matrix);
  }
}

/** Under which LoopBack binds its own middleware that parses parameters. */
const PARSE_PARAMS_MIDDLEWARE = `providers.${ParseParamsMiddlewareProvider.name}`;

/** One REST server, ours, under the key and the tags of LoopBack's; locked, so that none can take its place. */
function replaceRestServer(application: Application): MtlsRestServer {
  assertUnused(application);
  const binding = createBindingFromClass(MtlsRestServer, {
    key: RestBindings.SERVER,
    type: CoreTags.SERVER,
    namespace: CoreBindings.SERVERS,
    defaultScope: BindingScope.SINGLETON,
  });
  application.add(binding.apply(asLifeCycleObserver).lock());
  application.bind(`${CoreBindings.SERVERS}.${MtlsRestServer.name}`).toAlias(RestBindings.SERVER);
  // Made now, so that it sees every controller and route that is registered from here on.
  return application.getSync<MtlsRestServer>(RestBindings.SERVER);
}

/**
 * Whether the stock server exists already, LoopBack does not tell. A server that is made now copies a stamp from its
 * configuration; one that was made before has none.
 */
function assertUnused(application: Application): void {
  const configuration = application.getBinding(CoreBindings.APPLICATION_CONFIG);
  const stamp = Symbol('made now');
  const rest: unknown = application.options['rest'];
  application
    .bind(CoreBindings.APPLICATION_CONFIG)
    .to({...application.options, rest: {...asObject(rest), [stamp]: true}});
  const server = application.getSync(RestBindings.SERVER);
  application.add(configuration);
  if (server.constructor === RestServer && stamp in server.config) return;
  throw new MtlsError({
    code: 'ERR_MTLS_COMPONENT_LATE',
    required: 'this.component(MtlsComponent) right behind super(options)',
    found:
      server.constructor === RestServer
        ? 'a REST server that was used before, by sequence(), static(), route(), restServer or another component'
        : `a REST server of the class ${server.constructor.name}`,
    where: application.constructor.name,
  });
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}
