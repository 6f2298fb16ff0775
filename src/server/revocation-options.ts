/**
 * How the revocation of client certificates is decided, for all anchors or, in `AnchorOptions`, for one. Without a
 * source for every CA, a bound on lifetimes or a choice below, the server does not start.
 */
export interface RevocationPolicyOptions {
  /**
   * A leaf that lives at most this many hours needs no CRL or OCSP answer: it expires sooner than one would reach
   * anybody. 1 to 168. Intermediates then have to be configured in `clients.intermediates` or be covered by a source.
   */
  readonly shortLivedHours?: number;
  /** How many of the configured kinds of source must say good. Default `any`; one that says revoked is always enough. */
  readonly agreement?: 'any' | 'all';
  /**
   * What happens when no source can tell. Default `hard-fail`. `deny-list-only` asks no source at all. A soft fail
   * uses data past its nextUpdate for a while; it never accepts what no source ever spoke about.
   */
  readonly unknown?: 'hard-fail' | 'deny-list-only' | SoftFail;
  /** Whether a CRL may speak for certificates of another CA. Default `deny`. */
  readonly indirectCrl?: 'deny' | 'allow';
}

/** Revocation data counts past its nextUpdate: who allowed it, for how long each time, and until when at all. */
export interface SoftFail {
  /** Past nextUpdate, in hours. 1 to 168. */
  readonly graceHours: number;
  /** At least ten characters, announced at every start. */
  readonly reason: string;
  /** The start is refused after this moment. ISO 8601 where it is text. */
  readonly until: Date | string;
}

/** Revocation for the whole listener. */
export type RevocationOptions = RevocationPolicyOptions;
