import {publish} from '../audit/publish';
import {signerCheck} from '../trust/crl-signer';
import {CrlView, DEFAULT_CRL_POLICY} from '../trust/crl-view';
import type {TrustAnchor} from '../trust/anchor';
import type {PeerEvidence} from '../trust/decision';
import type {DenyEntry} from '../trust/deny-list';
import {OcspAnswers} from '../trust/ocsp-answers';
import type {OcspSubject} from '../trust/ocsp-answers';
import {DEFAULT_TRUST} from '../trust/policy';
import type {RevocationView} from '../trust/revocation';
import {PolicyView} from '../trust/revocation-policy';
import type {RevocationRules, UnknownAllowed} from '../trust/revocation-policy';
import type {TrustMaterial} from '../trust/snapshot';
import {verifyPeer} from '../trust/verify-peer';
import type {VerifiedCrl} from '../trust/crl-signature';
import type {CertificateFacts} from '../x509/certificate';
import {CrlFetcher} from './crl-fetcher';
import {DenyListSources} from './deny-list-sources';
import type {DenyListStore} from './deny-list-store';
import {OcspClient} from './ocsp-client';
import type {RevocationMemory, RevocationPlan} from './revocation';
import type {FetchPolicy} from './revocation-fetch';
import type {ResolvedPolicy} from './revocation-policy';
import {SharedDenyList} from './shared-deny-list';
import type {Stapler} from './stapling';
import {revocationDigest} from './trust-digest';

/** How often due refreshes are looked for, in milliseconds. */
const REFRESH_POLL_MS = 1_000;

/** OCSP answers kept at most: about ten megabytes. */
const MAX_OCSP_ANSWERS = 10_000;

/** An OCSP answer is asked for again when this much of the time until its nextUpdate has passed. */
const OCSP_REFRESH_AT = 0.8;

/** Answers that nobody needed for this long are not refreshed any more, in milliseconds. */
const OCSP_IDLE_MS = 24 * 3_600_000;

/** Later than any certificate: the largest time of RFC 5280 section 4.1.2.5. */
const END_OF_TIME = new Date(Date.UTC(9999, 11, 31, 23, 59, 59));

/** A view that can be told from others. */
export interface LiveView extends RevocationView {
  /** A hash of what it decides from, but for OCSP answers. */
  digest(): string;
}

/**
 * Revocation of a running server: what was configured, and what changes by itself. CRLs and OCSP answers are fetched
 * again ahead of their end, the deny-list is watched, and every change gives a new view.
 */
export class LiveRevocation implements RevocationMemory {
  /** Set by the server that staples. */
  stapler: Stapler | undefined;
  #onChange: (view: LiveView) => void = () => undefined;
  readonly #answers = new OcspAnswers(MAX_OCSP_ANSWERS);
  readonly #ocsp = new OcspClient(this.#answers);
  readonly #crls = new CrlFetcher();
  readonly #denyList = new DenyListSources(() => {
    this.#changed();
  });
  #plan: RevocationPlan | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** Fetches CRLs for a plan that is being loaded. Those held already stay held when fetching fails. */
  async fetchCrls(
    urls: readonly string[],
    authorities: readonly CertificateFacts[],
    network: FetchPolicy,
  ): Promise<readonly VerifiedCrl[]> {
    await Promise.all(urls.map(url => this.#crls.fetch(url, authorities, network, Date.now())));
    return this.#crls.crls;
  }

  /** The shared deny-list over a store: the one in force where the store is the same. */
  sharedDenyList(store: DenyListStore, timeoutMs: number): SharedDenyList {
    const held = this.#plan?.sharedDenyList;
    if (held?.store === store) return held;
    return new SharedDenyList(store, timeoutMs, () => {
      this.#changed();
    });
  }

  /** CRLs of files that are in force: what a reload brings may not be older. */
  get crlsInForce(): readonly VerifiedCrl[] {
    return this.#plan?.crls ?? [];
  }

  /** Every CRL that is in force, from files and from URLs. */
  get crls(): readonly VerifiedCrl[] {
    return this.#plan === undefined ? [] : [...this.#plan.crls, ...this.#crls.crls];
  }

  /** Takes a plan in force and returns its view. */
  adopt(plan: RevocationPlan): LiveView {
    const before = this.#plan?.sharedDenyList;
    this.#plan = plan;
    if (this.#timer !== undefined && before !== plan.sharedDenyList) void this.#watchInstead(before);
    this.#denyList.adopt(plan.denied, plan.sharedDenyList);
    return this.#viewOf(plan);
  }

  /**
   * Starts watching and refreshing.
   *
   * @throws MtlsError `ERR_MTLS_REVOCATION_SOURCE` when the store of a shared deny-list cannot be watched
   * @param onChange takes a new view in force; called before whatever caused it goes on
   */
  async start(onChange: (view: LiveView) => void): Promise<void> {
    this.#onChange = onChange;
    this.#announceGrace();
    await this.#plan?.sharedDenyList?.watch();
    this.#timer = setInterval(() => void this.#refresh(), REFRESH_POLL_MS).unref();
  }

  /** A reload may bring another store. One that cannot be watched is read regularly all the same. */
  async #watchInstead(before: SharedDenyList | undefined): Promise<void> {
    await Promise.all([before?.stop(), this.#plan?.sharedDenyList?.watchQuietly()]);
  }

  /** Once for each soft fail, however many anchors share it. */
  #announceGrace(): void {
    const plan = this.#plan;
    const graces = plan?.anchors.flatMap(anchor => plan.policyOf(anchor).grace ?? []) ?? [];
    const messages = graces.map(
      ({hours, until, reason}) =>
        `stale revocation data counts for ${hours} hours until ${until.toISOString()}: ${reason}`,
    );
    for (const message of new Set(messages)) publish({family: 'start', phase: 'weakening', message});
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#plan?.sharedDenyList?.stop();
  }

  /** Shuts somebody out at once. */
  deny(entry: DenyEntry): Promise<void> {
    return this.#denyList.deny(entry);
  }

  /**
   * Fetches what is missing to decide about a peer whose path is otherwise in order. When the promise resolves whatever
   * could be had is in force; ask `verifyPeer` again, once.
   */
  async acquire(evidence: PeerEvidence, trust: TrustMaterial): Promise<void> {
    const plan = this.#plan;
    if (plan === undefined) return;
    await plan.sharedDenyList?.readIfStale();
    const missing = unknownOf(evidence, trust, new Date());
    const tasks = missing.flatMap(about => this.#fetchFor(about, plan, evidence));
    if ((await Promise.all(tasks)).includes('changed')) this.#changed();
  }

  #fetchFor(about: OcspSubject, plan: RevocationPlan, {sent}: PeerEvidence): Promise<'changed' | 'unchanged'>[] {
    const policy = plan.policyOf(about.anchor);
    const tasks: Promise<'changed' | 'unchanged'>[] = [];
    if (policy.ocsp !== 'off') tasks.push(this.#ask(about, plan));
    if (policy.distributionPoints === 'fetch') {
      const candidates = [about.issuer, ...authoritiesOf(plan), ...sent];
      for (const url of pointsOf(about.subject)) {
        tasks.push(this.#crls.fetch(url, candidates, plan.network, Date.now()));
      }
    }
    return tasks;
  }

  #ask(about: OcspSubject, plan: RevocationPlan): Promise<'changed' | 'unchanged'> {
    const policy = plan.policyOf(about.anchor);
    if (policy.ocsp === 'off') return Promise.resolve('unchanged');
    return this.#ocsp.ask({
      about,
      options: policy.ocsp,
      ...(policy.grace && {grace: policy.grace}),
      network: withResponder(plan.network, policy.ocsp.responder),
      crls: this.#crlView(plan, policy),
    });
  }

  async #refresh(): Promise<void> {
    const plan = this.#plan;
    if (plan === undefined) return;
    const nowMs = Date.now();
    const due = this.#answers.usedSince(nowMs - OCSP_IDLE_MS).filter(({statement, receivedAtMs}) => {
      return nowMs >= receivedAtMs + (statement.nextUpdate.getTime() - receivedAtMs) * OCSP_REFRESH_AT;
    });
    const outcomes = await Promise.all([this.#crls.refresh(nowMs), ...due.map(({about}) => this.#ask(about, plan))]);
    if (outcomes.includes('changed')) this.#changed();
  }

  #changed(): void {
    if (this.#plan !== undefined) this.#onChange(this.#viewOf(this.#plan));
  }

  #viewOf(plan: RevocationPlan): LiveView {
    const rules = new Map(
      plan.anchors.map(anchor => [anchor.certificate.fingerprint, this.#rulesOf(plan, plan.policyOf(anchor))]),
    );
    const nothing: RevocationRules = {sources: [], agreement: 'any', unknown: 'deny'};
    const {crls} = this;
    const {list} = this.#denyList;
    const view = new PolicyView(
      list,
      plan.intermediates,
      ({certificate}) => rules.get(certificate.fingerprint) ?? nothing,
    );
    return Object.assign(view, {digest: () => revocationDigest(plan, crls, list)});
  }

  #rulesOf(plan: RevocationPlan, policy: ResolvedPolicy): RevocationRules {
    const {agreement, shortLivedHours} = policy;
    const {allowUnknown, sharedDenyList: shared} = plan;
    const allowed = allowUnknown && {until: allowUnknown.until, source: 'weakening unknown-revocation'};
    const sharedDenyList = shared && {sharedDenyList: (now: Date) => sharedStatus(shared, policy, allowed, now)};
    if (policy.unknown === 'deny-list-only') {
      return {sources: [], agreement, unknown: {until: END_OF_TIME, source: 'deny-list only'}, ...sharedDenyList};
    }
    const hasCrls = plan.hasCrlSource || policy.distributionPoints === 'fetch';
    return {
      sources: [...(hasCrls ? [this.#crlView(plan, policy)] : []), ...(policy.ocsp === 'off' ? [] : [this.#answers])],
      agreement,
      ...(shortLivedHours !== undefined && {shortLivedHours}),
      ...sharedDenyList,
      unknown: allowed ?? 'deny',
    };
  }

  #crlView(plan: RevocationPlan, {indirectCrl, grace}: ResolvedPolicy): RevocationView {
    const crls: readonly VerifiedCrl[] = [...plan.crls, ...this.#crls.crls];
    const policy = {...DEFAULT_CRL_POLICY, indirectCrl, ...(grace && {grace})};
    return new CrlView(crls, policy, signerCheck(authoritiesOf(plan), DEFAULT_TRUST));
  }
}

/** A shared deny-list that is not current is refused like any unknown status, and let through by the same weakening. */
function sharedStatus(
  shared: SharedDenyList,
  {grace}: ResolvedPolicy,
  allowed: UnknownAllowed | undefined,
  now: Date,
): ReturnType<SharedDenyList['statusAt']> {
  const status = shared.statusAt(now, grace);
  if (status.status === 'good' || allowed === undefined || now > allowed.until) return status;
  return {status: 'good', freshUntil: allowed.until, source: allowed.source};
}

function authoritiesOf({anchors, intermediates}: RevocationPlan): readonly CertificateFacts[] {
  return [...anchors.map(({certificate}) => certificate), ...intermediates];
}

/** The certificates whose status nobody tells, on the path that would be accepted if they were good. */
function unknownOf(evidence: PeerEvidence, trust: TrustMaterial, now: Date): readonly OcspSubject[] {
  const missing: OcspSubject[] = [];
  const assuming: RevocationView = {
    statusOf(subject: CertificateFacts, issuer: CertificateFacts, anchor: TrustAnchor) {
      const status = trust.revocation.statusOf(subject, issuer, anchor, now);
      if (status.status !== 'unknown') return status;
      missing.push({subject, issuer, anchor});
      return {status: 'good', freshUntil: subject.notAfter, source: 'assumed for the search'};
    },
  };
  verifyPeer(evidence, {...trust, revocation: assuming}, now);
  return missing;
}

/** http URLs of the distribution points; https would need certificates that are checked here. */
function pointsOf({extensions}: CertificateFacts): readonly string[] {
  const points = [...(extensions.crlDistributionPoints ?? []), ...(extensions.freshestCrl ?? [])];
  return points
    .flatMap(({fullName}) => fullName)
    .flatMap(name => (name.kind === 'uri' && /^http:/i.test(name.value) ? [name.value] : []))
    .slice(0, MAX_POINTS);
}

/** URLs fetched for one certificate. */
const MAX_POINTS = 4;

function withResponder(network: FetchPolicy, responder: string | undefined): FetchPolicy {
  if (responder === undefined || !URL.canParse(responder)) return network;
  return {...network, allowedHosts: [...network.allowedHosts, new URL(responder).host]};
}
