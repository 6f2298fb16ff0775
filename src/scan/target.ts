import {lookup} from 'node:dns/promises';
import {isIP} from 'node:net';
import {MtlsError} from '../errors';

/** The one endpoint a scan talks to. Its name is resolved once; nothing else is ever contacted. */
export interface Target {
  /** Host as written, without brackets. */
  readonly host: string;
  readonly port: number;
  /** Address that every connection goes to. */
  readonly address: string;
  /** Name for SNI; absent when the host is an address (RFC 6066 section 3). */
  readonly servername?: string;
  /** Path and query that requests ask for. */
  readonly path: string;
  /** Value of a truthful Host header. */
  readonly authority: string;
}

/** What was asked for, before the name was resolved. */
export type TargetName = Omit<Target, 'address'>;

/**
 * Reads `https://host:port/path` or `host:port`.
 *
 * @throws MtlsError `ERR_MTLS_SCAN_TARGET`
 */
export function parseTarget(text: string): TargetName {
  const full = text.includes('://') ? text : `https://${text}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  if (url?.protocol !== 'https:' || url.hostname === '' || url.username !== '' || url.password !== '') {
    throw targetError('https://host:port without user and password', text.replace(/\/\/[^/]*@/, '//[redacted]@'));
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isName = isIP(host) === 0;
  return {
    host,
    port: url.port === '' ? 443 : Number(url.port),
    ...(isName ? {servername: host} : {}),
    path: url.pathname + url.search,
    authority: url.host,
  };
}

/**
 * Resolves the name, once; a host with several addresses gives several targets, in the order of the resolver.
 *
 * @throws MtlsError `ERR_MTLS_SCAN_TARGET`
 */
export async function resolveTarget(name: TargetName): Promise<readonly Target[]> {
  try {
    const addresses = await lookup(name.host, {all: true});
    return addresses.map(({address}) => ({...name, address}));
  } catch (error) {
    throw targetError('a host name that resolves', name.host, error);
  }
}

function targetError(required: string, found: string, cause?: unknown): MtlsError {
  return new MtlsError({code: 'ERR_MTLS_SCAN_TARGET', required, found}, {cause});
}
