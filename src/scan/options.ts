import type {Authority} from '../pki/authority';
import type {BudgetLimits} from './budget';
import {DEFAULT_LIMITS} from './budget';
import type {ClientIdentity} from './probe/http-exchange';

/** The OpenAPI document to compare with reality. */
export type OpenApiSource =
  | {readonly kind: 'document'; readonly text: string}
  /** Path on the scanned server, fetched like any other request. */
  | {readonly kind: 'path'; readonly path: string};

/** What a scan may use and how far it may go. */
export interface ScanOptions {
  /** A client certificate the server should accept. Without it, what only such a client can see stays untested. */
  readonly identity?: ClientIdentity;
  /**
   * A CA the server trusts for clients. With it the wrong certificates are wrong in one way only; without it each is
   * also from an unknown CA.
   */
  readonly issuer?: Authority;
  /** PEM of the CAs that may have issued the server certificate. Default: the public roots of Node.js. */
  readonly serverAuthorities?: string;
  /** Other names under which the same address serves other applications. */
  readonly otherNames: readonly string[];
  readonly openApi?: OpenApiSource;
  /** Methods that may be sent to operations of the OpenAPI document. Default `read-only`: GET and HEAD. */
  readonly methods: 'read-only' | 'all';
  readonly limits: BudgetLimits;
  /** Tells the time for certificate dates. */
  readonly now: Date;
}

/** Defaults of {@link ScanOptions} but for the time. */
export const DEFAULT_OPTIONS: Omit<ScanOptions, 'now'> = Object.freeze({
  otherNames: [],
  methods: 'read-only',
  limits: DEFAULT_LIMITS,
});
