import type {CertificateFacts} from '../x509/certificate';
import type {CrlEntry} from '../x509/crl-entry';
import type {GeneralName} from '../x509/names';
import type {TrustAnchor} from './anchor';
import {coversPoint, pointsOf, reasonsOf} from './crl-scope';
import {newestFirst} from './crl-order';
import type {PointToMatch} from './crl-scope';
import type {VerifiedCrl} from './crl-signature';
import {currencyAt, endWithGrace} from './grace';
import type {Currency, Grace, GraceUse} from './grace';
import type {RevocationStatus, RevocationView} from './revocation';

/** What a CRL must satisfy beyond RFC 5280. */
export interface CrlPolicy {
  /** Whether a CRL may speak for certificates of another issuer (RFC 5280 section 5.2.5). Default `deny`. */
  readonly indirectCrl: 'deny' | 'allow';
  /** Accepted clock difference towards whoever signs CRLs, in seconds. */
  readonly clockSkewSeconds: number;
  /** How long a CRL counts past its nextUpdate. Absent but for a signed-off soft fail. */
  readonly grace?: Grace;
}

/** No CRL of another issuer, a minute of difference, no grace. */
export const DEFAULT_CRL_POLICY: CrlPolicy = Object.freeze({indirectCrl: 'deny', clockSkewSeconds: 60});

/**
 * Decides about who signed a CRL with another key than the CA's own: a path from the signer to the anchor, valid at
 * this moment and itself not revoked. Undefined means refused.
 */
export type SignerCheck = (
  signer: CertificateFacts,
  anchor: TrustAnchor,
  view: RevocationView,
  now: Date,
) => {readonly validUntil: Date; readonly grace?: GraceUse} | undefined;

/** RFC 5280 section 5.2.5: every reason but the unused bit 0. */
const ALL_REASONS: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8];

/**
 * Revocation by CRLs that are here, after RFC 5280 section 6.3.3. A certificate is good when the CRLs that cover it
 * cover every reason between them, revoked when any of them says so, and unknown otherwise.
 */
export class CrlView implements RevocationView {
  readonly #byIssuer = new Map<string, VerifiedCrl[]>();
  readonly #policy: CrlPolicy;
  readonly #checkSigner: SignerCheck;
  /** Signers being judged right now: a CRL does not vouch for its own signer. */
  readonly #judging = new Set<string>();

  constructor(crls: readonly VerifiedCrl[], policy: CrlPolicy, checkSigner: SignerCheck) {
    for (const crl of crls) {
      const name = crl.facts.issuer.comparable;
      this.#byIssuer.set(name, [...(this.#byIssuer.get(name) ?? []), crl]);
    }
    this.#policy = policy;
    this.#checkSigner = checkSigner;
  }

  statusOf(subject: CertificateFacts, issuer: CertificateFacts, anchor: TrustAnchor, now: Date): RevocationStatus {
    const open = new Set(ALL_REASONS);
    const refusals: string[] = [];
    const sources: string[] = [];
    let freshUntil = Infinity;
    let grace: GraceUse | undefined;
    for (const point of pointsOf(subject)) {
      for (const crl of this.#crlsFor(point, subject, now)) {
        const reasons = reasonsOf(crl, point).filter(reason => open.has(reason));
        if (reasons.length === 0) continue;
        const statement = this.#consult(crl, point, subject, issuer, anchor, now);
        if (statement.kind === 'refused') {
          refusals.push(`${crl.source}: ${statement.why}`);
          continue;
        }
        if (statement.kind === 'revoked') {
          const {revocationDate: since, reason} = statement.entry;
          return {status: 'revoked', since, reason, source: crl.source};
        }
        for (const reason of reasons) open.delete(reason);
        sources.push(crl.source);
        freshUntil = Math.min(freshUntil, statement.currency.untilMs);
        grace ??= statement.currency.grace;
      }
    }
    if (open.size === 0) {
      const source = sources.join(', ');
      return {status: 'good', freshUntil: new Date(freshUntil), source, ...(grace && {grace})};
    }
    const found = sources.length > 0 ? [...refusals, 'CRLs that cover some reasons only'] : refusals;
    return {
      status: 'unknown',
      required: 'a current CRL that covers the certificate',
      found: found.length === 0 ? 'none of its issuer' : [...new Set(found)].join('; '),
    };
  }

  /**
   * CRLs that may speak at this point, newest first (RFC 5280 section 6.3.3 (b)(1)). Deltas only count on top of one, and
   * what has a successor counts no more, though its nextUpdate may be the later one.
   */
  #crlsFor(point: PointToMatch, subject: CertificateFacts, now: Date): VerifiedCrl[] {
    const succeeded = new Set<string>();
    const names = point.crlIssuer.length === 0 ? [subject.issuer.comparable] : directoryNames(point.crlIssuer);
    return names
      .flatMap(name => this.#byIssuer.get(name) ?? [])
      .filter(crl => crl.facts.extensions.baseCrlNumber === undefined)
      .sort(newestFirst)
      .filter(crl => {
        const series = `${crl.facts.issuer.comparable} ${crl.scope} ${crl.keyFingerprint}`;
        if (succeeded.has(series)) return false;
        if (!this.#isOfFuture(crl, now)) succeeded.add(series);
        return true;
      });
  }

  #consult(
    crl: VerifiedCrl,
    point: PointToMatch,
    subject: CertificateFacts,
    issuer: CertificateFacts,
    anchor: TrustAnchor,
    now: Date,
  ): Statement {
    const outside = coversPoint(crl, point, subject);
    if (outside !== undefined) return {kind: 'refused', why: outside};
    if (crl.facts.extensions.issuingDistributionPoint?.indirectCrl === true && this.#policy.indirectCrl === 'deny') {
      return {kind: 'refused', why: 'an indirect CRL, which the policy refuses'};
    }
    const signer = this.#signerOf(crl, point, subject, issuer, anchor, now);
    if (signer === undefined) return {kind: 'refused', why: 'its signer does not lead to the anchor'};
    const delta = this.#deltaOn(crl);
    const used = delta === undefined ? [crl] : [delta, crl];
    const entry = entryAbout(subject, crl, delta);
    // Time ends what a CRL says by silence. What it calls revoked stays so: RFC 5280 section 3.3 keeps an entry until
    // the certificate has expired, and whoever holds back the next CRL must gain nothing by it.
    if (entry !== undefined) return {kind: 'revoked', entry};
    let currency = signer;
    for (const one of used) {
      const own = this.#currencyOf(one, now);
      if (typeof own === 'string') return {kind: 'refused', why: own};
      currency = shorterOf(currency, own);
    }
    return {kind: 'good', currency};
  }

  /** RFC 5280 section 6.3.3 (f): the CA itself, or a signer with a path to the same anchor. Undefined: neither. */
  #signerOf(
    crl: VerifiedCrl,
    point: PointToMatch,
    subject: CertificateFacts,
    issuer: CertificateFacts,
    anchor: TrustAnchor,
    now: Date,
  ): Currency | undefined {
    const isIssuer =
      crl.keyFingerprint === issuer.spkiFingerprint && crl.facts.issuer.comparable === issuer.subject.comparable;
    if (isIssuer) return maySignCrls(issuer) ? FOR_EVER : undefined;
    for (const signer of crl.signers.filter(maySignCrls)) {
      if (this.#judging.has(signer.fingerprint)) {
        // Only where the CA itself wrote into the signer's certificate that this signer speaks about it.
        if (signer.fingerprint === subject.fingerprint && point.crlIssuer.length > 0) return FOR_EVER;
        continue;
      }
      const judged = this.#judgeSigner(signer, anchor, now);
      if (judged !== undefined)
        return {untilMs: judged.validUntil.getTime(), ...(judged.grace && {grace: judged.grace})};
    }
    return undefined;
  }

  #judgeSigner(signer: CertificateFacts, anchor: TrustAnchor, now: Date): ReturnType<SignerCheck> {
    this.#judging.add(signer.fingerprint);
    try {
      return this.#checkSigner(signer, anchor, this, now);
    } finally {
      this.#judging.delete(signer.fingerprint);
    }
  }

  /** The newest delta that builds on this CRL (RFC 5280 sections 5.2.4 and 6.3.3 (c)). */
  #deltaOn(crl: VerifiedCrl): VerifiedCrl | undefined {
    const number = crl.facts.extensions.crlNumber;
    if (number === undefined) return undefined;
    return (this.#byIssuer.get(crl.facts.issuer.comparable) ?? [])
      .filter(({facts, keyFingerprint, scope}) => {
        const {baseCrlNumber, crlNumber = 0n} = facts.extensions;
        const fits = baseCrlNumber !== undefined && baseCrlNumber <= number && crlNumber > number;
        return fits && scope === crl.scope && keyFingerprint === crl.keyFingerprint;
      })
      .sort(newestFirst)[0];
  }

  /** How long a CRL counts at this moment, or why it does not. */
  #currencyOf(crl: VerifiedCrl, now: Date): Currency | string {
    const {thisUpdate, nextUpdate} = crl.facts;
    if (nextUpdate === undefined) return 'it has no nextUpdate';
    if (this.#isOfFuture(crl, now)) return `its thisUpdate ${thisUpdate.toISOString()} is in the future`;
    const endMs = nextUpdate.getTime();
    const current = currencyAt(now, endMs, endWithGrace(endMs, this.#policy.grace), crl.source);
    return current ?? `it is past its nextUpdate ${nextUpdate.toISOString()}`;
  }

  #isOfFuture({facts}: VerifiedCrl, now: Date): boolean {
    return now.getTime() < facts.thisUpdate.getTime() - this.#policy.clockSkewSeconds * 1000;
  }
}

type Statement =
  | {readonly kind: 'refused'; readonly why: string}
  | {readonly kind: 'revoked'; readonly entry: CrlEntry}
  | {readonly kind: 'good'; readonly currency: Currency};

/** Who is the CA itself is judged with the path. */
const FOR_EVER: Currency = Object.freeze({untilMs: Infinity});

function shorterOf(a: Currency, b: Currency): Currency {
  const grace = a.grace ?? b.grace;
  return {untilMs: Math.min(a.untilMs, b.untilMs), ...(grace && {grace})};
}

/** RFC 5280 section 6.3.3 (i) to (k): a delta speaks first; in it alone removeFromCRL takes a revocation back. */
function entryAbout(subject: CertificateFacts, crl: VerifiedCrl, delta: VerifiedCrl | undefined): CrlEntry | undefined {
  const change = delta?.index.find(subject.serialNumber, subject.issuer);
  if (change?.reason === 'removeFromCRL') return undefined;
  return change ?? crl.index.find(subject.serialNumber, subject.issuer);
}

/** RFC 5280 section 4.2.1.3: an absent key usage limits nothing. */
function maySignCrls(certificate: CertificateFacts): boolean {
  return certificate.extensions.keyUsage?.includes('cRLSign') ?? true;
}

function directoryNames(names: readonly GeneralName[]): readonly string[] {
  return names.flatMap(name => (name.kind === 'directory' ? [name.value.comparable] : []));
}
