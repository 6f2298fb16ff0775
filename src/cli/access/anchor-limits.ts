import type {CompiledCondition, CompiledRule} from '../../identity/rules';
import type {Authority} from '../../trust/anchor';
import {matchesName, parseNamePattern} from '../../trust/name-pattern';
import type {GeneralName} from '../../x509/names';

/** An anchor as it is configured; its certificate has not been read. */
export interface LimitedAnchor {
  /** Absent where it is called after its certificate. */
  readonly name?: string;
  readonly mayVouchFor?: Authority;
}

/** Rules that no anchor can bring to an end, and roles that anchors keep back. */
export function limitsOf(rules: readonly CompiledRule[], anchors: readonly LimitedAnchor[]): readonly string[] {
  const barred = rules.map(rule => ({rule, reasons: anchors.map(anchor => barrierOf(rule, anchor))}));
  const dead = barred.filter(({reasons}) => reasons.every(reason => reason !== undefined));
  const alive = barred.filter(({reasons}) => reasons.includes(undefined)).flatMap(({rule}) => rule.roles);
  const lost = new Set(dead.flatMap(({rule}) => rule.roles).filter(role => !alive.includes(role)));
  return [
    ...dead.map(({rule, reasons}) => {
      return `the identity rule ${rule.name} can make nobody a principal: ${[...new Set(reasons)].join('; ')}`;
    }),
    ...[...lost].map(role => `the role ${role} cannot be had: the limits of the anchors stop every rule that gives it`),
  ];
}

/** Why no certificate below this anchor can become a principal by this rule, or undefined. */
function barrierOf({conditions, roles}: CompiledRule, {name, mayVouchFor = {}}: LimitedAnchor): string | undefined {
  const who = name === undefined ? 'an anchor' : `anchor ${name}`;
  const issuers = conditions.find(({attribute}) => attribute === 'issuer')?.anyOf;
  if (name !== undefined && issuers?.every(issuer => issuer !== name && !isFingerprint(issuer)))
    return `${who} is not the issuer it asks for`;
  const beyond = roles.filter(role => mayVouchFor.roles?.includes(role) === false);
  if (beyond.length > 0) return `${who} may not vouch for the role ${beyond.join(', ')}`;
  const condition = conditions.find(each => !canVouch(each, mayVouchFor));
  return condition && `${who} may not vouch for ${condition.attribute} ${condition.anyOf.join(' or ')}`;
}

function isFingerprint(text: string): boolean {
  return /^[0-9a-f:]{64,95}$/i.test(text);
}

/** Whether some value of the condition lies inside the limits. In doubt it does. */
function canVouch({attribute, anyOf}: CompiledCondition, authority: Authority): boolean {
  switch (attribute) {
    case 'organization':
      return anyOf.some(value => authority.organizations?.includes(value) !== false);
    case 'extendedKeyUsage':
      return anyOf.some(value => authority.extendedKeyUsages?.includes(value) !== false);
    case 'dns':
    case 'uri':
    case 'email':
    case 'upn':
      return anyOf.some(value => canName({kind: attribute, value}, authority));
    case 'ip':
    case 'organizationalUnit':
    case 'commonName':
    case 'policy':
    case 'issuer':
      return true;
  }
}

/** Patterns are only compared by kind: two of them may have a name in common that neither spells out. */
function canName(name: Extract<GeneralName, {kind: 'dns' | 'uri' | 'email' | 'upn'}>, authority: Authority): boolean {
  const patterns = authority.subjectAltNames?.flatMap(text => parseNamePattern(text) ?? []);
  if (patterns === undefined) return true;
  return patterns.some(
    pattern => pattern.kind === name.kind && (name.value.includes('*') || matchesName(pattern, name)),
  );
}
