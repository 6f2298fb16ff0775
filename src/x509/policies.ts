import {checkBelow, childrenOf, contextTag, DerReader, expectTag, readOid, readSmallInteger, Tag} from './der';
import type {DerNode} from './der';
import {malformed} from './malformed';

/** RFC 5280 section 4.2.1.5: the issuer's policy on the left counts as the subject's on the right. */
export interface PolicyMapping {
  readonly issuerDomain: string;
  readonly subjectDomain: string;
}

/** RFC 5280 section 4.2.1.11: certificates that may follow before the constraint applies. */
export interface PolicyConstraints {
  readonly requireExplicitPolicy?: number;
  readonly inhibitPolicyMapping?: number;
}

/**
 * Reads CertificatePolicies (RFC 5280 section 4.2.1.4): one or more OIDs, none twice. Qualifiers are read as far as
 * their structure goes and dropped: they are texts and links for people.
 */
export function parseCertificatePolicies(node: DerNode): readonly string[] {
  expectTag(node, Tag.SEQUENCE);
  const policies = childrenOf(node, Tag.SEQUENCE).map(parsePolicy);
  if (policies.length === 0) throw malformed('certificatePolicies', 'at least one policy', 'none');
  if (new Set(policies).size !== policies.length)
    throw malformed('certificatePolicies', 'each policy once', 'one twice');
  return Object.freeze(policies);
}

function parsePolicy(node: DerNode): string {
  const reader = new DerReader(node);
  const policy = readOid(reader.read());
  const qualifiers = reader.optional(Tag.SEQUENCE);
  reader.finish();
  if (qualifiers !== undefined) checkQualifiers(qualifiers);
  return policy;
}

function checkQualifiers(node: DerNode): void {
  const qualifiers = childrenOf(node, Tag.SEQUENCE);
  if (qualifiers.length === 0) throw malformed('policyQualifiers', 'at least one qualifier', 'none');
  for (const qualifier of qualifiers) {
    const reader = new DerReader(qualifier);
    readOid(reader.read());
    checkBelow(reader.read());
    reader.finish();
  }
}

/** Reads PolicyMappings: one or more pairs. That anyPolicy may not be mapped is for the verifier to say. */
export function parsePolicyMappings(node: DerNode): readonly PolicyMapping[] {
  expectTag(node, Tag.SEQUENCE);
  const mappings = childrenOf(node, Tag.SEQUENCE).map(parseMapping);
  if (mappings.length === 0) throw malformed('policyMappings', 'at least one mapping', 'none');
  return Object.freeze(mappings);
}

function parseMapping(node: DerNode): PolicyMapping {
  const reader = new DerReader(node);
  const issuerDomain = readOid(reader.read());
  const subjectDomain = readOid(reader.read());
  reader.finish();
  return Object.freeze({issuerDomain, subjectDomain});
}

const REQUIRE_EXPLICIT = contextTag(0, 'primitive');
const INHIBIT_MAPPING = contextTag(1, 'primitive');

/** Reads PolicyConstraints; the RFC forbids an empty sequence. */
export function parsePolicyConstraints(node: DerNode): PolicyConstraints {
  expectTag(node, Tag.SEQUENCE);
  const reader = new DerReader(node);
  const explicit = reader.optional(REQUIRE_EXPLICIT);
  const mapping = reader.optional(INHIBIT_MAPPING);
  reader.finish();
  if (explicit === undefined && mapping === undefined)
    throw malformed('policyConstraints', 'a constraint', 'an empty sequence');
  return Object.freeze({
    ...(explicit && {requireExplicitPolicy: readSmallInteger(explicit, REQUIRE_EXPLICIT)}),
    ...(mapping && {inhibitPolicyMapping: readSmallInteger(mapping, INHIBIT_MAPPING)}),
  });
}
