import type {IncomingMessage} from 'node:http';
import type {Refusal} from '../errors';
import {canonicalHost} from './host';
import type {HostNames} from './host';

/**
 * What no path may hold: an empty or dot segment, a backslash, an encoded dot, slash, backslash or NUL, a broken
 * percent encoding, a fragment, or a byte outside printable ASCII. Routers, proxies and file systems read these
 * differently (RFC 3986 section 7.3), and an access rule must mean the same path as the handler behind it.
 */
const AMBIGUOUS_PATH = /\/\/|\/\.{1,2}(?:\/|$)|\\|%(?:2e|2f|5c|00)|%(?![0-9a-f]{2})|#|[^\x21-\x7e]/i;

/** RFC 9112 section 3.2.2: the absolute form carries its own authority. */
const ABSOLUTE_FORM = /^https:\/\/([^/?#@]+)(\/.*)?$/i;

/** Why the request target cannot be trusted to mean one thing, or undefined. */
export function judgeTarget(url: string): Refusal | undefined {
  const path = pathOf(url);
  if (path?.startsWith('/') === true && !AMBIGUOUS_PATH.test(path) && isDecodable(path)) return undefined;
  return {
    code: 'ERR_MTLS_REQUEST_TARGET',
    required: 'an unambiguous absolute path',
    found: quote(path ?? url),
  };
}

/** RFC 3986 section 2.5: escapes stand for UTF-8. A router that decodes others throws instead of deciding. */
function isDecodable(path: string): boolean {
  if (!path.includes('%')) return true;
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

/** The path of a request target without its query, or undefined where it has none. */
export function pathOf(url: string): string | undefined {
  const target = url.startsWith('/') ? url : ABSOLUTE_FORM.exec(url)?.[2];
  const query = target?.indexOf('?') ?? -1;
  return query < 0 ? target : target?.slice(0, query);
}

/**
 * Why the request names a host that is not this server, or not the one the handshake was for, or undefined. The TLS
 * server name chose the certificate; a `Host` that differs asks one server and addresses another (RFC 9110 section
 * 7.4).
 */
export function judgeHost(
  request: IncomingMessage,
  serverName: string | undefined,
  hostNames: HostNames,
): Refusal | undefined {
  const header = request.headers.host;
  if (header === undefined || countHost(request.rawHeaders) !== 1)
    return misdirected('exactly one Host header', 'another number');
  const host = hostNames.resolve(header);
  if (host === undefined) return misdirected('a name of the server certificate or of server.hostNames', quote(header));
  if (serverName !== undefined && serverName !== host) return misdirected(`the TLS server name ${serverName}`, host);
  return judgeAuthority(request.url ?? '', host);
}

function judgeAuthority(url: string, host: string): Refusal | undefined {
  if (url.startsWith('/')) return undefined;
  const authority = ABSOLUTE_FORM.exec(url)?.[1];
  const canonical = authority === undefined ? undefined : canonicalHost(authority);
  return canonical === host ? undefined : misdirected(`the Host ${host}`, canonical ?? 'a target without authority');
}

/** Node keeps the first of several Host headers and drops the rest without a word. */
function countHost(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === 'host') count++;
  }
  return count;
}

function misdirected(required: string, found: string): Refusal {
  return {code: 'ERR_MTLS_MISDIRECTED', required, found, where: 'Host'};
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}
