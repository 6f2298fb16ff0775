import type {CompiledCondition, CompiledRule} from '../../identity/rules';
import {matchesName, parseNamePattern} from '../../trust/name-pattern';

/**
 * Pairs of rules that ask the same attribute for a common value, so that one certificate can match both. Their roles
 * then add up, and where they take the identifier from different places the certificate is refused. Rules that ask for
 * different attributes may meet in a certificate too; nobody can tell from the rules.
 */
export function overlapsOf(rules: readonly CompiledRule[]): readonly string[] {
  return rules.flatMap((one, index) =>
    rules.slice(index + 1).flatMap(other => (overlap(one, other) ? [describeOverlap(one, other)] : [])),
  );
}

function describeOverlap(one: CompiledRule, other: CompiledRule): string {
  const names = `the identity rules ${one.name} and ${other.name} can match the same certificate`;
  return one.id === other.id
    ? `${names}: it gets the roles of both`
    : `${names} and take its identifier from ${one.id} and ${other.id}: it is refused where they differ`;
}

function overlap(one: CompiledRule, other: CompiledRule): boolean {
  const shared = one.conditions.flatMap(mine => {
    const theirs = other.conditions.find(({attribute}) => attribute === mine.attribute);
    return theirs === undefined ? [] : [meet(mine, theirs)];
  });
  return shared.length > 0 && shared.every(Boolean);
}

function meet({attribute, anyOf}: CompiledCondition, theirs: CompiledCondition): boolean {
  return anyOf.some(mine =>
    theirs.anyOf.some(other => covers(attribute, mine, other) || covers(attribute, other, mine)),
  );
}

/** Whether a pattern matches a plain value. Two patterns meet only where they are the same. */
function covers(attribute: CompiledCondition['attribute'], pattern: string, value: string): boolean {
  if (pattern === value) return true;
  switch (attribute) {
    case 'dns':
    case 'uri':
    case 'email':
    case 'upn': {
      const parsed = parseNamePattern(`${attribute}:${pattern}`);
      return parsed !== undefined && matchesName(parsed, {kind: attribute, value});
    }
    case 'ip':
    case 'organization':
    case 'organizationalUnit':
    case 'commonName':
    case 'extendedKeyUsage':
    case 'policy':
    case 'issuer':
      return false;
  }
}
