import type {Refusal} from '../errors';
import {firstRefusal, isSelfIssued} from './path';
import type {CandidatePath, CheckContext, Step} from './path';
import type {TrustPolicy} from './policy';

/** RFC 5280 section 6.1.4 (k) to (n): who issues is a CA and stays within the path length of those above. */
export function checkAuthorities(path: CandidatePath, {trust}: CheckContext): Refusal | undefined {
  return firstRefusal(path.steps, step => checkRole(step, trust.policy)) ?? checkPathLength(path);
}

function checkRole({certificate, role, where}: Step, policy: TrustPolicy): Refusal | undefined {
  const isCa = certificate.extensions.basicConstraints?.ca === true;
  if (role !== 'leaf' && !isCa)
    return {
      code: 'ERR_MTLS_NOT_A_CA',
      required: 'basicConstraints that say CA',
      found: certificate.extensions.basicConstraints === undefined ? 'no basicConstraints' : 'an end entity',
      where,
    };
  // Whoever holds a CA key could issue a leaf; a CA that turns up as client is a leaked or misused key.
  if (role === 'leaf' && isCa && policy.caAsLeaf === 'deny')
    return {code: 'ERR_MTLS_CA_AS_CLIENT', required: 'an end entity certificate', found: 'a CA certificate', where};
  return undefined;
}

function checkPathLength({steps}: CandidatePath): Refusal | undefined {
  let left = Number.POSITIVE_INFINITY;
  return firstRefusal(steps, ({certificate, role, where}) => {
    if (role === 'leaf') return undefined;
    if (role === 'intermediate' && !isSelfIssued(certificate)) {
      if (left <= 0)
        return {
          code: 'ERR_MTLS_PATH_LENGTH',
          required: 'no further intermediate below a path length that is used up',
          found: 'another intermediate',
          where,
        };
      left -= 1;
    }
    left = Math.min(left, certificate.extensions.basicConstraints?.pathLength ?? left);
    return undefined;
  });
}
