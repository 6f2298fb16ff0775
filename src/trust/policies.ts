import type {Refusal} from '../errors';
import type {TrustAnchor} from './anchor';
import {isSelfIssued} from './path';
import type {CandidatePath, Link} from './path';
import {ANY_POLICY} from './policy';
import type {TrustPolicy} from './policy';
import {EMPTY_LEVEL, FIRST_LEVEL, mapPolicies, nextLevel, survivorsOf} from './policy-graph';
import type {Level} from './policy-graph';

/** What certificate policies a path ends with, or why it ends without. */
export type PolicyOutcome =
  | {readonly outcome: 'survived'; readonly policies: readonly string[]}
  | {readonly outcome: 'refused'; readonly why: Refusal};

/** RFC 5280 section 6.1.2 (d) to (f): how many certificates may still come before a state begins. */
interface Counters {
  readonly explicitPolicy: number;
  readonly policyMapping: number;
  readonly inhibitAnyPolicy: number;
}

/**
 * The certificate policy part of RFC 5280 section 6.1, on the graph of RFC 9618 instead of the tree, which grows
 * exponentially with hostile mappings. Constraints in the anchor's certificate count as if it were part of the path.
 */
export function processPolicies(path: CandidatePath, policy: TrustPolicy): PolicyOutcome {
  const initial = initialPolicies(path.anchor, policy);
  let counters = constrain(startCounters(path, policy), path.anchor.certificate);
  let level: Level = FIRST_LEVEL;
  for (const link of path.links) {
    level = levelOf(link, level, counters);
    if (counters.explicitPolicy === 0 && level.size === 0) return refused(initial, link.where);
    if (link.role === 'leaf') break;
    const mappings = link.certificate.extensions.policyMappings ?? [];
    if (mappings.some(({issuerDomain, subjectDomain}) => [issuerDomain, subjectDomain].includes(ANY_POLICY)))
      return mapsAnyPolicy(link.where);
    level = mapPolicies(level, mappings, counters.policyMapping > 0 ? 'allowed' : 'inhibited');
    counters = constrain(isSelfIssued(link.certificate) ? counters : count(counters), link.certificate);
  }
  const policies = survivorsOf(level, initial);
  // Section 6.1.5 (a) and (b): the leaf counts too, and may itself ask for an explicit policy.
  const requiredByLeaf = path.leaf.extensions.policyConstraints?.requireExplicitPolicy === 0;
  if (policies.length === 0 && (counters.explicitPolicy <= 1 || requiredByLeaf)) return refused(initial, 'leaf');
  return {outcome: 'survived', policies};
}

/** user-initial-policy-set: what the operator accepts, narrowed by what the anchor asks for. */
function initialPolicies(
  {requiredPolicies}: TrustAnchor,
  {initialPolicies: accepted}: TrustPolicy,
): ReadonlySet<string> {
  if (requiredPolicies === undefined) return new Set(accepted);
  return new Set(
    accepted.includes(ANY_POLICY) ? requiredPolicies : requiredPolicies.filter(oid => accepted.includes(oid)),
  );
}

function startCounters({anchor, links}: CandidatePath, policy: TrustPolicy): Counters {
  const never = links.length + 1;
  return {
    explicitPolicy: policy.requireExplicitPolicy || anchor.requiredPolicies !== undefined ? 0 : never,
    policyMapping: policy.inhibitPolicyMapping ? 0 : never,
    inhibitAnyPolicy: policy.inhibitAnyPolicy ? 0 : never,
  };
}

/** Section 6.1.3 (d) and (e). */
function levelOf({certificate, role}: Link, above: Level, {inhibitAnyPolicy}: Counters): Level {
  const {certificatePolicies} = certificate.extensions;
  if (certificatePolicies === undefined) return EMPTY_LEVEL;
  const mayAssertAny = inhibitAnyPolicy > 0 || (role === 'intermediate' && isSelfIssued(certificate));
  return nextLevel(above, certificatePolicies, mayAssertAny ? 'allowed' : 'inhibited');
}

/** Section 6.1.4 (h). */
function count({explicitPolicy, policyMapping, inhibitAnyPolicy}: Counters): Counters {
  return {
    explicitPolicy: Math.max(explicitPolicy - 1, 0),
    policyMapping: Math.max(policyMapping - 1, 0),
    inhibitAnyPolicy: Math.max(inhibitAnyPolicy - 1, 0),
  };
}

/** Section 6.1.4 (i) and (j). */
function constrain(counters: Counters, {extensions}: Link['certificate']): Counters {
  const {policyConstraints, inhibitAnyPolicy} = extensions;
  return {
    explicitPolicy: Math.min(counters.explicitPolicy, policyConstraints?.requireExplicitPolicy ?? Infinity),
    policyMapping: Math.min(counters.policyMapping, policyConstraints?.inhibitPolicyMapping ?? Infinity),
    inhibitAnyPolicy: Math.min(counters.inhibitAnyPolicy, inhibitAnyPolicy ?? Infinity),
  };
}

function refused(initial: ReadonlySet<string>, where: string): PolicyOutcome {
  const required = initial.has(ANY_POLICY)
    ? 'any certificate policy'
    : `one of the policies ${[...initial].join(', ')}`;
  return {outcome: 'refused', why: {code: 'ERR_MTLS_CERTIFICATE_POLICY', required, found: 'none that survives', where}};
}

function mapsAnyPolicy(where: string): PolicyOutcome {
  const required = 'policy mappings between particular policies';
  return {
    outcome: 'refused',
    why: {code: 'ERR_MTLS_CERTIFICATE_POLICY', required, found: 'a mapping of anyPolicy', where},
  };
}
