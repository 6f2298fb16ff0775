import type {Socket} from 'node:net';
import {MtlsError} from '../errors';
import type {Refusal} from '../errors';
import {identify, mapPeer} from '../identity/map';
import type {Principal} from '../identity/principal';
import type {CompiledRule, IdentityDecision, IdentityMapping} from '../identity/rules';
import type {PeerEvidence, VerifiedPeer} from '../trust/decision';
import type {DenyEntry} from '../trust/deny-list';
import {RecentMap} from '../x509/recent-map';
import type {TrustMaterial, TrustSnapshot} from '../trust/snapshot';
import {VerdictCache} from '../trust/verdict-cache';
import {parseCertificate} from '../x509/certificate';
import {fingerprintOf} from '../x509/fingerprint';

/** Everything a server decides by, as one immutable value. */
export interface Snapshot extends TrustSnapshot<IdentityMapping> {
  /** Whether a connection may rest on a session that is resumed; it is decided about like any other. */
  readonly resumption: 'refuse' | 'allow';
}

/** What a peer showed, as bytes: DER certificates. */
export interface PresentedChain {
  readonly leaf: Buffer;
  /** What the peer sent beside the leaf, where the runtime shows it. */
  readonly sent: readonly Buffer[];
}

/** A peer that was verified under one snapshot. Not yet mapped to a principal. */
export interface VerifiedEvidence {
  readonly evidence: PeerEvidence;
  readonly peer: VerifiedPeer;
  /** Generation of that snapshot: under another one this proves nothing. */
  readonly generation: number;
}

/** What the second verifier says about a chain. Whom it belongs to has not been asked yet. */
export type Verification =
  | {readonly verdict: 'accept'; readonly verified: VerifiedEvidence}
  | {readonly verdict: 'reject'; readonly why: Refusal; readonly evidence?: PeerEvidence};

/** What identity rules or the resolver say about a verified peer. */
export type Judgement =
  | {
      readonly verdict: 'accept';
      readonly peer: VerifiedPeer;
      readonly principal: Principal;
      /** Names of the identity rules that matched. */
      readonly matched: readonly string[];
    }
  | {readonly verdict: 'reject'; readonly stage: 'verification' | 'identity'; readonly why: Refusal};

/** Fetches the revocation data that is missing to decide about a peer. Never rejects. */
export type Acquire = (evidence: PeerEvidence, trust: TrustMaterial) => Promise<void>;

/** Whether a verification was refused for want of revocation data only. */
export function isUnknown(verification: Verification): boolean {
  return verification.verdict === 'reject' && verification.why.code === 'ERR_MTLS_REVOCATION_UNKNOWN';
}

/** Parsed chains of accepted peers kept at most: one is some ten kilobytes. */
const MAX_PARSED = 2_000;

/** Decides about peers under the current snapshot. */
export class Judge {
  #snapshot: Snapshot;
  readonly #acquire: Acquire;
  readonly #verdicts = new VerdictCache();
  /** By the hash of what was presented, so that a client that comes again is not parsed again. */
  readonly #parsed = new RecentMap<PeerEvidence>(MAX_PARSED);
  /** What the rules of this snapshot make of a peer: the same for every connection that shares its verdict. */
  #mapped = new WeakMap<VerifiedPeer, IdentityDecision>();

  /** @param acquire fetches the revocation data that is missing for a peer; it never rejects */
  constructor(snapshot: Snapshot, acquire: Acquire) {
    this.#snapshot = snapshot;
    this.#acquire = acquire;
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /** How many verdicts are remembered, and how often that helped. */
  get cache(): {readonly entries: number; readonly hits: number; readonly misses: number} {
    return {entries: this.#verdicts.size, ...this.#verdicts.lookups};
  }

  /** Takes a new snapshot in force; nothing that was decided under the old one is used again. */
  adopt(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    this.#mapped = new WeakMap();
  }

  /** Verifies a chain as it was presented; a leaf that does not parse is a refusal. */
  verifyChain(chain: PresentedChain, now: Date): Verification {
    const key = [chain.leaf, ...chain.sent].map(fingerprintOf).join('');
    const evidence = this.#parsed.get(key) ?? readEvidence(chain);
    if ('code' in evidence) return {verdict: 'reject', why: evidence};
    const verification = this.verify(evidence, now);
    if (verification.verdict === 'accept') this.#parsed.set(key, evidence);
    return verification;
  }

  /** Verifies evidence that was read before, for example of an open connection. */
  verify(evidence: PeerEvidence, now: Date): Verification {
    const {generation} = this.#snapshot;
    const decision = this.#verdicts.decide(evidence, this.#snapshot, now);
    return decision.verdict === 'accept'
      ? {verdict: 'accept', verified: {evidence, peer: decision.peer, generation}}
      : {verdict: 'reject', why: decision.why, evidence};
  }

  /**
   * Gives a verification that lacked nothing but revocation data a second chance, after fetching it. The caller holds
   * the peer meanwhile.
   */
  async settle(first: Verification): Promise<Verification> {
    if (first.verdict === 'accept' || !first.evidence || !isUnknown(first)) return first;
    await this.#acquire(first.evidence, this.#snapshot);
    return this.verify(first.evidence, new Date());
  }

  /** Maps a verified peer to a principal; a resolver may take its time, within its limit. */
  async identify(peer: VerifiedPeer, socket: Socket): Promise<Judgement> {
    const decision = await this.#map(peer, socket);
    if (decision.verdict === 'reject') return {verdict: 'reject', stage: 'identity', why: decision.why};
    const {principal, matched} = decision;
    const denied = this.#snapshot.revocation.aboutPrincipal?.(principal.id);
    if (denied !== undefined) return {verdict: 'reject', stage: 'identity', why: deniedPrincipal(denied)};
    return {verdict: 'accept', peer, principal, matched};
  }

  async #map(peer: VerifiedPeer, socket: Socket): Promise<IdentityDecision> {
    const {rules} = this.#snapshot;
    if (rules.kind === 'rules') return this.#mapByRules(peer, rules.rules);
    const gone = new AbortController();
    const abort = (): void => {
      gone.abort();
    };
    socket.once('close', abort);
    try {
      return await identify(peer, rules, AbortSignal.any([gone.signal, AbortSignal.timeout(rules.timeoutMs)]));
    } finally {
      socket.off('close', abort);
    }
  }

  #mapByRules(peer: VerifiedPeer, rules: readonly CompiledRule[]): IdentityDecision {
    const known = this.#mapped.get(peer);
    if (known !== undefined) return known;
    const decision = mapPeer(peer, rules);
    this.#mapped.set(peer, decision);
    return decision;
  }
}

/** The leaf must parse. What else was sent is only a candidate: what does not parse is left out. */
function readEvidence({leaf, sent}: PresentedChain): PeerEvidence | Refusal {
  try {
    return {leaf: parseCertificate(leaf), sent: sent.flatMap(der => parseOrNothing(der))};
  } catch (error) {
    if (error instanceof MtlsError) return error.refusal;
    throw error;
  }
}

function parseOrNothing(der: Buffer): ReturnType<typeof parseCertificate>[] {
  try {
    return [parseCertificate(der)];
  } catch {
    return [];
  }
}

/** Why a principal on the deny-list is refused. */
export function deniedPrincipal({since, reason}: DenyEntry): Refusal {
  return {
    code: 'ERR_MTLS_REVOKED',
    required: 'a principal that is not on the deny-list',
    found: `${reason}, denied ${since.toISOString()}`,
  };
}
