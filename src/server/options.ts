import type {AnyWeakening} from '../danger';
import type {IdentityResolver, IdentityRule} from '../identity/rules';
import type {CredentialOptions} from '../tls/credentials';
import type {SessionOptions} from '../tls/sessions';
import type {Source} from '../tls/source';
import type {Authority} from '../trust/anchor';
import type {LimitOptions} from './limits';
import type {ReloadOptions} from './reload/settings';
import type {StaplingOptions} from './stapling';
import type {RevocationOptions, RevocationPolicyOptions} from './revocation-options';

export type {Source, SourceFunction} from '../tls/source';

/** A client CA with limits of its own. */
export interface AnchorOptions {
  readonly name?: string;
  readonly ca: Source;
  readonly mayVouchFor?: Authority;
  /** SHA-256 of certificates or SPKIs, one of which must be in the path. */
  readonly pins?: readonly string[];
  readonly expectedIssuers?: readonly string[];
  readonly maxLifetimeHours?: number;
  readonly requiredPolicies?: readonly string[];
  /** What is decided differently below this anchor than `clients.revocation` says. */
  readonly revocation?: RevocationPolicyOptions;
}

/** Whom the server trusts as clients. */
export interface ClientOptions {
  /** Client CAs: a PEM bundle, several, or anchors with limits. Never the public web roots. */
  readonly ca: Source | AnchorOptions | readonly (Source | AnchorOptions)[];
  /** Intermediates that clients may leave out; tried before whatever they send. */
  readonly intermediates?: Source | readonly Source[];
  /** Most certificates between client and anchor. Default 4. */
  readonly maxIntermediates?: number;
  /** CRLs, PEM or DER. Every CA that issues clients needs one, unless `revocation` says otherwise. */
  readonly crl?: Source | readonly Source[];
  /** How revocation is decided. Nothing is assumed: without it and without `crl` the server does not start. */
  readonly revocation?: RevocationOptions;
}

/** How a certificate becomes a principal: rules or a resolver, never both, never neither. */
export type IdentityOptions =
  | {readonly rules: readonly IdentityRule[]; readonly resolver?: never}
  | {readonly resolver: IdentityResolver; readonly resolverTimeoutMs?: number; readonly rules?: never};

/** What an operator configures. The LoopBack component adds `access`. */
export interface MtlsOptions {
  readonly server: CredentialOptions & {
    readonly limits?: LimitOptions;
    /** Staples an OCSP answer to the server certificate. Default `off`, but on for a certificate that demands it. */
    readonly stapling?: 'off' | StaplingOptions;
    /**
     * Lets clients resume sessions, in TLS 1.3 and nothing older. Each resumption is verified and mapped like a full
     * handshake, from the client's certificate and `clients.intermediates`. Default `off`.
     */
    readonly sessions?: 'off' | SessionOptions;
    /** Other names than those in the server certificate under which it may be called; `Host` must be one of them or of those. */
    readonly hostNames?: readonly string[];
  };
  readonly clients: ClientOptions;
  readonly identity: IdentityOptions;
  readonly audit?: {
    /** Whether requests that were allowed are events too. Default `omit`: refusals only. */
    readonly allowed?: 'record' | 'omit';
    /** Where the default sink writes. Default `stderr`. */
    readonly sink?: 'stderr' | 'none';
  };
  /** How changes of files reach the running server. */
  readonly reload?: ReloadOptions;
  /**
   * Whether the server attacks a listener made of a configuration before it takes it in force, at start and at every
   * reload, and refuses it when an attack succeeds. Default `on`.
   */
  readonly rehearsal?: 'on' | 'off';
  /** Weakenings made by functions of `loopback4-mtls/danger`; nothing else is accepted here. */
  readonly danger?: readonly AnyWeakening[];
}
