import type {Decision, PeerEvidence} from './decision';
import {RecentMap} from '../x509/recent-map';
import type {TrustSnapshot} from './snapshot';
import {verifyPeer} from './verify-peer';

/** Bounds of the cache. */
export interface VerdictCacheLimits {
  /** Verdicts kept; the one unused for longest goes first. Default 10000. */
  readonly size?: number;
  /** How long one is kept, in seconds. Default 600. */
  readonly lifetimeSeconds?: number;
}

interface Entry {
  readonly decision: Decision;
  readonly madeAtMs: number;
}

/**
 * Remembers accepting verdicts of one snapshot, so that a client that comes again costs a look-up. Refusals are
 * computed anew each time: they can turn with the clock, and remembering them would let strangers push out friends.
 * A verdict is never kept past its own end, nor into another generation.
 */
export class VerdictCache {
  readonly #lifetimeMs: number;
  readonly #entries: RecentMap<Entry>;
  #generation: number | undefined;
  #hits = 0;
  #misses = 0;

  constructor({size = 10_000, lifetimeSeconds = 600}: VerdictCacheLimits = {}) {
    this.#entries = new RecentMap(size);
    this.#lifetimeMs = lifetimeSeconds * 1000;
  }

  /** How many verdicts it holds. */
  get size(): number {
    return this.#entries.size;
  }

  /** How many decisions came from memory, and how many were made anew. */
  get lookups(): {readonly hits: number; readonly misses: number} {
    return {hits: this.#hits, misses: this.#misses};
  }

  /** The decision of {@link verifyPeer}, from memory where it was made for the same certificates and generation. */
  decide(evidence: PeerEvidence, trust: TrustSnapshot<unknown>, now: Date): Decision {
    if (trust.generation !== this.#generation) this.#entries.clear();
    this.#generation = trust.generation;
    const key = keyOf(evidence);
    const known = this.#entries.get(key);
    this.#entries.delete(key);
    const remembered = known !== undefined && this.#isUsable(known, now) ? known : undefined;
    if (remembered === undefined) this.#misses++;
    else this.#hits++;
    const entry = remembered ?? this.#entryFor(evidence, trust, now);
    if (entry.decision.verdict === 'accept') this.#entries.set(key, entry);
    return entry.decision;
  }

  #entryFor(evidence: PeerEvidence, trust: TrustSnapshot<unknown>, now: Date): Entry {
    const decision = verifyPeer(evidence, trust, now);
    return {decision, madeAtMs: now.getTime()};
  }

  /** A clock that was set back makes every verdict unusable that was made in what is now the future. */
  #isUsable({decision, madeAtMs}: Entry, now: Date): boolean {
    const ageMs = now.getTime() - madeAtMs;
    return (
      decision.verdict === 'accept' &&
      ageMs >= 0 &&
      ageMs <= this.#lifetimeMs &&
      now.getTime() <= decision.peer.path.validUntil.getTime()
    );
  }
}

/** SHA-256 fingerprints are of fixed length, so their concatenation is unambiguous. */
function keyOf({leaf, sent}: PeerEvidence): string {
  if (sent.length === 0) return leaf.fingerprint;
  return [leaf, ...sent].map(({fingerprint}) => fingerprint).join('');
}
