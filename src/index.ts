/**
 * Door 1, `loopback4-mtls`: what a LoopBack application needs.
 */

export {MtlsComponent} from './loopback/component';
export {MtlsHealthController} from './loopback/health-controller';
export {AUDIT_SINKS, MtlsBindings, STRATEGY_NAME} from './loopback/keys';
export type {MtlsComponentOptions} from './loopback/options';
export type {MtlsPrincipal} from './loopback/principal';
export {MtlsRestServer} from './loopback/rest-server';

// Access
export type {AccessOptions, AccessRule, ScopeOptions} from './loopback/access-config';
export {requireCertificate} from './loopback/decorators';
export {formatAccessMatrix, reachOf} from './loopback/matrix';
export type {AccessMatrix, AccessRow, EndpointKind, Reach} from './loopback/matrix';
export type {CertificateRequirement} from './loopback/requirements';
export {ownedBy} from './loopback/voting';

// What the options are made of
export {piv} from './identity/profiles/piv';
export {psd2} from './identity/profiles/psd2';
export {spiffe} from './identity/profiles/spiffe';
export {redisDenyList} from './server/deny-list-store';
export type {DenyListStore} from './server/deny-list-store';
export {bindPrometheus} from './audit/prometheus';
export type {AnchorOptions, ClientOptions, IdentityOptions, MtlsOptions} from './server/options';
export type {MtlsServer} from './server/mtls-server';
export type {CertificateSummary, IdSource, Principal} from './identity/principal';
export type {Condition, IdentityResolver, IdentityRule, ResolvedIdentity} from './identity/rules';
export type {Authority} from './trust/anchor';
export type {Source, SourceFunction} from './tls/source';

// What comes out
export type {
  AuditEvent,
  AuthenticationEvent,
  AuthorizationEvent,
  ExpiryEvent,
  HandshakeEvent,
  RefusalEvent,
  ReloadEvent,
  RevocationEvent,
  StartEvent,
} from './audit/events';
export type {AuditSink} from './audit/sink';
export {ConfigError, MtlsError} from './errors';
export type {Code, ConfigFault, PublicCode, Refusal} from './errors';
