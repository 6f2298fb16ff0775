/** One operation of an OpenAPI 3 document, as far as a scan needs it. */
export interface Operation {
  readonly method: string;
  /** Path with every parameter filled in. */
  readonly path: string;
  /** As the document writes it. */
  readonly template: string;
  /** Whether the document asks for any security scheme. */
  readonly security: 'required' | 'none';
  /** Declared status codes, ranges such as `4XX` and `default`. */
  readonly statuses: readonly string[];
}

const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options', 'trace'] as const;

/**
 * Reads the operations of a JSON document, in its order; undefined when it is not an OpenAPI 3 document. Servers
 * are ignored but for their path: a scan never leaves its target.
 */
export function readOperations(text: string): readonly Operation[] | undefined {
  const document = parseJson(text);
  const paths = record(record(document)?.['paths']);
  if (paths === undefined) return undefined;
  const base = basePath(record(document)?.['servers']);
  const global = record(document)?.['security'];
  return Object.entries(paths).flatMap(([template, item]) =>
    METHODS.flatMap(method => {
      const operation = record(record(item)?.[method]);
      if (operation === undefined) return [];
      const security = 'security' in operation ? operation['security'] : global;
      return [
        {
          method: method.toUpperCase(),
          path: base + fillIn(template, [record(item)?.['parameters'], operation['parameters']]),
          template,
          security: requiresSecurity(security) ? 'required' : 'none',
          statuses: Object.keys(record(operation['responses']) ?? {}),
        } as const,
      ];
    }),
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? {...value} : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** OpenAPI 3.0: security is a list of alternatives; an empty alternative makes it optional. */
function requiresSecurity(security: unknown): boolean {
  const alternatives = list(security);
  return alternatives.length > 0 && alternatives.every(each => Object.keys(record(each) ?? {}).length > 0);
}

function basePath(servers: unknown): string {
  const url = record(list(servers)[0])?.['url'];
  if (typeof url !== 'string') return '';
  const path = URL.canParse(url) ? new URL(url).pathname : url;
  return path.startsWith('/') ? path.replace(/\/+$/, '') : '';
}

/** Puts an example in for each `{parameter}`, else `1`, which most ids accept. */
function fillIn(template: string, parameterLists: readonly unknown[]): string {
  const examples = new Map(
    parameterLists
      .flatMap(list)
      .map(record)
      .flatMap(parameter =>
        typeof parameter?.['name'] === 'string' ? [[parameter['name'], exampleOf(parameter)]] : [],
      ),
  );
  return template.replaceAll(/\{([^{}]+)\}/g, (_, name: string) => encodeURIComponent(examples.get(name) ?? '1'));
}

function exampleOf(parameter: Readonly<Record<string, unknown>>): string {
  const schema = record(parameter['schema']);
  const candidates = [parameter['example'], schema?.['example'], schema?.['default'], list(schema?.['enum'])[0]];
  const found = candidates.find(each => typeof each === 'string' || typeof each === 'number');
  return found === undefined ? '1' : String(found);
}
