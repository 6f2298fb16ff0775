import type {CertificateFacts} from '../x509/certificate';
import type {TrustAnchor} from './anchor';
import {currencyAt} from './grace';
import type {OcspStatement} from './ocsp';
import {RecentMap} from '../x509/recent-map';
import type {RevocationStatus, RevocationView} from './revocation';

/** One certificate below one issuer. */
export interface OcspSubject {
  readonly subject: CertificateFacts;
  readonly issuer: CertificateFacts;
  readonly anchor: TrustAnchor;
}

/** A verified statement and the certificate it is about. */
export interface OcspAnswer {
  readonly about: OcspSubject;
  readonly statement: OcspStatement;
  /** Epoch milliseconds. */
  readonly receivedAtMs: number;
}

/**
 * The verified OCSP statements that are here. Those longest unused go first when there are too many, so that asking
 * keeps what is in use.
 */
export class OcspAnswers implements RevocationView {
  readonly #answers: RecentMap<{readonly answer: OcspAnswer; readonly usedAtMs: number}>;

  /** @param size statements kept at most; one is about a kilobyte */
  constructor(size: number) {
    this.#answers = new RecentMap(size);
  }

  put(answer: OcspAnswer): void {
    this.#answers.set(ocspKey(answer.about), {answer, usedAtMs: answer.receivedAtMs});
  }

  get(about: OcspSubject): OcspStatement | undefined {
    return this.#answers.get(ocspKey(about))?.answer.statement;
  }

  /** Answers that somebody needed since a moment; refreshing the others would be work for nobody. */
  usedSince(sinceMs: number): readonly OcspAnswer[] {
    return [...this.#answers.values()].filter(({usedAtMs}) => usedAtMs >= sinceMs).map(({answer}) => answer);
  }

  statusOf(subject: CertificateFacts, issuer: CertificateFacts, anchor: TrustAnchor, now: Date): RevocationStatus {
    const key = ocspKey({subject, issuer, anchor});
    const known = this.#answers.get(key);
    if (known === undefined) return unknown('none yet');
    this.#answers.set(key, {answer: known.answer, usedAtMs: now.getTime()});
    const {status, nextUpdate, usableFrom, usableUntil} = known.answer.statement;
    // Time ends a good answer only: whoever keeps the next one away must gain nothing by it.
    if (status.kind === 'revoked')
      return {status: 'revoked', since: status.since, reason: status.reason, source: 'OCSP'};
    if (now < usableFrom) return unknown(`one from the future, ${usableFrom.toISOString()}`);
    const current = currencyAt(now, nextUpdate.getTime(), usableUntil.getTime(), 'OCSP');
    if (current === undefined) return unknown(`one that ended ${usableUntil.toISOString()}`);
    if (status.kind === 'unknown') return unknown('a responder that does not know the certificate');
    const {untilMs, grace} = current;
    return {status: 'good', freshUntil: new Date(untilMs), source: 'OCSP', ...(grace && {grace})};
  }
}

function unknown(found: string): RevocationStatus {
  return {status: 'unknown', required: 'a current OCSP answer', found};
}

/** Equal for the same certificate below the same issuer and anchor: a delegated responder is judged by the anchor's CRLs. */
export function ocspKey({subject, issuer, anchor}: OcspSubject): string {
  return `${subject.fingerprint} ${issuer.fingerprint} ${anchor.certificate.fingerprint}`;
}
