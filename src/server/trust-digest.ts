import {createHash} from 'node:crypto';
import type {DenyList} from '../trust/deny-list';
import type {TrustAnchor} from '../trust/anchor';
import type {VerifiedCrl} from '../trust/crl-signature';
import type {IdentityMapping} from '../identity/rules';
import type {ClientMaterial} from './material';
import type {RevocationPlan} from './revocation';

/**
 * A hash of all that decides about clients: who has another one may decide otherwise about somebody. It is the same in
 * every process with the same configuration and the same revocation data.
 *
 * What code a resolver runs does not show in it, nor what OCSP responders say. Both are asked about every connection.
 *
 * @param revocation hash of what revocation is decided from
 */
export function trustDigest(
  {trust, rules}: Pick<ClientMaterial, 'trust' | 'rules'>,
  hostNames: readonly string[],
  revocation: string,
): Buffer {
  const {anchors, intermediates, policy} = trust;
  return hash([
    anchors.map(describeAnchor),
    intermediates.map(({fingerprint}) => fingerprint),
    policy,
    describeMapping(rules),
    [...hostNames].sort(),
    revocation,
  ]);
}

/** A hash of what revocation is decided from, but for OCSP answers: policies, CRLs and the deny-list. */
export function revocationDigest(plan: RevocationPlan, crls: readonly VerifiedCrl[], denyList: DenyList): string {
  const {anchors, intermediates, policyOf, hasCrlSource, allowUnknown, sharedDenyList} = plan;
  return hash([
    anchors.map(anchor => [anchor.certificate.fingerprint, policyOf(anchor)]),
    intermediates.map(({fingerprint}) => fingerprint),
    [hasCrlSource, allowUnknown?.until, sharedDenyList?.store.name],
    [...new Set(crls.map(describeCrl))].sort(),
    denyList.digest,
  ]).toString('hex');
}

function hash(value: unknown): Buffer {
  return createHash('sha256').update(JSON.stringify(value)).digest();
}

function describeAnchor(anchor: TrustAnchor): unknown {
  const {name, certificate, authority, pins, expectedIssuers, maxLifetimeHours, requiredPolicies} = anchor;
  const {subjectAltNames, organizations, extendedKeyUsages, roles} = authority;
  return {
    name,
    certificate: certificate.fingerprint,
    authority: {subjectAltNames, organizations, extendedKeyUsages, roles},
    pins,
    expectedIssuers,
    maxLifetimeHours,
    requiredPolicies,
  };
}

function describeMapping(mapping: IdentityMapping): unknown {
  if (mapping.kind === 'resolver') return {kind: mapping.kind, timeoutMs: mapping.timeoutMs};
  return mapping.rules.map(({conditions, roles, id}) => ({
    conditions: conditions.map(({attribute, anyOf}) => [attribute, anyOf]),
    roles,
    id,
  }));
}

/** A signature that verifies stands for every byte that was signed; a CRL may have forty million of them. */
function describeCrl({facts, keyFingerprint}: VerifiedCrl): string {
  const {issuer, extensions, thisUpdate, signature} = facts;
  const number = extensions.crlNumber?.toString() ?? 'none';
  return [issuer.comparable, keyFingerprint, number, thisUpdate.toISOString(), signature.toString('base64')].join(' ');
}
