import {Agent, request} from 'node:https';
import {setTimeout as delay} from 'node:timers/promises';
import type {Credential} from '../../src/pki/credential';
import {serverRoot} from '../server/harness';

/** What came of all requests. */
export interface Tally {
  readonly served: number;
  /** What went wrong, as often as it did. */
  readonly failures: readonly string[];
}

const TICK_MS = 20;
const MAX_PENDING = 200;

/**
 * Requests at a steady rate from several clients, each of which alternates between kept connections and fresh ones.
 * A client checks the server as clients do.
 */
export class Traffic {
  readonly #port: number;
  readonly #clients: readonly Credential[];
  readonly #perSecond: number;
  readonly #agents: readonly Agent[];
  readonly #failures: string[] = [];
  readonly #pending = new Set<Promise<void>>();
  #served = 0;
  #state: 'running' | 'stopped' = 'running';
  readonly #run: Promise<void>;

  constructor(port: number, clients: readonly Credential[], perSecond: number) {
    this.#port = port;
    this.#clients = clients;
    this.#perSecond = perSecond;
    this.#agents = clients.map(() => new Agent({keepAlive: true, maxSockets: 8}));
    this.#run = this.#send();
  }

  /** Sends nothing more, waits for what is under way, and tells what came of it. */
  async stop(): Promise<Tally> {
    this.#state = 'stopped';
    await this.#run;
    await Promise.all(this.#pending);
    this.#agents.forEach(agent => {
      agent.destroy();
    });
    return {served: this.#served, failures: this.#failures};
  }

  async #send(): Promise<void> {
    const startedMs = performance.now();
    let sent = 0;
    while (this.#state === 'running') {
      await delay(TICK_MS);
      const due = ((performance.now() - startedMs) / 1000) * this.#perSecond;
      // A process that could not keep up does not make up for it at once: the queue of the listener is finite.
      for (; sent < due && this.#pending.size < MAX_PENDING; sent++) {
        const one = this.#ask(sent);
        this.#pending.add(one);
        void one.then(() => this.#pending.delete(one));
      }
    }
  }

  async #ask(number: number): Promise<void> {
    const index = number % this.#clients.length;
    const client = this.#clients[index];
    const kept = Math.floor(number / this.#clients.length) % 2 === 0 ? this.#agents[index] : undefined;
    if (client === undefined) return;
    try {
      const status = await this.#get(client, kept);
      if (status === 200) this.#served++;
      else this.#failures.push(`status ${status}`);
    } catch (error) {
      this.#failures.push(`${kept === undefined ? 'fresh' : 'kept'} connection: ${String(error)}`);
    }
  }

  #get(client: Credential, agent: Agent | undefined): Promise<number> {
    return new Promise((resolve, reject) => {
      request(
        {
          host: '127.0.0.1',
          port: this.#port,
          agent: agent ?? false,
          servername: 'localhost',
          headers: {host: 'localhost'},
          ca: serverRoot.pem,
          key: client.exportKeyPem(),
          cert: client.chainPem,
        },
        response => {
          response.resume();
          response.on('error', reject);
          response.on('end', () => {
            resolve(response.statusCode ?? 0);
          });
        },
      )
        .on('error', reject)
        .end();
    });
  }
}
