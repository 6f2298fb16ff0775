import type {CertificateFacts} from '../x509/certificate';
import type {Fingerprint} from '../x509/fingerprint';
import type {TrustAnchor} from './anchor';
import type {DenyEntry, DenyList} from './deny-list';
import type {RevocationStatus, RevocationView} from './revocation';

/** How the revocation of certificates below one anchor is decided. */
export interface RevocationRules {
  /** What is asked: CRLs, OCSP answers. */
  readonly sources: readonly RevocationView[];
  /** How many of the sources must say good. One that says revoked is always enough to refuse. */
  readonly agreement: 'any' | 'all';
  /** A leaf that lives at most this long needs no source (the reasoning of RFC 9608). */
  readonly shortLivedHours?: number;
  /** What counts where no source says anything about a certificate. */
  readonly unknown: 'deny' | UnknownAllowed;
  /** Whether the shared deny-list was read lately enough to be relied on; absent where none is shared. */
  readonly sharedDenyList?: (now: Date) => Exclude<RevocationStatus, {status: 'revoked'}>;
}

/** Unknown counts as good until a moment, by a written decision of the operator. */
export interface UnknownAllowed {
  readonly until: Date;
  /** What is written into events: `deny-list only`, `weakening unknown-revocation`. */
  readonly source: string;
}

/** The one view `verifyPeer` asks: the deny-list first, then the rules of the anchor. */
export class PolicyView implements RevocationView {
  readonly #denyList: DenyList;
  readonly #vouched: ReadonlySet<Fingerprint>;
  readonly #rulesOf: (anchor: TrustAnchor) => RevocationRules;

  /** @param vouched intermediates from the operator's own configuration: removing one there is how it is revoked */
  constructor(
    denyList: DenyList,
    vouched: readonly CertificateFacts[],
    rulesOf: (anchor: TrustAnchor) => RevocationRules,
  ) {
    this.#denyList = denyList;
    this.#vouched = new Set(vouched.map(certificate => certificate.fingerprint));
    this.#rulesOf = rulesOf;
  }

  aboutPrincipal(id: string): DenyEntry | undefined {
    return this.#denyList.aboutPrincipal(id);
  }

  statusOf(subject: CertificateFacts, issuer: CertificateFacts, anchor: TrustAnchor, now: Date): RevocationStatus {
    const denied = this.#denyList.about(subject, issuer) ?? this.#denyList.aboutAnchor(anchor.certificate);
    if (denied) return {status: 'revoked', since: denied.since, reason: denied.reason, source: 'deny-list'};

    const rules = this.#rulesOf(anchor);
    const said = rules.sources.map(source => source.statusOf(subject, issuer, anchor, now));
    const revoked = said.find(status => status.status === 'revoked');
    if (revoked) return revoked;
    const shared = rules.sharedDenyList?.(now);
    if (shared?.status === 'unknown') return shared;
    const status = this.#statusBeside(subject, rules, said, now);
    return shared && status.status === 'good' ? allOf([status, shared]) : status;
  }

  /** What the sources and the policy make of a certificate that nobody calls revoked. */
  #statusBeside(
    subject: CertificateFacts,
    rules: RevocationRules,
    said: readonly RevocationStatus[],
    now: Date,
  ): RevocationStatus {
    const excused = this.#excusedFromSources(subject, rules);
    if (excused) return excused;

    const good = said.filter(status => status.status === 'good');
    if (rules.agreement === 'all' && good.length === said.length && good.length > 0) return allOf(good);
    const [best] = good.sort(mostLasting);
    if (rules.agreement === 'any' && best) return best;
    if (rules.unknown !== 'deny' && now.getTime() <= rules.unknown.until.getTime()) {
      return {status: 'good', freshUntil: rules.unknown.until, source: rules.unknown.source};
    }
    const unknown = said.flatMap(status => (status.status === 'unknown' ? [status] : []));
    return {
      status: 'unknown',
      required:
        unknown.map(({required}) => required).join(rules.agreement === 'any' ? ' or ' : ' and ') ||
        'a short-lived certificate',
      found: unknown.map(({found}) => found).join('; ') || 'no source that covers it',
    };
  }

  /** Under `shortLivedHours` a leaf is excused by its lifetime, a CA because the operator configured it by hand. */
  #excusedFromSources(subject: CertificateFacts, rules: RevocationRules): RevocationStatus | undefined {
    if (rules.shortLivedHours === undefined) return undefined;
    const isCa = subject.extensions.basicConstraints?.ca === true;
    const lifetimeHours = (subject.notAfter.getTime() - subject.notBefore.getTime()) / 3_600_000;
    const excused = isCa ? this.#vouched.has(subject.fingerprint) : lifetimeHours <= rules.shortLivedHours;
    return excused
      ? {status: 'good', freshUntil: subject.notAfter, source: isCa ? 'configured intermediate' : 'short-lived'}
      : undefined;
  }
}

type Good = Extract<RevocationStatus, {status: 'good'}>;

/** What needs no grace first, then what holds for longest. */
function mostLasting(a: Good, b: Good): number {
  const graces = Number(a.grace !== undefined) - Number(b.grace !== undefined);
  return graces === 0 ? b.freshUntil.getTime() - a.freshUntil.getTime() : graces;
}

/** Statements that count together hold as long as all of them do. */
function allOf(good: readonly Good[]): Good {
  const grace = good.find(status => status.grace !== undefined)?.grace;
  return {
    status: 'good',
    freshUntil: new Date(Math.min(...good.map(({freshUntil}) => freshUntil.getTime()))),
    source: good.map(({source}) => source).join(', '),
    ...(grace && {grace}),
  };
}
