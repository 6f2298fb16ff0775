/** One request, as bytes on the wire would say it. */
export interface Ask {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Who asks; a nurse unless said otherwise. */
  readonly caller?: string;
}

/** Numbers between 0 and 1 that are the same on every run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Takes one out of a list, the same on every run. */
export function chooser(random: () => number): <T>(from: readonly T[]) => T {
  return from => {
    const wanted = Math.floor(random() * from.length);
    for (const [index, value] of from.entries()) if (index === wanted) return value;
    throw new Error('nothing to choose from');
  };
}

const TEXTS = [
  ...['a', 'abc', '7', '-7', '7.5', '1e3', '0x10', '00', '9007199254740993', 'true', 'FALSE', '1', '0', 'null', 'NaN'],
  ...[
    'undefined',
    '2026-11-23',
    '2026-13-45',
    '2026-11-23T10:00:00Z',
    '2026-02-30T10:00:00+01:00',
    '%7B%7D',
    '%5B1%5D',
  ],
  ...[
    '%20',
    'a%20b',
    'a+b',
    '%C3%A9',
    '%C3',
    '%25',
    '%252e',
    'a;b',
    'a,b',
    'a:b',
    '@',
    '~',
    '*',
    "'",
    '(',
    '__proto__',
  ],
  ...['constructor', 'toString', '{value}', '%7Bvalue%7D', 'verylongvalue', '%2e', '%2F', '..', '', 'A', 'ABC', '$&'],
];

const QUERIES = [
  ...['', '?', '?text=', '?text=a&text=b', '?text[a]=1', '?number=1', '?number=x', '?number=', '?number=1&number=2'],
  ...['?boolean=true', '?boolean=0', '?boolean=maybe', '?at=2026-11-23T10:00:00Z', '?at=yesterday', '?list=1&list=2'],
  ...['?list=1', '?list=x', '?list[]=1', '?list[0]=1&list[2]=3', '?unknown=1', '?text=%C3%A9', '?text=%', '?&&', '?=1'],
  ...['?filter[limit]=3', '?filter[limit]=0', '?filter[where][a]=b', '?filter[other]=1', '?filter={"limit":2}'],
  ...['?filter=%7B%22limit%22%3A2%7D', '?filter=%7B', '?filter=', '?filter=1', '?filter={"__proto__":{"a":1}}'],
  ...['?filter={"where":{"constructor":{"prototype":1}}}', '?text=a#b', '?version=2', '?version=x', '?limit=2'],
  ...['?text=a%00b', '?__proto__[a]=1', '?text=a?b', '?limit=NaN', '?filter[where]=a&filter[limit]=2'],
];

const VALUES = ['/text', '/number', '/integer', '/boolean', '/date', '/date-time', '/limited', '/one', '/one-throws'];
const RESULTS = [
  ...['undefined', 'null', 'buffer', 'stream', 'string', 'empty', 'zero', 'number', 'false', 'array', 'date', 'object'],
  ...['bigint', 'circular', 'response', 'json', 'redirect', 'ended', 'status', 'locals', 'unknown'],
];
const ERRORS = [
  ...['error', 'not-found', 'teapot', 'details', 'entity', 'exposed', 'several', 'text', 'nothing', 'object', 'else'],
];
const PLAIN = [
  ...['/one', '/query', '/required', '/filter', '/header', '/request', '/user', '/admins', '/owned/nora', '/owned/gus'],
  ...['/context/a', '/context/b', '/traced/7', '/traced/x', '/cached', '/gone', '/head', '/options', '/propfind'],
  ...['/two/a/and/b', '/two/a%20b/and/%C3%A9', '/two//and/b', '/nothing', '/', '/text', '/text/a/b', '/Text/a'],
  ...[
    '/text/a/',
    '//text/a',
    '/text/a//',
    '/./text/a',
    '/text/a;b=c',
    '/openapi.json',
    '/explorer',
    '/query/',
    '/one/',
  ],
];
const BODY_PATHS = ['/json', '/required-json', '/model/1', '/form', '/plain', '/upload', '/no-body', '/traced'];
const VERB_OF: Readonly<Record<string, string>> = {'/model/1': 'PATCH', '/form': 'PUT'};
const TYPES = [
  ...['application/json', 'application/json', 'application/json', 'application/json; charset=utf-8', 'text/plain'],
  ...[
    'application/json; charset=utf-7',
    'application/x-www-form-urlencoded',
    'application/octet-stream',
    'nonsense',
    '',
  ],
  ...['application/vnd.api+json', 'multipart/form-data; boundary=x', 'APPLICATION/JSON', 'text/html'],
];
const BODIES = [
  ...['{"name":"n"}', '{"name":"n","age":3,"tags":["a"]}', '{"name":1}', '{"age":-1}', '{}', '[]', 'null', '"text"'],
  ...['{"name":"n","age":"3"}', '{"name":', '', '7', 'name=n&age=3', 'name=n&tags=a&tags=b', 'a=%', 'plain text'],
  ...['{"patient":"p-1"}', '{"patient":"p"}', '{"patient":"p-1","minutes":"x"}', '{"patient":"p-1","other":1}'],
  ...['{"name":"n","__proto__":{"a":1}}', '{"name":"n","constructor":{"prototype":{}}}', '{"name":"é"}', '\ufeff{}'],
];
const VERBS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'TRACE', 'REPORT', 'PURGE'];
const HEADERS: readonly Readonly<Record<string, string>>[] = [
  ...[{}, {}, {accept: 'text/html'}, {accept: 'application/xml'}, {'accept-encoding': 'gzip'}, {'if-none-match': '*'}],
  ...[{'x-text': 'a'}, {'x-text': '', 'x-number': 'x'}, {'x-number': '4'}, {'x-requested-with': 'XMLHttpRequest'}],
  ...[
    {'x-http-method-override': 'DELETE'},
    {origin: 'https://elsewhere.example'},
    {'x-forwarded-host': 'evil.example'},
  ],
  ...[{origin: 'https://elsewhere.example', 'access-control-request-method': 'POST'}, {expect: '100-continue'}],
];
const CALLERS = ['nurse', 'nurse', 'nurse', 'nurse', 'nurse', 'nurse', 'admin', 'guest'] as const;

/** A body that is larger than LoopBack takes. */
export const TOO_LARGE: Ask = {
  method: 'POST',
  path: '/json',
  headers: {'content-type': 'application/json'},
  body: JSON.stringify({name: 'n'.repeat(1_100_000)}),
};

/** So many requests, the same for the same seed: mostly valid in one respect and odd in another. */
export function generate(count: number, seed: number): readonly Ask[] {
  const random = seeded(seed);
  const one = chooser(random);
  const path = (): string => {
    const kind = random();
    if (kind < 0.4) return `${one(VALUES)}/${one(TEXTS)}`;
    if (kind < 0.55) return `${one(['/result', '/result-later'])}/${one(RESULTS)}`;
    if (kind < 0.68) return `${one(['/error', '/error-later'])}/${one(ERRORS)}`;
    return one(PLAIN);
  };
  const withoutBody = (): Ask => ({
    method: random() < 0.8 ? 'GET' : one(VERBS),
    path: `${path()}${random() < 0.5 ? '' : one(QUERIES)}`,
    headers: one(HEADERS),
    caller: one(CALLERS),
  });
  const withBody = (): Ask => {
    const to = one(BODY_PATHS);
    const type = one(TYPES);
    return {
      method: VERB_OF[to] ?? 'POST',
      path: `${to}${random() < 0.8 ? '' : one(QUERIES)}`,
      headers: type === '' ? {} : {'content-type': type},
      body: one(BODIES),
      caller: one(CALLERS),
    };
  };
  return Array.from({length: count}, () => (random() < 0.7 ? withoutBody() : withBody()));
}
