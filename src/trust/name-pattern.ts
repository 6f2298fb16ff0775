import type {GeneralName} from '../x509/names';

/**
 * Patterns of subject alternative names, `kind:pattern`. A pattern is compared segment by segment and is anchored
 * at both ends by construction: there is no substring, no regular expression and no way to match half a segment.
 *
 * - `dns:api.clinic.example`, `dns:*.clinic.example`: labels; `*` is one whole label; case does not matter.
 * - `uri:spiffe://clinic.example/ward/*`, `uri:https://clinic.example/**`: path segments; `*` is one whole segment
 *   and `**`, only at the end, one or more. Scheme and authority are exact. Case matters.
 * - `email:alice@clinic.example`, `email:*@clinic.example`, and the same for `upn`: `*` is a whole local part; the
 *   domain is compared without case, the local part with case.
 * - `ip:192.0.2.7`, `ip:2001:db8::7`: one address.
 */
export type NamePattern =
  | {readonly kind: 'dns'; readonly labels: readonly string[]}
  | {
      readonly kind: 'uri';
      /** Scheme and authority, or the whole URI where it has no authority. */
      readonly root: string;
      readonly segments: readonly string[];
      /** Whether one or more further segments must follow. */
      readonly tail: 'none' | 'one-or-more';
    }
  | {readonly kind: 'email' | 'upn'; readonly local: string; readonly domain: string}
  | {readonly kind: 'ip'; readonly octets: Buffer};

/** A segment that `*` stands for. Escapes are left out: `%2f` would smuggle a separator into one segment. */
const WILD_SEGMENT = /^(?!\.{1,2}$)[\w.~!$&'()+,;=:@-]+$/;
const WILD_LABEL = /^[a-z0-9_-]+$/;
const WILD_LOCAL = /^[\w.!#$%&'*+/=?^`{|}~-]+$/;

/** What may stand in a pattern or a name at all. Case folding outside ASCII makes names equal that are not. */
const PRINTABLE_ASCII = /^[\x21-\x7e]+$/;

/** Reads a pattern, or undefined when it is none: an unknown kind, an empty part, or a `*` that is not a whole segment. */
export function parseNamePattern(text: string): NamePattern | undefined {
  const colon = text.indexOf(':');
  const kind = text.slice(0, Math.max(colon, 0));
  const value = text.slice(colon + 1);
  switch (kind) {
    case 'dns':
      return parseDns(value);
    case 'uri':
      return parseUri(value);
    case 'email':
    case 'upn':
      return parseMailbox(kind, value);
    case 'ip':
      return parseIp(value);
    default:
      return undefined;
  }
}

/** Whether the whole name is one the pattern describes. A name of another kind never is. */
export function matchesName(pattern: NamePattern, name: GeneralName): boolean {
  switch (pattern.kind) {
    case 'dns':
      return name.kind === 'dns' && matchesDns(pattern.labels, name.value);
    case 'uri':
      return name.kind === 'uri' && matchesUri(pattern, name.value);
    case 'email':
    case 'upn':
      return name.kind === pattern.kind && matchesMailbox(pattern, name.value);
    case 'ip':
      return name.kind === 'ip' && pattern.octets.equals(name.octets);
  }
}

function parseDns(value: string): NamePattern | undefined {
  const labels = value.toLowerCase().split('.');
  return labels.every(label => label === '*' || WILD_LABEL.test(label)) ? {kind: 'dns', labels} : undefined;
}

function matchesDns(labels: readonly string[], value: string): boolean {
  if (!PRINTABLE_ASCII.test(value)) return false;
  const found = value.toLowerCase().split('.');
  return (
    found.length === labels.length &&
    labels.every((label, index) => matchesSegment(label, found[index] ?? '', WILD_LABEL))
  );
}

function parseUri(value: string): NamePattern | undefined {
  if (!PRINTABLE_ASCII.test(value) || !/^[A-Za-z][A-Za-z0-9+.-]*:/.test(value)) return undefined;
  const {root, segments} = splitUri(value);
  const tail = segments.at(-1) === '**' ? 'one-or-more' : 'none';
  if (tail === 'one-or-more') segments.pop();
  if (root.includes('*') || segments.some(segment => segment !== '*' && segment.includes('*'))) return undefined;
  return {kind: 'uri', root, segments, tail};
}

function matchesUri(pattern: Extract<NamePattern, {kind: 'uri'}>, value: string): boolean {
  const {root, segments} = splitUri(value);
  if (root !== pattern.root) return false;
  const rest = segments.slice(pattern.segments.length);
  return (
    segments.length >= pattern.segments.length &&
    pattern.segments.every((segment, index) => matchesSegment(segment, segments[index] ?? '', WILD_SEGMENT)) &&
    (pattern.tail === 'none' ? rest.length === 0 : rest.length > 0) &&
    rest.every(segment => WILD_SEGMENT.test(segment))
  );
}

/** RFC 3986 section 3: `scheme://authority`, then the path; whatever has no authority has no segments either. */
function splitUri(value: string): {readonly root: string; readonly segments: string[]} {
  const authority = value.indexOf('://');
  const path = authority < 0 ? -1 : value.indexOf('/', authority + 3);
  return path < 0
    ? {root: value, segments: []}
    : {root: value.slice(0, path), segments: value.slice(path + 1).split('/')};
}

function parseMailbox(kind: 'email' | 'upn', value: string): NamePattern | undefined {
  const at = value.lastIndexOf('@');
  const local = value.slice(0, Math.max(at, 0));
  const domain = value.slice(at + 1).toLowerCase();
  if (
    local === '' ||
    (local !== '*' && local.includes('*')) ||
    !domain.split('.').every(label => WILD_LABEL.test(label))
  )
    return undefined;
  return {kind, local, domain};
}

function matchesMailbox(pattern: {readonly local: string; readonly domain: string}, value: string): boolean {
  const at = value.lastIndexOf('@');
  if (at < 0 || !PRINTABLE_ASCII.test(value.slice(at + 1))) return false;
  return (
    value.slice(at + 1).toLowerCase() === pattern.domain &&
    matchesSegment(pattern.local, value.slice(0, at), WILD_LOCAL)
  );
}

function matchesSegment(pattern: string, segment: string, wild: RegExp): boolean {
  return pattern === '*' ? wild.test(segment) : pattern === segment;
}

function parseIp(value: string): NamePattern | undefined {
  const octets = value.includes(':') ? ipv6Octets(value) : ipv4Octets(value);
  return octets === undefined ? undefined : {kind: 'ip', octets};
}

function ipv4Octets(value: string): Buffer | undefined {
  // No leading zeros: some readers take them for octal.
  const parts = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/
    .exec(value)
    ?.slice(1)
    .map(Number);
  return parts?.every(part => part <= 255) === true ? Buffer.from(parts) : undefined;
}

function ipv6Octets(value: string): Buffer | undefined {
  // The URL parser accepts and normalises exactly the text forms of RFC 4291 section 2.2.
  const host =
    /^[0-9A-Fa-f:.]+$/.test(value) && URL.canParse(`http://[${value}]`)
      ? new URL(`http://[${value}]`).hostname
      : undefined;
  if (host === undefined) return undefined;
  const [head = '', tail] = host.slice(1, -1).split('::');
  const before = head.split(':').filter(group => group !== '');
  const after = (tail ?? '').split(':').filter(group => group !== '');
  const zeros = new Array<string>(8 - before.length - after.length).fill('0');
  return Buffer.from([...before, ...zeros, ...after].map(group => group.padStart(4, '0')).join(''), 'hex');
}
