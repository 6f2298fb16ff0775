/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-call --
   what does not compile has no type */
import type {AnyWeakening, Weakening} from '../../src/danger';
import {dangerouslyAllowOldRuntime} from '../../src/danger';
import type {Code, ConfigFault, Refusal} from '../../src/errors';
import type {CompiledRule, IdentityDecision} from '../../src/identity/rules';
import {mapPeer} from '../../src/identity/map';
import type {AccessRule, MtlsComponentOptions, MtlsPrincipal} from '../../src/index';
import type {MtlsOptions} from '../../src/server/options';
import {Secret} from '../../src/tls/secret';
import type {Decision, VerifiedPath, VerifiedPeer} from '../../src/trust/decision';
import type {TrustSnapshot} from '../../src/trust/snapshot';
import {parseFingerprint} from '../../src/x509/fingerprint';
import type {Fingerprint} from '../../src/x509/fingerprint';
import type {CertificateFacts} from '../../src/x509/certificate';

/**
 * What the types alone refuse. Nothing here runs: the build fails as soon as a line marked `@ts-expect-error` compiles.
 * Beside each stands what does compile, so that the error is about the point and not about a slip.
 */

declare const facts: CertificateFacts;
declare const path: VerifiedPath;
declare const decision: Decision;
declare const mapping: IdentityDecision;
declare const rules: readonly CompiledRule[];
declare const principal: MtlsPrincipal;
declare const snapshot: TrustSnapshot<never>;
declare const working: MtlsOptions;

/** A verified peer comes from the verifier alone. */
export function forgePeer(): readonly VerifiedPeer[] {
  // @ts-expect-error a peer cannot be spelt out
  const spelt: VerifiedPeer = {path, facts};
  // @ts-expect-error facts are not judgements
  mapPeer(facts, rules);
  // @ts-expect-error a decision has no peer before its verdict was looked at
  const unchecked: VerifiedPeer = decision.peer;
  return decision.verdict === 'accept' ? [decision.peer, spelt, unchecked] : [];
}

/** A principal comes from an accepting decision, and stays as it is. */
export function forgePrincipal(): unknown {
  // @ts-expect-error no principal before the verdict was looked at
  const early = mapping.principal;
  // @ts-expect-error the id is for good
  principal.id = 'admin';
  // @ts-expect-error so are the roles
  principal.roles.push('admin');
  return [early, principal.roles.includes('admin')];
}

/** A weakening comes from a function that asks for a reason and an end. */
export function forgeWeakening(): readonly AnyWeakening[] {
  const until = new Date();
  const genuine = dangerouslyAllowOldRuntime({reason: 'the upgrade is under way', until});
  // @ts-expect-error a literal is not one
  const literal: Weakening<'old-runtime'> = {weakens: 'old-runtime', reason: 'the upgrade is under way', until};
  // @ts-expect-error neither is JSON
  const read: AnyWeakening = JSON.parse('{}') as {weakens: 'old-runtime'; reason: string; until: Date};
  // @ts-expect-error a reason and an end are asked for
  dangerouslyAllowOldRuntime({reason: 'the upgrade is under way'});
  // @ts-expect-error one weakening is not another
  const other: Weakening<'exposed-key-file'> = genuine;
  return [genuine, literal, read, other];
}

/** What is secret is not text, and text is not a fingerprint. */
export function mixUp(): readonly unknown[] {
  const secret = new Secret('passphrase');
  // @ts-expect-error a secret is not a string
  const text: string = secret;
  // @ts-expect-error a string is not a secret
  const wrapped: Secret<string> = 'passphrase';
  // @ts-expect-error a fingerprint is read, not claimed
  const claimed: Fingerprint = 'ab'.repeat(32);
  const read: Fingerprint | undefined = parseFingerprint('ab'.repeat(32));
  return [text, wrapped, claimed, read];
}

/** Options cannot say what would open the server. */
export function openUp(): readonly (MtlsOptions | MtlsComponentOptions)[] {
  const {server, clients, identity} = working;
  return [
    working,
    // @ts-expect-error there is no such option
    {server: {...server, rejectUnauthorized: false}, clients, identity},
    // @ts-expect-error there is no such option
    {server: {...server, ciphers: 'ALL'}, clients, identity},
    // @ts-expect-error key and certificate, or PKCS#12
    {server: {key: 'server.key', cert: 'server.crt', pkcs12: 'server.p12'}, clients, identity},
    // @ts-expect-error a source says where bytes are, it is not the bytes
    {server: {key: Buffer.from('key'), cert: 'server.crt'}, clients, identity},
    // @ts-expect-error client CAs have no default
    {server, clients: {}, identity},
    // @ts-expect-error rules or a resolver, never neither
    {server, clients, identity: {}},
    // @ts-expect-error rules or a resolver, never both
    {server, clients, identity: {rules: [], resolver: () => undefined}},
    // @ts-expect-error the condition of a rule is known by name
    {server, clients, identity: {rules: [{when: {organisationUnit: 'x'}, roles: ['r'], id: 'san.uri'}]}},
    // @ts-expect-error no accepting default for revocation
    {server, clients: {ca: 'ca.crt', revocation: {unknown: 'allow'}}, identity},
    // @ts-expect-error a word, not a boolean
    {server, clients, identity, audit: {allowed: true}},
  ];
}

/** A rule is made of words that exist. */
export const misspelt: readonly AccessRule[] = [
  {allowedRoles: ['clinician']},
  // @ts-expect-error a misspelt field would silently not apply
  {allowRoles: ['clinician']},
];

/** What is in force is replaced whole, never changed. */
export function tamper(): void {
  // @ts-expect-error a snapshot is not edited
  snapshot.generation = 0;
  // @ts-expect-error nor are its anchors
  snapshot.anchors.pop();
}

/** A code stands in the catalogue, and a fault names its remedy. */
export const unknownCode: Refusal = {
  // @ts-expect-error no such code
  code: 'ERR_MTLS_NO_SUCH_CODE' as const,
  required: 'a code of the catalogue',
  found: 'another one',
};
const known: Code = 'ERR_MTLS_CONFIG';
// @ts-expect-error a fault without a remedy helps nobody
export const helpless: ConfigFault = {code: known, where: 'server', required: 'x', found: 'y'};
