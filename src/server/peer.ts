import type {Socket} from 'node:net';
import type {Principal} from '../identity/principal';
import type {VerifiedPeer} from '../trust/decision';

/** What is known about an accepted connection. One value per connection; nothing of it is read from the socket again. */
export interface PeerState {
  readonly peer: VerifiedPeer;
  readonly principal: Principal;
  /** Snapshot generation the verdict belongs to. */
  readonly generation: number;
  /** Epoch milliseconds after which the verdict is void. */
  readonly validUntilMs: number;
  readonly connection: ConnectionFacts;
}

/** Frozen at the first secureConnection: renegotiation or a second SNI cannot change it. */
export interface ConnectionFacts {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly protocol: string;
  readonly cipher: string;
  readonly group: string | undefined;
  /** A resumed session shows the certificate of an earlier handshake; who comes with it proved the key then. */
  readonly session: 'new' | 'resumed';
  /** Canonical: lower case, no trailing dot. */
  readonly serverName: string | undefined;
}

const states = new WeakMap<Socket, PeerState>();

/** The state of a connection this process verified, or undefined: such a socket gets no service. */
export function peerOf(socket: Socket): PeerState | undefined {
  return states.get(socket);
}

/** Records what was decided about a connection. Only the server's own verification calls this. */
export function setPeer(socket: Socket, state: PeerState): void {
  states.set(socket, state);
}

/** Takes the verdict back: from here on the socket gets no service, even while it is still open. */
export function forgetPeer(socket: Socket): void {
  states.delete(socket);
}
