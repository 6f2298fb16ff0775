import type {Refusal} from '../errors';
import {firstRefusal} from './path';
import type {CandidatePath, CheckContext, Step} from './path';

/**
 * RFC 5280 section 6.1.3 (a)(2), for the anchor too: an operator who configures a certificate means its dates. Both
 * ends are inclusive (section 4.1.2.5). A time that is no time lies in no period.
 */
export function checkValidity({steps}: CandidatePath, {now}: CheckContext): Refusal | undefined {
  return firstRefusal(steps, step => checkPeriod(step, now));
}

function checkPeriod({certificate: {notBefore, notAfter}, where}: Step, now: Date): Refusal | undefined {
  if (!(now.getTime() >= notBefore.getTime()))
    return {
      code: 'ERR_MTLS_NOT_YET_VALID',
      required: `a time from ${textOf(notBefore)} on`,
      found: textOf(now),
      where,
    };
  if (!(now.getTime() <= notAfter.getTime()))
    return {code: 'ERR_MTLS_EXPIRED', required: `a time until ${textOf(notAfter)}`, found: textOf(now), where};
  return undefined;
}

function textOf(time: Date): string {
  return Number.isNaN(time.getTime()) ? 'no valid time' : time.toISOString();
}
