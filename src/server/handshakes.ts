import type {Socket} from 'node:net';
import type {TLSSocket} from 'node:tls';
import {publish} from '../audit/publish';
import type {Publish} from '../audit/publish';
import type {RefusalEvent} from '../audit/events';
import type {Refusal} from '../errors';
import type {CertificateFacts} from '../x509/certificate';
import type {Connections} from './connections';
import {connectionFacts, presentedChain, presentedLeaf} from './evidence';
import {failedJudging, judgeSession, late, MISSING, nameIntermediate} from './handshake-refusals';
import {isUnknown} from './judge';
import type {Judge, Judgement, Verification, VerifiedEvidence} from './judge';
import {ConnectionCounter} from './limits';
import type {Limits, Ticket} from './limits';
import {refusalOfHandshake} from './openssl-errors';
import type {ConnectionFacts} from './peer';
import {RefusalRecorder} from './refusals';
import {peerSummary, principalSummary, tellGrace, tellPrincipal} from './summary';
import type {RemoteEnd} from './summary';

/** One accepted TCP connection on its way to a verdict. */
interface Arrival extends RemoteEnd {
  readonly ticket: Ticket;
  /** Ends the wait for a verdict; undefined once there is one. */
  deadline: NodeJS.Timeout | undefined;
  /** Set once the connection was accepted or refused: exactly one event tells the outcome. */
  outcome: 'undecided' | 'decided';
}

/**
 * The way from an accepted TCP connection to a verified peer. OpenSSL judges first, in the handshake; then the same
 * chain is judged here, under the current snapshot, and mapped to a principal. Both must accept. Until then the
 * connection is held: no HTTP parser, no listener of the application sees it.
 */
export class Handshakes {
  readonly #judge: Judge;
  readonly #connections: Connections;
  readonly #limits: Limits;
  readonly #counter: ConnectionCounter;
  readonly #tell: Publish;
  readonly #recorder: RefusalRecorder;
  readonly #arrivals = new WeakMap<Socket, Arrival>();
  readonly #held = new Set<TLSSocket>();

  constructor(judge: Judge, connections: Connections, limits: Limits, tell: Publish = publish) {
    this.#tell = tell;
    this.#recorder = new RefusalRecorder(tell);
    this.#judge = judge;
    this.#connections = connections;
    this.#limits = limits;
    this.#counter = new ConnectionCounter(limits);
  }

  /** Counts a TCP connection in and starts its clock; false when it met a limit and was destroyed. */
  arrive(socket: Socket): boolean {
    const remote = {remoteAddress: socket.remoteAddress, remotePort: socket.remotePort};
    const ticket = this.#counter.admit(remote.remoteAddress ?? 'unknown');
    if ('code' in ticket) {
      this.#record(remote, 'handshake', ticket);
      socket.destroy();
      return false;
    }
    const {remoteAddress, remotePort} = remote;
    const arrival: Arrival = {remoteAddress, remotePort, ticket, deadline: undefined, outcome: 'undecided'};
    arrival.deadline = setTimeout(() => {
      this.#refuse(socket, arrival, 'handshake', late(this.#limits.handshakeTimeoutMs));
    }, this.#limits.handshakeTimeoutMs);
    this.#arrivals.set(socket, arrival);
    socket.once('close', () => {
      clearTimeout(arrival.deadline);
      ticket.closed();
    });
    return true;
  }

  /** Records why OpenSSL ended a handshake, and ends the socket: Node leaves it open after a timeout. */
  fail(error: unknown, socket: TLSSocket): void {
    const {authorizationError} = socket as {authorizationError?: unknown};
    const verifyError = typeof authorizationError === 'string' ? authorizationError : undefined;
    const why = refusalOfHandshake(codeOf(error), verifyError);
    const arrival = this.#arrivalOf(socket);
    socket.on('error', ignore);
    if (arrival !== undefined) this.#refuse(socket, arrival, 'handshake', why, {openssl: verifyError ?? codeOf(error)});
    socket.destroy();
  }

  /** Judges a connection whose handshake OpenSSL accepted; one that is refused is destroyed. */
  async secure(socket: TLSSocket): Promise<'accepted' | 'refused'> {
    // Whatever the peer does from here on, an error on its socket must not end the process.
    socket.on('error', ignore);
    const arrival = this.#arrivalOf(socket);
    if (arrival === undefined) {
      socket.destroy();
      return 'refused';
    }
    this.#held.add(socket);
    try {
      return await this.#judgeArrival(socket, arrival);
    } catch (error) {
      this.#refuse(socket, arrival, 'verification', failedJudging(error), {openssl: 'authorized'});
      return 'refused';
    } finally {
      this.#held.delete(socket);
    }
  }

  /** Destroys what is still held: `https.Server.close` does not know these sockets. */
  destroyHeld(): void {
    for (const socket of this.#held) socket.destroy();
  }

  async #judgeArrival(socket: TLSSocket, arrival: Arrival): Promise<'accepted' | 'refused'> {
    const refuse = (stage: RefusalEvent['stage'], why: Refusal, leaf?: CertificateFacts): 'refused' => {
      this.#refuse(socket, arrival, stage, why, {openssl: 'authorized', ...(leaf && {leaf})});
      return 'refused';
    };
    const {generation, resumption} = this.#judge.snapshot;
    const illegitimate = judgeSession(socket, resumption);
    if (illegitimate !== undefined) return refuse('handshake', illegitimate);
    const facts = connectionFacts(socket, arrival);
    let verification = this.#verify(socket);
    if (isUnknown(verification)) {
      verification = await this.#judge.settle(verification);
      if (arrival.outcome !== 'undecided' || socket.destroyed) return 'refused';
      if (generation !== this.#judge.snapshot.generation) return this.#judgeArrival(socket, arrival);
    }
    if (verification.verdict === 'reject') return refuse('verification', verification.why, verification.evidence?.leaf);
    const {verified} = verification;
    const judgement = await this.#judge.identify(verified.peer, socket);
    if (arrival.outcome === 'decided' || socket.destroyed) return 'refused';
    // Trust changed while the resolver was thinking: its answer belongs to the past.
    if (generation !== this.#judge.snapshot.generation) return this.#judgeArrival(socket, arrival);
    if (judgement.verdict === 'reject') return refuse('identity', judgement.why, verified.evidence.leaf);
    this.#accept(socket, arrival, facts, verified, judgement, generation);
    return 'accepted';
  }

  /**
   * The leaf alone first: with the configured intermediates that is enough, and asking for what else was sent is the
   * dearest call of all. What the peer sent is looked at only when the leaf alone leads nowhere, and not where sessions
   * are resumed: of a chain they keep the leaf only, and who comes in the first time has to come in again.
   */
  #verify(socket: TLSSocket): Verification {
    const leaf = presentedLeaf(socket);
    if (leaf === undefined) return {verdict: 'reject', why: MISSING};
    const now = new Date();
    const alone = this.#judge.verifyChain({leaf, sent: []}, now);
    if (alone.verdict === 'accept') return alone;
    const chain = this.#judge.snapshot.resumption === 'refuse' ? presentedChain(socket, leaf) : undefined;
    if (chain !== undefined && chain.sent.length > 0) return this.#judge.verifyChain(chain, now);
    return alone.why.code === 'ERR_MTLS_CHAIN_UNTRUSTED' ? {...alone, why: nameIntermediate(alone.why)} : alone;
  }

  #accept(
    socket: TLSSocket,
    arrival: Arrival,
    connection: ConnectionFacts,
    {peer, evidence}: VerifiedEvidence,
    {principal, matched}: Extract<Judgement, {verdict: 'accept'}>,
    generation: number,
  ): void {
    arrival.outcome = 'decided';
    clearTimeout(arrival.deadline);
    arrival.deadline = undefined;
    arrival.ticket.established();
    const validUntilMs = peer.path.validUntil.getTime();
    const state = Object.freeze({peer, principal, generation, validUntilMs, connection});
    this.#connections.add(socket, evidence, state, matched);
    const summary = principalSummary(arrival, principal);
    const {protocol, cipher, group, serverName, session} = connection;
    this.#tell({
      family: 'handshake',
      peer: summary,
      protocol,
      cipher,
      ...(group !== undefined && {group}),
      ...(serverName !== undefined && {serverName}),
      session,
      generation,
    });
    tellPrincipal(principal, {peer: summary, rules: matched, generation}, this.#tell);
    tellGrace(peer.path, summary, this.#tell);
  }

  #refuse(
    socket: Socket,
    arrival: Arrival,
    stage: RefusalEvent['stage'],
    why: Refusal,
    known: {readonly openssl?: string; readonly leaf?: CertificateFacts} = {},
  ): void {
    if (arrival.outcome === 'undecided') {
      arrival.outcome = 'decided';
      this.#record(arrival, stage, why, known);
    }
    socket.destroy();
  }

  #record(
    remote: RemoteEnd,
    stage: RefusalEvent['stage'],
    why: Refusal,
    {openssl, leaf}: {readonly openssl?: string; readonly leaf?: CertificateFacts} = {},
  ): void {
    const {generation} = this.#judge.snapshot;
    const event = {peer: peerSummary(remote, leaf), why, stage, generation};
    this.#recorder.record(openssl === undefined ? event : {...event, openssl}, performance.now());
  }

  /**
   * The TCP connection below a TLS socket. Node offers no other link than this property, the same on every supported
   * version; without it the connection is refused, because it could not be counted.
   */
  #arrivalOf(socket: TLSSocket): Arrival | undefined {
    const parent: unknown = Reflect.get(socket, '_parent');
    return typeof parent === 'object' && parent !== null ? this.#arrivals.get(parent as Socket) : undefined;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
}

function ignore(): void {
  // The outcome is recorded where it is decided; a late error of a socket adds nothing.
}
