import type {ConfigFault, Refusal} from '../errors';

/**
 * Every event this library records, in one file. Names and fields are stable; `docs/events.md` lists them. Each
 * family has one `node:diagnostics_channel` named `mtls:<family>`.
 */

/** The other end of a connection, as far as it is known. */
export interface PeerSummary {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  /** SHA-256 of the client certificate, once there is one. */
  readonly fingerprint?: string;
  /** RFC 4514 text, escaped. */
  readonly subject?: string;
  readonly issuer?: string;
  readonly serialNumber?: string;
  /** ISO 8601. */
  readonly notAfter?: string;
}

/** A connection was verified and mapped to a principal. Once per connection and snapshot. */
export interface HandshakeEvent {
  readonly family: 'handshake';
  readonly peer: PeerSummary;
  readonly protocol: string;
  readonly cipher: string;
  readonly group?: string;
  readonly serverName?: string;
  /** A resumed session shows the certificate of an earlier handshake, verified again now. */
  readonly session: 'new' | 'resumed';
  readonly generation: number;
}

/** A connection was refused, in the handshake or right behind it, or later when trust changed. */
export interface RefusalEvent {
  readonly family: 'refusal';
  readonly peer: PeerSummary;
  readonly why: Refusal;
  /** What OpenSSL said, where it said anything: `authorized` or its error code. */
  readonly openssl?: string;
  /** `open` when a connection that had been accepted was closed. */
  readonly stage: 'handshake' | 'verification' | 'identity' | 'open';
  readonly generation: number;
  /** Refusals of the same code that a rate limit kept out of the log since the last one that was recorded. */
  readonly suppressed?: number;
}

/**
 * A verified peer became a principal. Told again of an open connection only where judging it again changed the
 * identifier, its source, the roles or the matched rules.
 */
export interface AuthenticationEvent {
  readonly family: 'authentication';
  readonly peer: PeerSummary;
  readonly principal: string;
  readonly roles: readonly string[];
  /** Names of the identity rules that matched. */
  readonly rules: readonly string[];
  readonly generation: number;
}

/** A request was decided about. Allowed requests are published only where `audit.allowed` is `record`. */
export interface AuthorizationEvent {
  readonly family: 'authorization';
  readonly verdict: 'allow' | 'deny';
  readonly correlationId: string;
  readonly peer: PeerSummary;
  readonly principal?: string;
  readonly method: string;
  /** Path without query: a query may hold personal data. */
  readonly path: string;
  readonly route?: string;
  readonly why?: Refusal;
}

/** The server started, was refused to start, or announced a weakness of its runtime or configuration. */
export interface StartEvent {
  readonly family: 'start';
  readonly phase: 'listening' | 'refused' | 'weakening' | 'warning' | 'stopped';
  readonly message: string;
  readonly generation?: number;
}

/** What a reload can change. */
export type ReloadPart = 'credentials' | 'anchors' | 'intermediates' | 'crl' | 'deny-list' | 'identity' | 'access';

/** New configuration or material was taken over as a whole, or refused as a whole. */
export interface ReloadEvent {
  readonly family: 'reload';
  /** `unchanged`: everything was read again and nothing differed. */
  readonly phase: 'applied' | 'unchanged' | 'rejected';
  readonly trigger: 'file' | 'signal' | 'call';
  /** What differs from the snapshot before; of a rejected reload, what would have. */
  readonly changed: readonly ReloadPart[];
  /** The snapshot in force after this event. */
  readonly generation: number;
  /** Why a reload was rejected; empty otherwise. */
  readonly faults: readonly ConfigFault[];
}

/** One source of revocation data was read, failed or went stale, or somebody was let in by what went stale. */
export type RevocationEvent =
  | {
      readonly family: 'revocation';
      readonly phase: 'loaded';
      readonly kind: 'crl' | 'ocsp' | 'deny-list';
      /** File, URL or name of the source. */
      readonly source: string;
      /** How many certificates it speaks about. */
      readonly entries: number;
      /** ISO 8601; absent for a deny-list. */
      readonly thisUpdate?: string;
      readonly nextUpdate?: string;
    }
  | {
      readonly family: 'revocation';
      /** `failed`: it could not be fetched, read or verified. `stale`: it is past its nextUpdate. */
      readonly phase: 'failed' | 'stale';
      readonly kind: 'crl' | 'ocsp' | 'deny-list';
      readonly source: string;
      readonly why: Refusal;
    }
  | {
      readonly family: 'revocation';
      /**
       * A client was let in, or stays, by data past its nextUpdate, because the operator signed off a grace period. Once
       * for each connection and source.
       */
      readonly phase: 'grace';
      readonly source: string;
      readonly peer: PeerSummary;
      /** When the grace for this data ends, ISO 8601. */
      readonly until: string;
    }
  | {
      readonly family: 'revocation';
      /** An entry was added to the deny-list. */
      readonly phase: 'denied';
      readonly source: string;
      readonly by: 'serial' | 'certificate' | 'key' | 'principal';
      readonly value: string;
    };

/** Something this server depends on is about to expire, or has. Once per threshold. */
export interface ExpiryEvent {
  readonly family: 'expiry';
  readonly phase: 'approaching' | 'expired';
  readonly kind: 'server-certificate' | 'client-ca' | 'crl' | 'stapled-ocsp' | 'weakening';
  /** File, anchor name or URL. */
  readonly subject: string;
  /** ISO 8601. */
  readonly notAfter: string;
  /** Negative once expired. */
  readonly remainingSeconds: number;
  readonly threshold: '30 days' | '7 days' | '1 day' | '1/3 of lifetime' | '1/10 of lifetime' | 'end';
}

/** The audit trail speaks about itself. */
export type AuditTrailEvent =
  /** A sink could not keep up and left events out, `count` since the last it wrote. */
  | {readonly family: 'audit'; readonly phase: 'dropped'; readonly count: number}
  /** A sink threw or rejected, for the first time since it last worked. */
  | {readonly family: 'audit'; readonly phase: 'failed'};

/** Everything that is recorded, told apart by `family`. */
export type AuditEvent =
  | HandshakeEvent
  | RefusalEvent
  | AuthenticationEvent
  | AuthorizationEvent
  | StartEvent
  | ReloadEvent
  | RevocationEvent
  | ExpiryEvent
  | AuditTrailEvent;

/** The name of a kind of event. */
export type Family = AuditEvent['family'];
