import type {Socket} from 'node:net';
import type {TLSSocket} from 'node:tls';
import type {RefusalEvent} from '../audit/events';
import {publish} from '../audit/publish';
import type {Publish} from '../audit/publish';
import type {Refusal} from '../errors';
import type {Principal} from '../identity/principal';
import type {PeerEvidence} from '../trust/decision';
import {isUnknown} from './judge';
import type {Judge, Verification, VerifiedEvidence} from './judge';
import {forgetPeer, setPeer} from './peer';
import type {PeerState} from './peer';
import {Slice} from './slice';
import {principalSummary, tellGrace, tellPrincipal} from './summary';

/** Whether a connection may be served now. */
export type Standing =
  {readonly verdict: 'admit'; readonly state: PeerState} | {readonly verdict: 'refuse'; readonly why: Refusal};

interface Entry {
  readonly socket: TLSSocket;
  readonly evidence: PeerEvidence;
  /** The verdict in force, kept as the answer to every request, so that a request allocates nothing. */
  standing: Extract<Standing, {verdict: 'admit'}>;
  /** Names of the identity rules that matched. */
  matched: readonly string[];
  /** Whether it ever asked anything: Node takes a connection that did not for busy. */
  use: 'unused' | 'used';
  /** Set while the connection is judged again: whoever asks in between waits for that verdict. */
  pending: Promise<Standing> | undefined;
}

/** How often ended verdicts are looked for, in milliseconds. */
const SWEEP_MS = 250;

/** Identities asked for again at the same time: a resolver may be a remote service. */
const MAX_RESOLVING = 64;

const UNVERIFIED: Standing = Object.freeze<Standing>({
  verdict: 'refuse',
  why: {code: 'ERR_MTLS_CONNECTION_UNVERIFIED', required: 'a connection this server verified', found: 'another one'},
});

/**
 * The open connections and the verdict each of them lives by. When trust changes or a verdict ends, the connection is
 * judged again and closed if it fails, whatever it is doing: a request in flight and an upgraded socket too.
 */
export class Connections {
  readonly #judge: Judge;
  readonly #tell: Publish;
  readonly #entries = new Map<Socket, Entry>();
  readonly #sweep: NodeJS.Timeout;
  /** Events about connections that are closed already: in a run that closes thousands, telling comes second. */
  readonly #untold = new Set<RefusalEvent>();
  #running: Promise<void> | undefined;

  constructor(judge: Judge, tell: Publish = publish) {
    this.#judge = judge;
    this.#tell = tell;
    this.#sweep = setInterval(() => {
      this.#judgeEnded(Date.now());
    }, SWEEP_MS).unref();
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Open connections by role of their principal; one with two roles counts for both. */
  get countByRole(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const {standing} of this.#entries.values())
      for (const role of standing.state.principal.roles) counts.set(role, (counts.get(role) ?? 0) + 1);
    return counts;
  }

  /** Takes a connection in that was judged under the current snapshot. */
  add(socket: TLSSocket, evidence: PeerEvidence, state: PeerState, matched: readonly string[]): void {
    const entry: Entry = {socket, evidence, standing: admitted(state), matched, use: 'unused', pending: undefined};
    this.#entries.set(socket, entry);
    setPeer(socket, state);
    socket.once('close', () => this.#entries.delete(socket));
  }

  /** Whether a request on the connection may be served at this moment; a promise where it has to be judged again first. */
  standingOf(socket: Socket): Standing | Promise<Standing> {
    const entry = this.#entries.get(socket);
    if (entry === undefined) return UNVERIFIED;
    entry.use = 'used';
    return this.#isCurrent(entry, Date.now()) ? entry.standing : this.#judgeAgain(entry);
  }

  /**
   * Judges every connection that was judged under an older snapshot, in slices that leave the event loop free. Those
   * whose chain fails are closed first; identities are resolved after that. Single flight: a call during a run
   * resolves once all connections are judged under the newest snapshot.
   */
  rejudge(): Promise<void> {
    this.#running ??= this.#rejudgeUntilCurrent().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Destroys the connections on which nothing was ever asked. */
  destroyUnused(): void {
    for (const {socket, use} of this.#entries.values()) if (use === 'unused') socket.destroy();
  }

  /** Destroys every connection, upgraded ones too. */
  destroyAll(): void {
    for (const socket of this.#entries.keys()) socket.destroy();
  }

  /** Ends the sweep, and tells what a run that is under way has not told yet. */
  stop(): void {
    clearInterval(this.#sweep);
    for (const event of this.#untold) {
      this.#untold.delete(event);
      this.#tell(event);
    }
  }

  async #rejudgeUntilCurrent(): Promise<void> {
    let generation: number;
    do {
      generation = this.#judge.snapshot.generation;
      const passed = await this.#verifyAll(generation);
      await this.#tellUntold();
      await this.#resolveAll(passed);
    } while (generation !== this.#judge.snapshot.generation);
  }

  async #verifyAll(generation: number): Promise<[Entry, VerifiedEvidence][]> {
    const passed: [Entry, VerifiedEvidence][] = [];
    // Connections of one client share their evidence, and a refusal is as good for all of them as for the first.
    const verifications = new Map<PeerEvidence, Verification>();
    const slice = new Slice();
    for (const entry of [...this.#entries.values()]) {
      if (entry.standing.state.generation === generation || entry.socket.destroyed) continue;
      // The next run judges under what came meanwhile.
      if (generation !== this.#judge.snapshot.generation) break;
      const verification = verifications.get(entry.evidence) ?? this.#verification(entry);
      verifications.set(entry.evidence, verification);
      if (verification.verdict === 'accept') passed.push([entry, verification.verified]);
      // Revocation data may still be fetched; until then requests of this connection wait.
      else if (isUnknown(verification)) void this.#judgeAgain(entry);
      else for (const event of this.#expel(entry, verification.why)) this.#untold.add(event);
      if (slice.isOver) await slice.renew();
    }
    return passed;
  }

  async #tellUntold(): Promise<void> {
    const slice = new Slice();
    for (const event of this.#untold) {
      // Taken out first: a listener may call `stop`, which tells the rest.
      this.#untold.delete(event);
      this.#tell(event);
      if (slice.isOver) await slice.renew();
    }
  }

  async #resolveAll(queue: [Entry, VerifiedEvidence][]): Promise<void> {
    const slice = new Slice();
    const worker = async (): Promise<void> => {
      for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
        const [entry, verified] = next;
        if (!this.#isCurrent(entry, Date.now())) await this.#once(entry, () => this.#resolve(entry, verified));
        if (slice.isOver) await slice.renew();
      }
    };
    await Promise.all(Array.from({length: MAX_RESOLVING}, worker));
  }

  #judgeEnded(nowMs: number): void {
    for (const entry of this.#entries.values())
      if (nowMs > entry.standing.state.validUntilMs) void this.#judgeAgain(entry);
  }

  #isCurrent({standing: {state}}: Entry, nowMs: number): boolean {
    return state.generation === this.#judge.snapshot.generation && nowMs <= state.validUntilMs;
  }

  #judgeAgain(entry: Entry): Promise<Standing> {
    return this.#once(entry, async () => {
      const verification = await this.#judge.settle(this.#judge.verify(entry.evidence, new Date()));
      return verification.verdict === 'accept'
        ? this.#resolve(entry, verification.verified)
        : this.#close(entry, verification.why);
    });
  }

  /** Never rejects: whatever goes wrong while judging, the connection goes with it. */
  #once(entry: Entry, judge: () => Promise<Standing>): Promise<Standing> {
    entry.pending ??= judge()
      .catch((error: unknown) => this.#close(entry, failed(error)))
      .finally(() => {
        entry.pending = undefined;
      });
    return entry.pending;
  }

  #verify(entry: Entry): {readonly verified: VerifiedEvidence} | Standing {
    const verification = this.#verification(entry);
    return verification.verdict === 'accept' ? verification : this.#close(entry, verification.why);
  }

  #verification(entry: Entry): Verification {
    try {
      return this.#judge.verify(entry.evidence, new Date());
    } catch (error) {
      return {verdict: 'reject', why: failed(error)};
    }
  }

  async #resolve(entry: Entry, {peer, generation}: VerifiedEvidence): Promise<Standing> {
    const judgement = await this.#judge.identify(peer, entry.socket);
    if (judgement.verdict === 'reject') return this.#close(entry, judgement.why);
    // Trust changed since the chain was verified, or while the resolver was thinking: both belong to the past.
    if (generation !== this.#judge.snapshot.generation) {
      const outcome = this.#verify(entry);
      return 'verified' in outcome ? this.#resolve(entry, outcome.verified) : outcome;
    }
    const {connection, peer: before, principal: known} = entry.standing.state;
    const {principal, matched} = judgement;
    const validUntilMs = peer.path.validUntil.getTime();
    const state: PeerState = Object.freeze({peer, principal, generation, validUntilMs, connection});
    const isOther = !isSamePrincipal(known, principal) || !isSameList(entry.matched, matched);
    entry.standing = admitted(state);
    entry.matched = matched;
    setPeer(entry.socket, state);
    const summary = principalSummary(connection, principal);
    // Not what stayed as it was: a routine CRL would write a line for each of ten thousand connections.
    if (isOther) tellPrincipal(principal, {peer: summary, rules: matched, generation}, this.#tell);
    if (before.path.grace?.source !== peer.path.grace?.source) tellGrace(peer.path, summary, this.#tell);
    return entry.standing;
  }

  #close(entry: Entry, why: Refusal): Standing {
    for (const event of this.#expel(entry, why)) this.#tell(event);
    return {verdict: 'refuse', why};
  }

  /** Destroys a connection; returns what is to be told of it, nothing where it was gone already. */
  #expel(entry: Entry, why: Refusal): readonly RefusalEvent[] {
    if (!this.#entries.delete(entry.socket)) return [];
    forgetPeer(entry.socket);
    entry.socket.destroy();
    const {connection, principal} = entry.standing.state;
    const {generation} = this.#judge.snapshot;
    return [{family: 'refusal', peer: principalSummary(connection, principal), why, stage: 'open', generation}];
  }
}

function admitted(state: PeerState): Extract<Standing, {verdict: 'admit'}> {
  return Object.freeze({verdict: 'admit', state});
}

function isSamePrincipal(one: Principal, other: Principal): boolean {
  return one.id === other.id && one.idSource === other.idSource && isSameList(one.roles, other.roles);
}

function isSameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((item, index) => item === other[index]);
}

function failed(error: unknown): Refusal {
  return {
    code: 'ERR_MTLS_CONNECTION_UNVERIFIED',
    required: 'a verdict',
    found: error instanceof Error ? `${error.name} while judging` : 'a failure while judging',
  };
}
