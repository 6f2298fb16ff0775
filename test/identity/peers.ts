import assert from 'node:assert/strict';
import {compileRules} from '../../src/identity/compile';
import {mapPeer} from '../../src/identity/map';
import type {CompiledRule, IdentityDecision, IdentityRule} from '../../src/identity/rules';
import {createAuthority} from '../../src/pki/authority';
import type {CertificateSpec} from '../../src/pki/certificate';
import type {TrustAnchor} from '../../src/trust/anchor';
import type {VerifiedPeer} from '../../src/trust/decision';
import type {TrustPolicy} from '../../src/trust/policy';
import {anchorOf, clock, decide, trustIn} from '../trust/fixture';

/** The client CA of these tests and an intermediate below it; the anchor is called `Clinic CA`. */
export const ROOT = createAuthority({subject: {organization: 'Clinic', commonName: 'Clinic CA'}}, clock);
export const WARD = ROOT.issueAuthority({subject: {organization: 'Clinic', commonName: 'Ward CA'}});

/** What the client certificate says; of what is left out, only a common name is filled in. */
export type Client = Partial<CertificateSpec>;

/** A peer that `verifyPeer` accepted. */
export function peerWith(
  client: Client,
  limits: Partial<TrustAnchor> = {},
  issuer = ROOT,
  policy: Partial<TrustPolicy> = {},
): VerifiedPeer {
  const anchor = anchorOf(ROOT, {name: 'Clinic CA', ...limits});
  const decision = decide(issuer.issueClient({subject: 'Alice', ...client}), trustIn([anchor], {policy}));
  assert.equal(decision.verdict, 'accept', decision.verdict === 'reject' ? JSON.stringify(decision.why) : '');
  return decision.peer;
}

/** Rules that have to be sound. */
export function compiled(...rules: readonly IdentityRule[]): readonly CompiledRule[] {
  const {mapping, faults} = compileRules(rules, {anchors: ['Clinic CA', 'Other CA']});
  assert.deepEqual(faults, []);
  assert.ok(mapping.kind === 'rules');
  return mapping.rules;
}

export function map(peer: VerifiedPeer, ...rules: readonly IdentityRule[]): IdentityDecision {
  return mapPeer(peer, compiled(...rules));
}

/** The identifier with the roles, or the code of the refusal. */
export function outcomeOf(decision: IdentityDecision): string {
  return decision.verdict === 'accept'
    ? `${decision.principal.id} ${decision.principal.roles.join('+')}`
    : decision.why.code;
}
