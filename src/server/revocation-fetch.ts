import {lookup as resolve} from 'node:dns';
import {request as httpRequest} from 'node:http';
import type {ClientRequest, IncomingMessage, RequestOptions} from 'node:http';
import {request as httpsRequest} from 'node:https';
import {BlockList, isIP} from 'node:net';
import type {LookupFunction} from 'node:net';
import {MtlsError} from '../errors';

/**
 * Fetches revocation data. A URL taken from a certificate is hostile input: whoever made the certificate chose it, and
 * this server would run the errand. So nothing but public addresses, one host, one answer of bounded size in bounded time.
 */
export interface FetchPolicy {
  /** `host` or `host:port` that may have private addresses and ports other than 80 and 443. Default none. */
  readonly allowedHosts: readonly string[];
  /** Largest answer, in bytes. */
  readonly maxBytes: number;
  /** From the look-up of the name to the last byte, redirects included, in milliseconds. */
  readonly timeoutMs: number;
}

/** What is asked. Without a body it is a GET. */
export interface FetchRequest {
  readonly url: string;
  readonly accept: string;
  readonly body?: {readonly bytes: Buffer; readonly type: string};
}

const MAX_REDIRECTS = 3;

/**
 * Fetches bytes over HTTP, or HTTPS where the URL says so. Redirects are followed on the same scheme, host and port
 * only. No cookies, credentials, proxies or compression.
 *
 * @throws MtlsError `ERR_MTLS_REVOCATION_FETCH`
 */
export async function fetchRevocationData(request: FetchRequest, policy: FetchPolicy): Promise<Buffer> {
  const deadline = AbortSignal.timeout(policy.timeoutMs);
  let url = checkedUrl(request.url, policy);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const answer = await oneExchange(url, request, policy, deadline);
    if (Buffer.isBuffer(answer)) return answer;
    if (!URL.canParse(answer.location, url.href)) throw failure(url.href, 'a redirect to a URL', 'another text');
    const next = checkedUrl(new URL(answer.location, url).href, policy);
    if (next.origin !== url.origin) throw failure(url.href, 'a redirect on the same host', next.origin);
    url = next;
  }
  throw failure(url.href, `at most ${MAX_REDIRECTS} redirects`, 'more');
}

/**
 * A URL this server is willing to fetch.
 *
 * @throws MtlsError `ERR_MTLS_REVOCATION_FETCH`
 */
export function checkedUrl(text: string, policy: Pick<FetchPolicy, 'allowedHosts'>): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw failure(url?.host ?? 'URL', 'an http or https URL', 'another');
  if (url.username !== '' || url.password !== '') throw failure(url.host, 'a URL without credentials', 'one with');
  if (isAllowed(url, policy)) return url;
  if (url.port !== '') throw failure(url.href, 'port 80 or 443, or an allowed host', `port ${url.port}`);
  const address = bareHost(url);
  if (isIP(address) !== 0 && !isPublicAddress(address)) throw failure(url.href, 'a public address', address);
  return url;
}

function isAllowed(url: URL, {allowedHosts}: Pick<FetchPolicy, 'allowedHosts'>): boolean {
  return allowedHosts.includes(url.host) || allowedHosts.includes(url.hostname);
}

function bareHost(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

function oneExchange(
  url: URL,
  {accept, body}: FetchRequest,
  policy: FetchPolicy,
  signal: AbortSignal,
): Promise<Buffer | {readonly location: string}> {
  const options: RequestOptions = {
    method: body ? 'POST' : 'GET',
    headers: {
      accept,
      'accept-encoding': 'identity',
      connection: 'close',
      ...(body && {'content-type': body.type, 'content-length': body.bytes.length}),
    },
    agent: false,
    maxHeaderSize: 8192,
    signal,
    ...(isAllowed(url, policy) ? {} : {lookup: publicLookup}),
  };
  return new Promise((fulfil, reject) => {
    const give = (error: Error): void => {
      const late = signal.aborted ? `none within ${policy.timeoutMs} ms` : error.message;
      reject(error instanceof MtlsError ? error : failure(url.href, 'an answer', late, error));
    };
    const onAnswer = (answer: IncomingMessage): void => {
      readAnswer(answer, url, policy.maxBytes).then(fulfil, give);
    };
    const sent: ClientRequest =
      url.protocol === 'https:' ? httpsRequest(url, options, onAnswer) : httpRequest(url, options, onAnswer);
    sent.on('error', give);
    // An answer that changes the protocol takes the socket along: from then on neither error nor abort is told.
    sent.on('upgrade', (_, socket) => {
      socket.destroy();
      give(new Error('another protocol'));
    });
    sent.end(body?.bytes);
  });
}

async function readAnswer(
  answer: IncomingMessage,
  url: URL,
  maxBytes: number,
): Promise<Buffer | {readonly location: string}> {
  try {
    const {statusCode = 0, headers} = answer;
    if ([301, 302, 303, 307, 308].includes(statusCode) && headers.location !== undefined)
      return {location: headers.location};
    if (statusCode !== 200) throw failure(url.href, 'status 200', `status ${statusCode}`);
    if (headers['content-encoding'] !== undefined)
      throw failure(url.href, 'no compression', headers['content-encoding']);
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > maxBytes) throw failure(url.href, `at most ${maxBytes} bytes`, 'more');
      chunks.push(chunk);
    }
    if (!answer.complete) throw failure(url.href, 'a whole answer', `${length} bytes of it`);
    return Buffer.concat(chunks, length);
  } finally {
    answer.destroy();
  }
}

/** The address that was checked is the one that is connected to: a second look-up could give another. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  resolve(hostname, {...options, all: true}, (error, addresses) => {
    if (error) {
      callback(error, []);
      return;
    }
    const hidden = addresses.find(({address}) => !isPublicAddress(address));
    if (hidden) {
      callback(failure(hostname, 'public addresses only', hidden.address), []);
      return;
    }
    const [first = {address: '', family: 0}] = addresses;
    if (options.all === true) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
};

const NOT_PUBLIC = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  NOT_PUBLIC.addSubnet(network, prefix, 'ipv4');
}
// Of IPv6 only 2000::/3 is routed, and of it these carry documentation, tunnels and mapped IPv4 addresses.
const ROUTED = new BlockList();
ROUTED.addSubnet('2000::', 3, 'ipv6');
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  NOT_PUBLIC.addSubnet(network, prefix, 'ipv6');
}

/** Whether an address belongs to the public internet (IANA special-purpose registries). */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !NOT_PUBLIC.check(address, 'ipv4');
    case 6:
      return ROUTED.check(address, 'ipv6') && !NOT_PUBLIC.check(address, 'ipv6');
    default:
      return false;
  }
}

function failure(url: string, required: string, found: string, cause?: Error): MtlsError {
  return new MtlsError(
    {code: 'ERR_MTLS_REVOCATION_FETCH', required, found, where: url.slice(0, 200)},
    cause === undefined ? undefined : {cause},
  );
}
