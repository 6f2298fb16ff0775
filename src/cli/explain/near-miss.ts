import type {ConditionReport, RuleReport} from '../../identity/map';
import {distance} from '../../server/schema';

/** How a rule stands to a certificate that it does not match. */
export interface NearMiss {
  /** `near`: some of its conditions hold, or a value looks like one it asks for. */
  readonly closeness: 'near' | 'far';
  /** What is wrong, one sentence for each condition that fails. */
  readonly reasons: readonly string[];
}

/** Why a rule did not match, and whether it nearly did. */
export function nearMissOf({conditions}: RuleReport): NearMiss {
  const failing = conditions.filter(({verdict}) => verdict === 'fails');
  const isNear = failing.length < conditions.length || failing.some(({anyOf, shown}) => likenessOf(anyOf, shown));
  return {closeness: isNear ? 'near' : 'far', reasons: failing.map(reasonOf)};
}

function reasonOf({attribute, anyOf, shown}: ConditionReport): string {
  const wanted = `${attribute} should be ${anyOf.join(' or ')}`;
  if (shown.length === 0) return `${wanted}, and there is none`;
  return `${wanted}, and is ${shown.join(' and ')}${likenessOf(anyOf, shown) ?? ''}`;
}

/** In which way a value that is there looks like one that is wanted. Rules match exactly, so it never counts. */
function likenessOf(anyOf: readonly string[], shown: readonly string[]): string | undefined {
  for (const wanted of anyOf)
    for (const found of shown) {
      const [a, b] = [fold(wanted), fold(found)];
      if (a === b) return ' (they differ in case or spaces; rules match exactly)';
      if (Math.min(a.length, b.length) > 4 && distance(a, b) <= 2) return ' (they look alike; rules match exactly)';
    }
  return undefined;
}

function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[\s\p{M}]/gu, '')
    .toLowerCase();
}
