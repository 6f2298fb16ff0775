import {parseOperationArgs, RequestBodyParser} from '@loopback/rest';
import type {OperationArgs, Request, ResolvedRoute, RouteEntry, ValidationOptions} from '@loopback/rest';

/** Names of the parameters where all are plain texts of the path, which need neither coercion nor validation. */
export type PlainTexts = readonly string[] | undefined;

/** A parameter of the path whose schema is nothing but `{type: string}` is what the path says, unless it is empty. */
export function plainTextsOf({spec}: RouteEntry): PlainTexts {
  const parameters = spec.parameters ?? [];
  const names = parameters.flatMap(parameter => {
    if (!('in' in parameter) || parameter.in !== 'path') return [];
    const {schema = {}, name} = parameter;
    return 'type' in schema && schema.type === 'string' && Object.keys(schema).length === 1 ? [name] : [];
  });
  return spec.requestBody === undefined && names.length === parameters.length ? names : undefined;
}

/** The arguments as the path says them, or undefined where LoopBack has to parse them. */
export function argsFromPath(texts: PlainTexts, {pathParams}: Pick<ResolvedRoute, 'pathParams'>): string[] | undefined {
  if (texts === undefined) return undefined;
  const args: string[] = [];
  for (const name of texts) {
    const value: unknown = pathParams[name];
    if (typeof value !== 'string' || value === '') return undefined;
    args.push(value);
  }
  return args;
}

/** Arguments of an operation without a body, so that nobody has to make the parsers of bodies. */
export function argsWithoutBody(
  request: Request,
  route: ResolvedRoute,
  validation: ValidationOptions,
): Promise<OperationArgs> {
  return parseOperationArgs(request, route, NO_PARSERS, validation);
}

const NO_PARSERS = new RequestBodyParser();
