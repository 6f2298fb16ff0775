import type {Source} from '../tls/source';
import type {DenyListStore} from './deny-list-store';

/**
 * How the revocation of client certificates is decided, for all anchors or, in `AnchorOptions`, for one. Without a
 * source for every CA, a bound on lifetimes or a choice below, the server does not start.
 */
export interface RevocationPolicyOptions {
  /** Asks an OCSP responder about every certificate of a path. Default `off`. */
  readonly ocsp?: 'off' | OcspOptions;
  /** Whether CRLs are fetched from the http URLs in certificates. They are hostile input: see `network`. Default `ignore`. */
  readonly distributionPoints?: 'ignore' | 'fetch';
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

/** How a responder is asked. An empty object asks the one each certificate names. */
export interface OcspOptions {
  /** The responder for every certificate; without it, the one in the certificate's authority information access. */
  readonly responder?: string;
  /** Whether an answer must repeat our nonce. Default `optional`: many responders answer from a store. Another nonce is always refused. */
  readonly nonce?: 'required' | 'optional';
  /** Hash that names the certificate in the request. Default `sha1`, which every responder understands. */
  readonly certIdHash?: 'sha1' | 'sha256';
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
export interface RevocationOptions extends RevocationPolicyOptions {
  /** URLs of CRLs, fetched at start and again ahead of their nextUpdate. Their hosts may be private. */
  readonly crlUrls?: readonly string[];
  /** Entries that are refused whatever CRLs and OCSP say: a JSON array. A file is read again within a second of a change. */
  readonly denyList?: Source;
  /**
   * A deny-list shared with other instances, for example `redisDenyList(client)`. Options in JSON cannot name one. What
   * it said counts for an hour; each of its answers may take `network.timeoutMs`.
   */
  readonly denyListStore?: DenyListStore;
  /** Bounds on what is fetched. */
  readonly network?: RevocationNetworkOptions;
}

/** Bounds on what is fetched because a certificate or the configuration names it. */
export interface RevocationNetworkOptions {
  /**
   * `host` or `host:port` in URLs of certificates that may have private addresses and unusual ports. Default none.
   * Hosts in `crlUrls` and `ocsp.responder` are allowed without being named here.
   */
  readonly allowedHosts?: readonly string[];
  /**
   * For one answer, from look-up to last byte, in milliseconds, and for one of a deny-list store. Default 4000, so that
   * a held handshake can still succeed.
   */
  readonly timeoutMs?: number;
  /** Largest CRL, in bytes. Default 67108864 (64 MiB). */
  readonly maxCrlBytes?: number;
}
