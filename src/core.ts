/**
 * Door 2, `loopback4-mtls/core`: everything without LoopBack, for any Node server and for tools.
 */

// Errors
export {CATALOGUE, ConfigError, describe, MtlsError} from './errors';
export type {Code, ConfigFault, Fault, PublicCode, Refusal} from './errors';

// Bytes to facts
export {parseCertificate} from './x509/certificate';
export type {CertificateFacts} from './x509/certificate';
export type {Extensions} from './x509/extensions';
export {fingerprintOf, parseFingerprint} from './x509/fingerprint';
export type {Fingerprint} from './x509/fingerprint';
export type {DistinguishedName, GeneralName, NameAttribute} from './x509/names';
export {decodePem, parseCertificates} from './x509/pem';
export {formatDistinguishedName} from './x509/rfc4514';

// Facts to a decision
export type {Authority, TrustAnchor} from './trust/anchor';
export {crlRevocation} from './trust/crl-revocation';
export type {CrlRevocation} from './trust/crl-revocation';
export {DEFAULT_CRL_POLICY} from './trust/crl-view';
export type {CrlPolicy} from './trust/crl-view';
export type {Decision, PeerEvidence, VerifiedPath, VerifiedPeer} from './trust/decision';
export {ANY_POLICY, CLIENT_AUTH, DEFAULT_TRUST} from './trust/policy';
export type {TrustPolicy} from './trust/policy';
export type {RevocationStatus, RevocationView} from './trust/revocation';
export type {TrustMaterial, TrustSnapshot} from './trust/snapshot';
export {explainPeer} from './trust/explain-peer';
export type {PeerExplanation} from './trust/explain-peer';
export {isVerifiedPeer, verifyPeer} from './trust/verify-peer';

// A decision to an identity
export {identify, mapPeer} from './identity/map';
export {compileRules} from './identity/compile';
export type {CertificateSummary, IdSource, Principal} from './identity/principal';
export {piv, pivHolderOf} from './identity/profiles/piv';
export {psd2, psd2StatementOf} from './identity/profiles/psd2';
export {parseSpiffeId, spiffe, spiffeIdOf} from './identity/profiles/spiffe';
export type {
  Condition,
  IdentityDecision,
  IdentityMapping,
  IdentityResolver,
  IdentityRule,
  ResolvedIdentity,
} from './identity/rules';

// What is recorded
export type {
  AuditEvent,
  AuthenticationEvent,
  AuthorizationEvent,
  ExpiryEvent,
  Family,
  HandshakeEvent,
  PeerSummary,
  RefusalEvent,
  ReloadEvent,
  RevocationEvent,
  StartEvent,
} from './audit/events';
export {attachLineSink} from './audit/line-sink';
export {recordMetrics, sampleState} from './audit/metrics';
export type {ServerState} from './audit/metrics';
export {tlsAttributes} from './audit/opentelemetry';
export {bindPrometheus} from './audit/prometheus';
export {attachSink} from './audit/sink';
export type {AuditSink} from './audit/sink';

// A server
export {createMtlsServer} from './rehearsal/rehearsed-server';
export type {Health, HealthDetail} from './server/health';
export type {MtlsServer, ServerExtras} from './server/mtls-server';
export type {ReloadOptions} from './server/reload/settings';
export type {ReloadOutcome} from './server/reload/reloader';
export type {AnchorOptions, ClientOptions, IdentityOptions, MtlsOptions} from './server/options';
export {redisDenyList} from './server/deny-list-store';
export type {DenyListStore} from './server/deny-list-store';
export {peerOf} from './server/peer';
export type {ConnectionFacts, PeerState} from './server/peer';
export {availableGroups, TLS_POLICY} from './tls/policy';
export type {Source, SourceFunction} from './tls/source';
