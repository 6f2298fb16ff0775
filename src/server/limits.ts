import {isIPv6} from 'node:net';
import type {Refusal} from '../errors';

/** Limits of the listener. Every one closes the socket it applies to. */
export interface LimitOptions {
  /** TCP accept to end of verification, in milliseconds. Default 10000. */
  readonly handshakeTimeoutMs?: number;
  /** Until all request headers are here, in milliseconds. Default 15000. */
  readonly headersTimeoutMs?: number;
  /** Until the whole request is here, in milliseconds. Default 60000. */
  readonly requestTimeoutMs?: number;
  /** Idle time between two requests on one connection, in milliseconds. Default 65000. */
  readonly keepAliveTimeoutMs?: number;
  /**
   * How long `close` goes on accepting after readiness is gone, in milliseconds, so that who sends requests here notices
   * first. Default 0.
   */
  readonly unreadyMs?: number;
  /** What `close` waits for requests that are still running, in milliseconds. Default 10000. */
  readonly drainTimeoutMs?: number;
  /** Open connections. Default 10000. */
  readonly maxConnections?: number;
  /** Open connections of one remote address; an IPv6 network of 64 bits counts as one. Default 1000. */
  readonly maxConnectionsPerAddress?: number;
  /** Handshakes in progress. Default 500. */
  readonly maxPendingHandshakes?: number;
  /** Handshakes in progress of one remote address; an IPv6 network of 64 bits counts as one. Default 50. */
  readonly maxPendingHandshakesPerAddress?: number;
}

/** Limits with all defaults filled in. */
export type Limits = Required<LimitOptions>;

/** Defaults; the reasons are in docs/defaults.md. */
export const DEFAULT_LIMITS: Limits = Object.freeze({
  handshakeTimeoutMs: 10_000,
  headersTimeoutMs: 15_000,
  requestTimeoutMs: 60_000,
  keepAliveTimeoutMs: 65_000,
  unreadyMs: 0,
  drainTimeoutMs: 10_000,
  maxConnections: 10_000,
  maxConnectionsPerAddress: 1_000,
  maxPendingHandshakes: 500,
  maxPendingHandshakesPerAddress: 50,
});

/** Counts connections and pending handshakes, in total and per remote address. */
export class ConnectionCounter {
  readonly #limits: Limits;
  readonly #open = new Tally();
  readonly #pending = new Tally();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Counts a connection in, or says which limit it meets. */
  admit(remoteAddress: string): Ticket | Refusal {
    const address = networkOf(remoteAddress);
    const why = this.#exceeded(address);
    if (why !== undefined) return why;
    this.#open.add(address);
    this.#pending.add(address);
    return new Ticket(address, this.#open, this.#pending);
  }

  #exceeded(address: string): Refusal | undefined {
    const limits = this.#limits;
    const checks = [
      ['maxConnections', this.#open.total],
      ['maxConnectionsPerAddress', this.#open.of(address)],
      ['maxPendingHandshakes', this.#pending.total],
      ['maxPendingHandshakesPerAddress', this.#pending.of(address)],
    ] as const;
    const met = checks.find(([name, count]) => count >= limits[name]);
    if (met === undefined) return undefined;
    const [name, count] = met;
    return {
      code: 'ERR_MTLS_CONNECTION_LIMIT',
      required: `at most ${limits[name]}`,
      found: `${count + 1}`,
      where: `server.limits.${name}`,
    };
  }
}

/** What one accepted TCP connection counts for, until it is closed. */
export class Ticket {
  readonly #address: string;
  readonly #open: Tally;
  readonly #pending: Tally;
  #state: 'pending' | 'established' | 'closed' = 'pending';

  constructor(address: string, open: Tally, pending: Tally) {
    this.#address = address;
    this.#open = open;
    this.#pending = pending;
  }

  /** The handshake is over and verified: the connection no longer counts as pending. */
  established(): void {
    if (this.#state !== 'pending') return;
    this.#state = 'established';
    this.#pending.remove(this.#address);
  }

  closed(): void {
    if (this.#state === 'closed') return;
    if (this.#state === 'pending') this.#pending.remove(this.#address);
    this.#state = 'closed';
    this.#open.remove(this.#address);
  }
}

class Tally {
  total = 0;
  readonly #byAddress = new Map<string, number>();

  of(address: string): number {
    return this.#byAddress.get(address) ?? 0;
  }

  add(address: string): void {
    this.total++;
    this.#byAddress.set(address, this.of(address) + 1);
  }

  remove(address: string): void {
    this.total--;
    const left = this.of(address) - 1;
    if (left > 0) this.#byAddress.set(address, left);
    else this.#byAddress.delete(address);
  }
}

/**
 * What counts as one address: an IPv4 address, or the 64-bit network of an IPv6 address, because one host commonly
 * owns a whole one (RFC 6177 section 2).
 */
function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = ''] = address.split('%');
  const [left = '', right] = head.split('::');
  const groups = left.split(':').filter(Boolean);
  // Only the first four groups matter, so what `::` stands for is zeros wherever `left` is shorter than that.
  const rest = right === undefined ? [] : right.split(':').filter(Boolean);
  const zeros = right === undefined ? 0 : 8 - groups.length - rest.length;
  const all = [...groups, ...Array<string>(zeros).fill('0'), ...rest];
  return all
    .slice(0, 4)
    .map(group => parseInt(group, 16).toString(16))
    .join(':');
}
