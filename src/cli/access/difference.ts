import type {AccessDocument, EndpointText} from './document';

/** One thing that two documents say differently. */
export interface Difference {
  /** `GET /patients, role clinician` */
  readonly where: string;
  /** Absent where only the other document speaks about it. */
  readonly before?: string;
  readonly after?: string;
}

/** What changed between two documents, endpoint by endpoint and role by role. */
export function differencesBetween(before: AccessDocument, after: AccessDocument): readonly Difference[] {
  const [old, current] = [statementsOf(before), statementsOf(after)];
  return [...new Set([...old.keys(), ...current.keys()])].flatMap(where => {
    const [was, is] = [old.get(where), current.get(where)];
    if (was === is) return [];
    return {where, ...(was !== undefined && {before: was}), ...(is !== undefined && {after: is})};
  });
}

/** One line per difference: `+` is new, `-` is gone, `~` changed. */
export function describeDifference({where, before, after}: Difference): string {
  if (before === undefined) return `+ ${where}: ${after ?? ''}`;
  return after === undefined ? `- ${where}: ${before}` : `~ ${where}: ${before} -> ${after}`;
}

/** Everything a document says, as statements that can be compared one by one. */
function statementsOf({endpoints, findings}: AccessDocument): ReadonlyMap<string, string> {
  return new Map([
    ...endpoints.flatMap(statementsAbout),
    ...findings.map((text): readonly [string, string] => [`finding "${text}"`, 'there']),
  ]);
}

function statementsAbout(endpoint: EndpointText): readonly (readonly [string, string])[] {
  const {endpoint: name, kind, servedBy, voters, reach} = endpoint;
  const lists = ['allowedRoles', 'deniedRoles', 'scopes', 'requirements'] as const;
  return [
    [name, `${kind}, ${servedBy}`],
    [`${name}, voters`, voters],
    ...lists.map(list => [`${name}, ${list}`, endpoint[list].join(', ') || 'none'] as const),
    ...Object.entries(reach).map(([role, what]) => [`${name}, role ${role}`, what] as const),
  ];
}

/** Reads a committed document, or undefined when the text is none. Values that no document has are only differences. */
export function parseDocument(text: string): AccessDocument | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isDocument(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isDocument(value: unknown): value is AccessDocument {
  return (
    isRecord(value) && isTexts(value['roles']) && isTexts(value['findings']) && isListOf(value['endpoints'], isEndpoint)
  );
}

function isEndpoint(value: unknown): value is EndpointText {
  return (
    isRecord(value) &&
    ['endpoint', 'kind', 'servedBy', 'voters'].every(key => typeof value[key] === 'string') &&
    ['allowedRoles', 'deniedRoles', 'scopes', 'requirements'].every(key => isTexts(value[key])) &&
    isRecord(value['reach']) &&
    isTexts(Object.values(value['reach']))
  );
}

function isTexts(value: unknown): value is readonly string[] {
  return isListOf(value, (text): text is string => typeof text === 'string');
}

function isListOf<T>(value: unknown, isItem: (item: unknown) => item is T): value is readonly T[] {
  return Array.isArray(value) && value.every(isItem);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
