import type {ConfigFault} from '../errors';
import type {Grace} from '../trust/grace';
import type {OcspOptions, RevocationNetworkOptions, RevocationPolicyOptions, SoftFail} from './revocation-options';

/** `RevocationPolicyOptions` with every default filled in. */
export interface ResolvedPolicy {
  readonly ocsp: 'off' | OcspOptions;
  readonly distributionPoints: 'ignore' | 'fetch';
  readonly shortLivedHours?: number;
  readonly agreement: 'any' | 'all';
  readonly unknown: 'hard-fail' | 'deny-list-only';
  readonly grace?: Grace & {readonly reason: string};
  readonly indirectCrl: 'deny' | 'allow';
}

/** Largest OCSP answer, in bytes: a dozen certificates and their statuses. */
export const MAX_OCSP_BYTES = 64 * 1024;

export const DEFAULT_NETWORK = Object.freeze({
  allowedHosts: Object.freeze([]),
  timeoutMs: 4_000,
  maxCrlBytes: 64 * 1024 * 1024,
} as const satisfies RevocationNetworkOptions);

/** The longest lifetime, and the longest grace, that is still an answer to revocation: a week. */
const MAX_HOURS = 168;

/** Checks the options of one policy, reporting each fault under `where`. */
export function resolveRevocationPolicy(
  options: RevocationPolicyOptions,
  where: string,
  now: Date,
  report: (fault: ConfigFault) => void,
): ResolvedPolicy {
  const {shortLivedHours, unknown = 'hard-fail'} = options;
  if (shortLivedHours !== undefined) checkHours(shortLivedHours, `${where}.shortLivedHours`, report);
  const softFail = typeof unknown === 'object' ? unknown : undefined;
  if (softFail) checkSoftFail(softFail, `${where}.unknown`, now, report);
  return {
    ocsp: options.ocsp ?? 'off',
    distributionPoints: options.distributionPoints ?? 'ignore',
    ...(shortLivedHours !== undefined && {shortLivedHours}),
    agreement: options.agreement ?? 'any',
    unknown: typeof unknown === 'object' ? 'hard-fail' : unknown,
    ...(softFail && {grace: graceOf(softFail)}),
    indirectCrl: options.indirectCrl ?? 'deny',
  };
}

function graceOf({graceHours, reason, until}: SoftFail): NonNullable<ResolvedPolicy['grace']> {
  return {hours: graceHours, until: new Date(until), reason};
}

function checkHours(hours: number, where: string, report: (fault: ConfigFault) => void): void {
  if (Number.isInteger(hours) && hours >= 1 && hours <= MAX_HOURS) return;
  report({
    code: 'ERR_MTLS_CONFIG',
    where,
    required: `a whole number of hours from 1 to ${MAX_HOURS}`,
    found: String(hours),
    remedy: 'choose a shorter time, or a CRL',
  });
}

function checkSoftFail(softFail: SoftFail, where: string, now: Date, report: (fault: ConfigFault) => void): void {
  checkHours(softFail.graceHours, `${where}.graceHours`, report);
  const signOff = 'have somebody sign it off again, or remove the soft fail';
  if (softFail.reason.trim().length < 10) {
    report({
      code: 'ERR_MTLS_CONFIG',
      where: `${where}.reason`,
      required: 'a reason of at least ten characters',
      found: `${softFail.reason.trim().length}`,
      remedy: 'write down why stale revocation data is acceptable',
    });
  }
  const until = new Date(softFail.until);
  if (until > now) return;
  const found = Number.isNaN(until.getTime()) ? 'no date' : until.toISOString();
  report({code: 'ERR_MTLS_CONFIG', where: `${where}.until`, required: 'an end in the future', found, remedy: signOff});
}
