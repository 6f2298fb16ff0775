import type {Refusal} from '../errors';
import type {VerifiedPeer} from '../trust/decision';
import {ATTRIBUTES} from './attributes';
import {identifierOf} from './identifier';
import {resolvePeer} from './resolver';
import {checkAuthority} from './role';
import type {CompiledRule, Condition, IdentityDecision, IdentityMapping} from './rules';
import {principalOf} from './summarize';

/**
 * Turns a verified peer into a principal, or refuses it. Never throws.
 *
 * @param signal ends the wait for a resolver: its `timeoutMs`, and the end of the connection. Rules need none of it.
 */
export async function identify(
  peer: VerifiedPeer,
  mapping: IdentityMapping,
  signal: AbortSignal,
): Promise<IdentityDecision> {
  return mapping.kind === 'rules' ? mapPeer(peer, mapping.rules) : resolvePeer(peer, mapping.resolve, signal);
}

/**
 * Applies the rules. Rules that match add up their roles and must agree on who it is; no match is a refusal, for
 * there is no guest.
 */
export function mapPeer(peer: VerifiedPeer, rules: readonly CompiledRule[]): IdentityDecision {
  return decide(peer, evaluate(peer, rules));
}

/** One rule held against one certificate. */
export interface RuleReport {
  readonly rule: string;
  readonly verdict: 'match' | 'no match';
  readonly conditions: readonly ConditionReport[];
}

/** One condition held against one certificate. */
export interface ConditionReport {
  readonly attribute: keyof Condition;
  readonly verdict: 'holds' | 'fails';
  readonly anyOf: readonly string[];
  /** What the certificate shows instead. Text from a certificate: escape it before printing. */
  readonly shown: readonly string[];
}

/** The decision of {@link mapPeer}, with every rule and condition that led to it. */
export function explainMapping(
  peer: VerifiedPeer,
  rules: readonly CompiledRule[],
): {readonly decision: IdentityDecision; readonly rules: readonly RuleReport[]} {
  const evaluations = evaluate(peer, rules);
  return {
    decision: decide(peer, evaluations),
    rules: evaluations.map(({rule, held, verdict}) => ({
      rule: rule.name,
      verdict,
      conditions: rule.conditions.map(({attribute, anyOf}, index) => ({
        attribute,
        verdict: held[index] === true ? 'holds' : 'fails',
        anyOf,
        shown: ATTRIBUTES[attribute].shown(peer),
      })),
    })),
  };
}

interface Evaluation {
  readonly rule: CompiledRule;
  /** Whether each condition of the rule holds, in its order. */
  readonly held: readonly boolean[];
  readonly verdict: 'match' | 'no match';
}

function evaluate(peer: VerifiedPeer, rules: readonly CompiledRule[]): readonly Evaluation[] {
  return rules.map(rule => {
    const held = rule.conditions.map(condition => condition.holds(peer));
    // A rule without conditions does not compile; should one get here it matches nobody, not everybody.
    return {rule, held, verdict: held.length > 0 && held.every(Boolean) ? 'match' : 'no match'};
  });
}

function decide(peer: VerifiedPeer, evaluations: readonly Evaluation[]): IdentityDecision {
  const matching = evaluations.filter(({verdict}) => verdict === 'match').map(({rule}) => rule);
  const [first] = matching;
  if (first === undefined) {
    return reject({code: 'ERR_MTLS_IDENTITY_UNMAPPED', required: 'a matching rule', found: 'none', where: 'leaf'});
  }
  const ids = new Set<string>();
  for (const rule of matching) {
    const identifier = identifierOf(peer, rule.id);
    if ('why' in identifier) return reject(identifier.why);
    ids.add(identifier.id);
  }
  const matched = matching.map(rule => rule.name);
  const [id, other] = ids;
  if (id === undefined || other !== undefined) {
    return reject({
      code: 'ERR_MTLS_IDENTITY_CONTRADICTION',
      required: 'one identifier from all matching rules',
      found: `${ids.size} different ones from ${matched.join(', ')}`,
      where: 'leaf',
    });
  }
  const roles = [...new Set(matching.flatMap(rule => rule.roles))];
  const beyond = checkAuthority(roles, peer);
  if (beyond) return reject(beyond);
  return {verdict: 'accept', principal: principalOf(peer, {id, roles, idSource: first.id}), matched};
}

function reject(why: Refusal): IdentityDecision {
  return {verdict: 'reject', why};
}
