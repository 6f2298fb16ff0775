import {MtlsError} from '../../errors';

/** A certificate that does not follow the profile it is read by. */
export function offProfile(required: string, found: string): MtlsError {
  return new MtlsError({code: 'ERR_MTLS_IDENTITY_PROFILE', required, found, where: 'leaf'});
}

/** The only value of a list; none and several different ones are each a refusal of their own. */
export function onlyOne(values: readonly string[], what: string): string {
  const [only, other] = new Set(values);
  if (only === undefined) {
    throw new MtlsError({code: 'ERR_MTLS_IDENTITY_MISSING', required: `one ${what}`, found: 'none', where: 'leaf'});
  }
  if (other !== undefined) {
    const found = 'several different ones';
    throw new MtlsError({code: 'ERR_MTLS_IDENTITY_AMBIGUOUS', required: `exactly one ${what}`, found, where: 'leaf'});
  }
  return only;
}
