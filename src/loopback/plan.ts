import {AuthorizationTags} from '@loopback/authorization';
import {
  Application,
  BindingKey,
  BindingScope,
  Context,
  ContextTags,
  CoreBindings,
  describeInjectedArguments,
  INTERCEPT_CLASS_KEY,
  INTERCEPT_METHOD_KEY,
  MetadataInspector,
} from '@loopback/core';
import type {Binding} from '@loopback/core';
import {ControllerRoute, REQUEST_BODY_PARSER_TAG, RestBindings, RestComponent} from '@loopback/rest';
import type {OperationArgs, OperationRetval, RestServerConfig, RouteEntry} from '@loopback/rest';
import type {ControllerTarget} from './access-table';
import {middlewareOf} from './middleware';
import {plainTextsOf} from './operation-args';
import type {PlainTexts} from './operation-args';
import {RejectWithoutFormat} from './reject';

/**
 * How a route is invoked on the compiled path.
 *
 * - `direct`: a singleton controller that nothing intercepts is called as it is, without a request context;
 * - `injected`: the controller is resolved from a request context and called without interceptors;
 * - `intercepted`: as `injected`, through LoopBack's interceptors and through voters.
 */
export type CompiledPlan = {
  readonly path: 'compiled';
  readonly target: ControllerTarget;
  readonly texts: PlainTexts;
} & (
  | {readonly invocation: 'direct'; readonly call: (args: OperationArgs) => OperationRetval}
  | {readonly invocation: 'injected' | 'intercepted'}
);

/** Which path a route takes. */
export type Plan = CompiledPlan | {readonly path: 'stock'; readonly why: string};

/** What plans depend on. */
export interface Premises {
  readonly server: Context;
  /** The configuration as the application gave it. */
  readonly config: RestServerConfig;
  /** Whether the application brought a router of its own. */
  readonly router: 'own' | 'stock';
  /** Paths at which middleware answers before any route. */
  readonly reserved: readonly string[];
  /** Key of our own global interceptor, which lets routes through. */
  readonly ownInterceptor: string;
}

/** Why no route of this server can leave the stock path, or undefined. */
function serverReason({server, config, router}: Premises): string | undefined {
  if (middlewareOf(server) === 'own') return 'a sequence or middleware of the application';
  if (server.isBound(BindingKey.buildKeyForConfig(RestBindings.SEQUENCE))) return 'its sequence is configured';
  if (router === 'own') return 'a router of the application';
  if (config.cors !== undefined) return 'CORS is configured';
  if (config.basePath !== undefined && config.basePath !== '/') return 'a base path is configured';
  if (config.expressSettings !== undefined) return 'Express settings are configured';
  const replaced = RESOLVED_ONCE.find(key => !isStock(server, key));
  return replaced === undefined ? undefined : `${replaced} is bound by the application`;
}

const {AJV_FACTORY, INVOKE_MIDDLEWARE_SERVICE, REQUEST_BODY_PARSER, SequenceActions} = RestBindings;

/** What the compiled path resolves once or does without, and the stock path looks up for every request. */
const RESOLVED_ONCE: readonly string[] = [
  SequenceActions.SEND.key,
  SequenceActions.REJECT.key,
  SequenceActions.LOG_ERROR.key,
  AJV_FACTORY.key,
  REQUEST_BODY_PARSER.key,
  INVOKE_MIDDLEWARE_SERVICE.key,
];

/** An application without anything of its own beside what the component binds, to compare with. */
const STOCK = new Application();
STOCK.component(RestComponent);
STOCK.bind(SequenceActions.REJECT).toDynamicValue(RejectWithoutFormat);

function isStock(server: Context, key: string): boolean {
  return server.getBinding(key).source?.value === STOCK.getBinding(key).source?.value;
}

/** The plan of one route. */
export async function planRoute(
  entry: RouteEntry,
  target: ControllerTarget | undefined,
  premises: Premises,
): Promise<Plan> {
  const why = serverReason(premises) ?? routeReason(entry, target, premises);
  if (why !== undefined || target === undefined) return {path: 'stock', why: why ?? 'no controller'};
  const plan = {path: 'compiled', target, texts: plainTextsOf(entry)} as const;
  if (isIntercepted(entry, target, premises)) return {...plan, invocation: 'intercepted'};
  // What cannot be made yet may need what comes with the start; LoopBack makes it for the first request.
  const instance = await singletonOf(entry, target, premises.server).catch(() => undefined);
  if (instance === undefined) return {...plan, invocation: 'injected'};
  const method: unknown = Reflect.get(instance, target.method);
  if (typeof method !== 'function') return {path: 'stock', why: 'no such method'};
  const call = (args: OperationArgs): OperationRetval => Reflect.apply(method, instance, args);
  return {...plan, invocation: 'direct', call};
}

function routeReason(
  entry: RouteEntry,
  target: ControllerTarget | undefined,
  {server, reserved}: Premises,
): string | undefined {
  if (target === undefined || Object.getPrototypeOf(entry) !== ControllerRoute.prototype) return 'no controller route';
  if (typeof Reflect.get(target.controller.prototype as object, target.method) !== 'function') return 'no such method';
  if (reserved.some(path => mayServe(entry, path))) return 'middleware may answer its path';
  const {requestBody} = entry.spec;
  if (requestBody === undefined) return undefined;
  if ('$ref' in requestBody) return 'its body is a reference';
  if (hasOwnParser(requestBody.content)) return 'its body has a parser of its own';
  return hasOwnParsers(server) ? 'body parsers of the application' : undefined;
}

/** LoopBack lets an operation without content pass as JSON, whatever its type says. */
function hasOwnParser(content: object | undefined): boolean {
  return Object.values(content ?? {}).some(media => typeof media === 'object' && media !== null && 'x-parser' in media);
}

/** Express compares paths without case, and takes a slash at the end for nothing. */
function mayServe({path}: RouteEntry, reserved: string): boolean {
  const wanted = segmentsOf(reserved);
  const template = segmentsOf(path);
  return (
    template.length === wanted.length &&
    template.every((segment, index) => segment.includes('{') || segment === wanted[index])
  );
}

function segmentsOf(path: string): readonly string[] {
  return path.toLowerCase().split('/').filter(Boolean);
}

function hasOwnParsers(server: Context): boolean {
  const stock = STOCK.findByTag(REQUEST_BODY_PARSER_TAG).map(({valueConstructor}) => valueConstructor);
  return server.findByTag(REQUEST_BODY_PARSER_TAG).some(({valueConstructor}) => !stock.includes(valueConstructor));
}

/** Whether anything stands between the route and the method: interceptors, voters, authorizers, injected arguments. */
function isIntercepted(
  {spec}: RouteEntry,
  {controller, method, metadata}: ControllerTarget,
  {server, ownInterceptor}: Premises,
): boolean {
  const prototype: object = controller.prototype as object;
  return (
    (metadata.voters ?? []).length > 0 ||
    server.findByTag(AuthorizationTags.AUTHORIZER).length > 0 ||
    server.findByTag(ContextTags.GLOBAL_INTERCEPTOR).some(({key}) => key !== ownInterceptor) ||
    MetadataInspector.getClassMetadata(INTERCEPT_CLASS_KEY, controller) !== undefined ||
    MetadataInspector.getMethodMetadata(INTERCEPT_METHOD_KEY, prototype, method) !== undefined ||
    // What a method is given with its arguments, LoopBack looks up from the invocation.
    describeInjectedArguments(prototype, method).length > 0 ||
    // And what is missing there, it complains about.
    takes(prototype, method) > (spec.parameters ?? []).length + (spec.requestBody === undefined ? 0 : 1)
  );
}

function takes(prototype: object, method: string): number {
  const called: unknown = Reflect.get(prototype, method);
  return typeof called === 'function' ? called.length : 0;
}

/**
 * The one instance that serves every request, or undefined when requests have their own. A factory that gives the
 * same instance twice, and the one the application's binding gives, does not look at the request.
 */
async function singletonOf(
  entry: RouteEntry,
  {controller}: ControllerTarget,
  server: Context,
): Promise<object | undefined> {
  const binding = server.find<object>(`${CoreBindings.CONTROLLERS}.${controller.name}`).at(0);
  if (binding?.scope !== BindingScope.SINGLETON || binding.valueConstructor !== controller) return undefined;
  const bound = await server.get<object>(binding.key);
  const [first, second] = [await instanceFor(entry, server), await instanceFor(entry, server)];
  return first === bound && second === bound && bound.constructor === controller ? bound : undefined;
}

async function instanceFor(entry: RouteEntry, server: Context): Promise<object> {
  const probe = new Context(server);
  entry.updateBindings(probe);
  return probe.get<object>(CoreBindings.CONTROLLER_CURRENT.key);
}

/** Bindings that a plan looked at: when one of them comes or goes, plans are made anew. */
export function concernsPlans({key, tagMap}: Readonly<Binding<unknown>>): boolean {
  return (
    WATCHED_KEYS.has(key) ||
    key.startsWith(`${CoreBindings.CONTROLLERS}.`) ||
    key.startsWith('middleware') ||
    WATCHED_TAGS.some(tag => tag in tagMap)
  );
}

const WATCHED_KEYS = new Set([
  ...RESOLVED_ONCE,
  RestBindings.SEQUENCE.key,
  RestBindings.ROUTER.key,
  RestBindings.ERROR_WRITER_OPTIONS.key,
  RestBindings.REQUEST_BODY_PARSER_OPTIONS.key,
]);
const WATCHED_TAGS = [
  AuthorizationTags.AUTHORIZER,
  ContextTags.GLOBAL_INTERCEPTOR,
  REQUEST_BODY_PARSER_TAG,
  'extensionFor',
];
