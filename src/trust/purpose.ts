import type {Refusal} from '../errors';
import {firstRefusal} from './path';
import type {CandidatePath, CheckContext, Step} from './path';
import type {TrustPolicy} from './policy';

const ANY_EXTENDED_KEY_USAGE = '2.5.29.37.0';

/** What the keys may be used for: issuing in CAs, authenticating in the leaf. */
export function checkPurpose({steps}: CandidatePath, {trust}: CheckContext): Refusal | undefined {
  return firstRefusal(steps, step =>
    step.role === 'leaf' ? checkLeaf(step, trust.policy) : checkIssuer(step, trust.policy),
  );
}

/**
 * RFC 5280 section 6.1.4 (n). Section 4.2.1.3 wants keyUsage in every CA certificate; roots that `openssl req -x509`
 * makes have none, so it may be absent in an anchor. A CA limited to other purposes (section 4.2.1.12, read downwards
 * as all large verifiers do) vouches for no client.
 */
function checkIssuer({certificate: {extensions}, role, where}: Step, policy: TrustPolicy): Refusal | undefined {
  const {keyUsage, extendedKeyUsage} = extensions;
  const mayIssue = keyUsage === undefined ? role === 'anchor' : keyUsage.includes('keyCertSign');
  if (!mayIssue)
    return {code: 'ERR_MTLS_KEY_USAGE', required: 'keyCertSign', found: keyUsage?.join(', ') ?? 'no keyUsage', where};
  if (extendedKeyUsage === undefined || extendedKeyUsage.includes(ANY_EXTENDED_KEY_USAGE)) return undefined;
  return requirePurposes(extendedKeyUsage, policy, where);
}

/** Section 4.2.1.12: an absent extension or anyExtendedKeyUsage means any purpose; we want to see ours. */
function checkLeaf({certificate: {extensions}, where}: Step, policy: TrustPolicy): Refusal | undefined {
  const {keyUsage, extendedKeyUsage} = extensions;
  const missing = keyUsage && policy.requiredKeyUsage.find(usage => !keyUsage.includes(usage));
  if (missing !== undefined)
    return {code: 'ERR_MTLS_KEY_USAGE', required: missing, found: keyUsage?.join(', ') ?? 'none', where};
  if (extendedKeyUsage === undefined && policy.absentExtendedKeyUsage === 'allow') return undefined;
  return requirePurposes(extendedKeyUsage ?? [], policy, where);
}

function requirePurposes(
  present: readonly string[],
  {requiredExtendedKeyUsage}: TrustPolicy,
  where: string,
): Refusal | undefined {
  const missing = requiredExtendedKeyUsage.find(purpose => !present.includes(purpose));
  if (missing === undefined) return undefined;
  return {
    code: 'ERR_MTLS_EXTENDED_KEY_USAGE',
    required: missing,
    found: present.length === 0 ? 'no extendedKeyUsage' : present.join(', '),
    where,
  };
}
