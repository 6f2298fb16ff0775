import type {IncomingMessage} from 'node:http';
import type {Connections, Standing} from './connections';
import type {HostNames} from './host';
import {judgeHost, judgeTarget} from './target';

/** Whether a request may reach the application. */
export type Admission = Standing;

/**
 * The gate before everything: is the connection one of ours, does its verdict hold now, is the request meant for this
 * server, does its target mean one thing. On a connection in good standing that is a look-up and two comparisons.
 */
export class Gate {
  readonly #connections: Connections;
  #hostNames: HostNames;

  constructor(connections: Connections, hostNames: HostNames) {
    this.#connections = connections;
    this.#hostNames = hostNames;
  }

  /** Takes other host names in force, after a reload of the server certificate. */
  adopt(hostNames: HostNames): void {
    this.#hostNames = hostNames;
  }

  /** Decides about a request; a promise where the connection has to be judged again first. */
  admit(request: IncomingMessage): Admission | Promise<Admission> {
    const standing = this.#connections.standingOf(request.socket);
    return standing instanceof Promise
      ? standing.then(settled => this.#judgeRequest(request, settled))
      : this.#judgeRequest(request, standing);
  }

  #judgeRequest(request: IncomingMessage, standing: Standing): Admission {
    if (standing.verdict === 'refuse') return standing;
    const why =
      judgeTarget(request.url ?? '') ?? judgeHost(request, standing.state.connection.serverName, this.#hostNames);
    return why === undefined ? standing : {verdict: 'refuse', why};
  }
}
