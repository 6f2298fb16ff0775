import type {IncomingMessage, ServerResponse} from 'node:http';
import type {Socket} from 'node:net';
import type {TLSSocket} from 'node:tls';
import {publish} from '../audit/publish';
import type {Publish} from '../audit/publish';
import type {Refusal} from '../errors';
import {answerRefusal, answerRefusedUpgrade, correlationIdOf} from './answer';
import type {Admission, Gate} from './gate';
import type {Handshakes} from './handshakes';
import type {Doorkeeper} from './listener';
import {peerOf} from './peer';
import type {PeerState} from './peer';
import {peerSummary} from './summary';
import {pathOf} from './target';

/** A verdict about an upgrade request of an accepted peer. */
export type UpgradeDecision = {readonly verdict: 'allow'} | {readonly verdict: 'refuse'; readonly why: Refusal};

/** Decides about WebSocket and other upgrades. A decision that is thrown refuses. */
export type AuthorizeUpgrade = (
  request: IncomingMessage,
  state: PeerState,
) => UpgradeDecision | Promise<UpgradeDecision>;

const NO_UPGRADE: Refusal = Object.freeze<Refusal>({
  code: 'ERR_MTLS_UPGRADE_REFUSED',
  required: 'a rule that allows it',
  found: 'none',
});

/** Puts the decisions about connections and requests into effect: hands on what is admitted and answers the rest. */
export class RequestGuard implements Doorkeeper {
  readonly #handshakes: Handshakes;
  readonly #gate: Gate;
  readonly #authorizeUpgrade: AuthorizeUpgrade | undefined;
  readonly #tell: Publish;

  constructor(
    handshakes: Handshakes,
    gate: Gate,
    authorizeUpgrade: AuthorizeUpgrade | undefined,
    tell: Publish = publish,
  ) {
    this.#tell = tell;
    this.#handshakes = handshakes;
    this.#gate = gate;
    this.#authorizeUpgrade = authorizeUpgrade;
  }

  arrive(socket: Socket): boolean {
    return this.#handshakes.arrive(socket);
  }

  fail(error: unknown, socket: TLSSocket): void {
    this.#handshakes.fail(error, socket);
  }

  secure(socket: TLSSocket, proceed: () => void): void {
    this.#handshakes.secure(socket).then(
      outcome => {
        if (outcome === 'accepted') proceed();
      },
      // Whatever goes wrong while judging, the connection goes with it.
      () => socket.destroy(),
    );
  }

  request(request: IncomingMessage, response: ServerResponse, proceed: () => void): void {
    const settle = (admission: Admission): void => {
      if (admission.verdict === 'admit') proceed();
      else
        this.#refuse(request, admission.why, () => {
          answerRefusal(request, response, admission.why.code);
        });
    };
    const admission = this.#gate.admit(request);
    if (!(admission instanceof Promise)) settle(admission);
    else admission.then(settle, () => request.socket.destroy());
  }

  upgrade(request: IncomingMessage, socket: Socket, proceed: () => void): void {
    this.#decideUpgrade(request).then(
      why => {
        if (why === undefined) proceed();
        else
          this.#refuse(request, why, () => {
            answerRefusedUpgrade(request, socket, why.code);
          });
      },
      () => socket.destroy(),
    );
  }

  /** Why the connection may not become something else, or undefined. This server is no proxy: CONNECT is refused. */
  async #decideUpgrade(request: IncomingMessage): Promise<Refusal | undefined> {
    if (request.method === 'CONNECT') return NO_UPGRADE;
    const admission = await this.#gate.admit(request);
    if (admission.verdict === 'refuse') return admission.why;
    const decision = await this.#authorizeUpgrade?.(request, admission.state);
    if (decision?.verdict === 'allow') return undefined;
    return decision?.why ?? NO_UPGRADE;
  }

  #refuse(request: IncomingMessage, why: Refusal, answer: () => void): void {
    const state = peerOf(request.socket);
    const peer =
      state === undefined
        ? {remoteAddress: request.socket.remoteAddress, remotePort: request.socket.remotePort}
        : peerSummary(state.connection, state.peer.facts);
    this.#tell({
      family: 'authorization',
      verdict: 'deny',
      correlationId: correlationIdOf(request),
      peer,
      ...(state && {principal: state.principal.id}),
      method: request.method ?? '',
      path: pathOf(request.url ?? '') ?? '',
      why,
    });
    answer();
  }
}
