import {isIP} from 'node:net';

/**
 * A host as every comparison of this library sees it: lower case, no trailing dot, no port, no brackets. Undefined
 * for what is no host, which therefore equals nothing.
 */
export function canonicalHost(text: string): string | undefined {
  const bracketed = /^\[([0-9a-f:.]+)\](?::\d{1,5})?$/i.exec(text)?.[1];
  if (bracketed !== undefined) return isIP(bracketed) === 6 ? canonicalIPv6(bracketed) : undefined;
  const name = text
    .replace(/:\d{1,5}$/, '')
    .replace(/\.$/, '')
    .toLowerCase();
  return name.length <= 253 && HOST_NAME.test(name) ? name : undefined;
}

/** Whether the text is a host as a certificate or an option writes it: without port or brackets, perhaps a wildcard. */
export function isHostName(text: string): boolean {
  if (isIP(text) !== 0) return true;
  return !text.includes(':') && canonicalHost(text.replace(/^\*\./, '')) !== undefined;
}

/** RFC 1123 section 2.1, with the underscore that internal names carry. IPv4 addresses have the same shape. */
const HOST_NAME = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

function canonicalIPv6(address: string): string {
  return new URL(`https://[${address}]/`).hostname.slice(1, -1);
}

/** Spellings of accepted hosts remembered at most: a client may vary the port. */
const MAX_SPELLINGS = 256;

/** The names under which a server may be called: exact ones and, from its certificate, wildcards. */
export class HostNames {
  readonly #exact = new Set<string>();
  readonly #wildcards = new Set<string>();
  readonly #spellings = new Map<string, string>();

  constructor(names: Iterable<string>) {
    for (const name of names) {
      // RFC 6125 section 6.4.3: the wildcard is the whole left-most label and stands for exactly one.
      const parent = name.startsWith('*.') ? canonicalHost(name.slice(2)) : undefined;
      const exact = isIP(name) === 6 ? canonicalIPv6(name) : canonicalHost(name);
      if (parent !== undefined) this.#wildcards.add(parent);
      if (parent === undefined && exact !== undefined) this.#exact.add(exact);
    }
  }

  /** The canonical form of a `Host` header that is one of the names, else undefined. */
  resolve(header: string): string | undefined {
    const known = this.#spellings.get(header);
    if (known !== undefined) return known;
    const host = canonicalHost(header);
    if (host === undefined || !this.#has(host)) return undefined;
    if (this.#spellings.size < MAX_SPELLINGS) this.#spellings.set(header, host);
    return host;
  }

  #has(host: string): boolean {
    const dot = host.indexOf('.');
    return this.#exact.has(host) || (dot > 0 && this.#wildcards.has(host.slice(dot + 1)));
  }
}
