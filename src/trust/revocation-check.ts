import type {Refusal} from '../errors';
import type {GraceUse} from './grace';
import type {CandidatePath, CheckContext} from './path';

/** Until when the revocation data behind a path holds, or why the path is refused. */
export type RevocationOutcome =
  | {readonly outcome: 'good'; readonly freshUntilMs: number; readonly grace?: GraceUse}
  | {readonly outcome: 'refused'; readonly why: Refusal};

/**
 * RFC 5280 section 6.1.3 (a)(3), for every certificate but the anchor, from the top down: a revoked CA makes what it
 * says about others worthless. A source that knows nothing, or says so of a time that is over, is a refusal.
 */
export function checkRevocation({anchor, links}: CandidatePath, {trust, now}: CheckContext): RevocationOutcome {
  let freshUntilMs = Number.POSITIVE_INFINITY;
  let grace: GraceUse | undefined;
  for (const {certificate, issuer, where} of links) {
    const status = trust.revocation.statusOf(certificate, issuer, anchor, now);
    switch (status.status) {
      case 'good':
        if (!(now.getTime() <= status.freshUntil.getTime()))
          return unknown('revocation data of this time', `data from ${status.source} that ended`, where);
        freshUntilMs = Math.min(freshUntilMs, status.freshUntil.getTime());
        grace ??= status.grace;
        break;
      case 'revoked':
        return {
          outcome: 'refused',
          why: {
            code: 'ERR_MTLS_REVOKED',
            required: 'a certificate that is not revoked',
            found: `${status.reason}, revoked ${status.since.toISOString()} by ${status.source}`,
            where,
          },
        };
      case 'unknown':
        return unknown(status.required, status.found, where);
    }
  }
  return {outcome: 'good', freshUntilMs, ...(grace && {grace})};
}

function unknown(required: string, found: string, where: string): RevocationOutcome {
  return {outcome: 'refused', why: {code: 'ERR_MTLS_REVOCATION_UNKNOWN', required, found, where}};
}
