import type {VerifiedCrl} from './crl-signature';

/**
 * Which of two CRLs is the newer. RFC 5280 section 5.2.3 obliges a CA to number the CRLs of one scope in ascending
 * order, but section 6.3.3 decides without the number, and there are CAs that leave it out; their CRLs are compared by
 * thisUpdate alone.
 */

/**
 * The first CRL in force that others would take the place of although they are older. A CA with two keys goes on with
 * its numbers, so that an old CRL by the old key is no way back either.
 */
export function regressionOf(
  candidates: readonly VerifiedCrl[],
  inForce: readonly VerifiedCrl[],
): {readonly held: VerifiedCrl; readonly older: VerifiedCrl} | undefined {
  for (const held of inForce) {
    const series = candidates.filter(one => isSameSeries(one, held));
    const sameKey = series.filter(one => one.keyFingerprint === held.keyFingerprint);
    const [older] = [...(sameKey.length > 0 ? sameKey : series)].sort(newestFirst);
    if (older !== undefined && isOlder(older, held)) return {held, older};
  }
  return undefined;
}

/** Newest first: by CRL number where both have one, otherwise by thisUpdate. */
export function newestFirst(a: VerifiedCrl, b: VerifiedCrl): number {
  const [left, right] = [a.facts.extensions.crlNumber, b.facts.extensions.crlNumber];
  if (left !== undefined && right !== undefined && left !== right) return left < right ? 1 : -1;
  return b.facts.thisUpdate.getTime() - a.facts.thisUpdate.getTime();
}

/** Whether two CRLs are of one numbering sequence: issuer and scope, complete and delta apart. */
function isSameSeries(a: VerifiedCrl, b: VerifiedCrl): boolean {
  return a.facts.issuer.comparable === b.facts.issuer.comparable && a.scope === b.scope && isDelta(a) === isDelta(b);
}

/**
 * Whether a CRL must not take the place of another one of its series: it has the lower number, or no number any more, or
 * is from before. Number and time of honest CRLs agree; where they do not, either of them is enough.
 */
function isOlder(crl: VerifiedCrl, held: VerifiedCrl): boolean {
  const {crlNumber} = crl.facts.extensions;
  const {crlNumber: heldNumber} = held.facts.extensions;
  if (heldNumber !== undefined && (crlNumber === undefined || crlNumber < heldNumber)) return true;
  return crl.facts.thisUpdate < held.facts.thisUpdate;
}

function isDelta({facts}: VerifiedCrl): boolean {
  return facts.extensions.baseCrlNumber !== undefined;
}
