import type {Refusal} from '../errors';

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
}

/** A connection was verified and mapped to a principal. Once per connection and snapshot. */
export interface HandshakeEvent {
  readonly family: 'handshake';
  readonly peer: PeerSummary;
  readonly protocol: string;
  readonly cipher: string;
  readonly group?: string;
  readonly serverName?: string;
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
}

/** A verified peer became a principal. */
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

export type AuditEvent = HandshakeEvent | RefusalEvent | AuthenticationEvent | AuthorizationEvent | StartEvent;
export type Family = AuditEvent['family'];
