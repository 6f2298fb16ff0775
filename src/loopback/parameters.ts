import {BindingScope, injectable} from '@loopback/core';
import type {Context, Provider} from '@loopback/core';
import {
  asMiddleware,
  ParseParamsMiddlewareProvider,
  RequestBodyParser,
  RestBindings,
  RestMiddlewareGroups,
  RestTags,
} from '@loopback/rest';
import type {Middleware, ResolvedRoute, RouteEntry, ValidationOptions} from '@loopback/rest';
import {argsFromPath, argsWithoutBody, plainTextsOf} from './operation-args';
import type {PlainTexts} from './operation-args';
import {entryOf} from './route-entry';

/**
 * Takes the place of LoopBack's middleware that parses parameters, which makes every body parser through dependency
 * injection for every request, also where the operation has no body. Whatever has one is left to it.
 */
@injectable(
  asMiddleware({
    group: RestMiddlewareGroups.PARSE_PARAMS,
    upstreamGroups: RestMiddlewareGroups.FIND_ROUTE,
    chain: RestTags.REST_MIDDLEWARE_CHAIN,
  }),
  {scope: BindingScope.SINGLETON},
)
export class MtlsParseParamsMiddleware implements Provider<Middleware> {
  readonly #texts = new WeakMap<RouteEntry, {readonly names: PlainTexts}>();

  value(): Middleware {
    const stock = new ParseParamsMiddlewareProvider().value();
    return async (context, next) => {
      const route = await context.get<ResolvedRoute>(RestBindings.Operation.ROUTE.key);
      if (route.spec.requestBody !== undefined || !hasStockParser(context)) return stock(context, next);
      const args =
        argsFromPath(this.#textsOf(entryOf(route)), route) ??
        (await argsWithoutBody(context.request, route, await validationOf(context)));
      context.bind(RestBindings.Operation.PARAMS).to(args);
      return next();
    };
  }

  #textsOf(entry: RouteEntry): PlainTexts {
    const known = this.#texts.get(entry) ?? {names: plainTextsOf(entry)};
    this.#texts.set(entry, known);
    return known.names;
  }
}

/** A parser of the application may do something about operations without a body. */
function hasStockParser(context: Context): boolean {
  return context.getBinding(RestBindings.REQUEST_BODY_PARSER).source?.value === RequestBodyParser;
}

/** How parameters are validated, as LoopBack finds it. */
export async function validationOf(context: Context): Promise<ValidationOptions> {
  const options = await context.get<ValidationOptions>(
    RestBindings.REQUEST_BODY_PARSER_OPTIONS.deepProperty('validation'),
    {optional: true},
  );
  // `$data` is LoopBack's own default where the application says nothing.
  const ajvFactory = await context.get(RestBindings.AJV_FACTORY, {optional: true});
  return {...(ajvFactory && {ajvFactory}), ...(options ?? {$data: true})};
}
