import {Agent, request} from 'node:https';
import type {Socket} from 'node:net';
import {setTimeout as delay} from 'node:timers/promises';

/** What a client needs to be served. */
export interface TrafficClient {
  readonly key: string;
  readonly cert: string;
}

/** Who asks whom how often. Plain data: it goes from one process to another. */
export interface TrafficPlan {
  readonly port: number;
  /** PEM of the CA that issued the server. */
  readonly ca: string;
  readonly clients: readonly TrafficClient[];
  readonly perSecond: number;
}

/** A request that was not served. */
export interface Failure {
  readonly connection: 'kept' | 'fresh';
  /** What the client saw: an error code or a status. */
  readonly why: string;
  /** The client's port, by which the server's audit events name the connection. */
  readonly port: number | undefined;
}

/** What came of all requests. */
export interface Tally {
  readonly sent: number;
  readonly served: number;
  readonly failures: readonly Failure[];
  /** Requests a second that were sent. */
  readonly rate: number;
  /** Time from request to the end of the answer that 99 of 100 requests stayed under, in milliseconds. */
  readonly p99Ms: number;
}

/** Who is late catches up one request at a time, not all at once. */
const MIN_GAP_MS = 1;

/** Requests under way at most: fewer than the handshakes one address may have in progress by default. */
const MAX_PENDING = 40;

/**
 * Requests by a schedule from several clients, each of which alternates between kept connections and fresh ones. A
 * client checks the server as clients do. Where the machine cannot keep up, fewer requests are sent; none is forgotten.
 */
export class Traffic {
  readonly #plan: TrafficPlan;
  readonly #agents: readonly Agent[];
  readonly #failures: Failure[] = [];
  readonly #latenciesMs: number[] = [];
  readonly #pending = new Set<Promise<void>>();
  readonly #startedMs = performance.now();
  #sent = 0;
  #state: 'running' | 'stopped' = 'running';
  readonly #run: Promise<void>;

  constructor(plan: TrafficPlan) {
    this.#plan = plan;
    this.#agents = plan.clients.map(() => new Agent({keepAlive: true, maxSockets: 8}));
    this.#run = this.#send();
  }

  /** Sends nothing more, waits for what is under way, and tells what came of it. */
  async stop(): Promise<Tally> {
    this.#state = 'stopped';
    await this.#run;
    const rate = this.#sent / ((performance.now() - this.#startedMs) / 1000);
    await Promise.all(this.#pending);
    for (const agent of this.#agents) agent.destroy();
    const latenciesMs = this.#latenciesMs.sort((a, b) => a - b);
    const p99Ms = latenciesMs[Math.floor(latenciesMs.length * 0.99)] ?? 0;
    return {sent: this.#sent, served: latenciesMs.length, failures: this.#failures, rate, p99Ms};
  }

  async #send(): Promise<void> {
    const gapMs = 1000 / this.#plan.perSecond;
    while (this.#state === 'running') {
      const dueMs = this.#startedMs + this.#sent * gapMs;
      await delay(Math.max(MIN_GAP_MS, dueMs - performance.now()));
      while (this.#pending.size >= MAX_PENDING) await Promise.race(this.#pending);
      const one = this.#ask(this.#sent++);
      this.#pending.add(one);
      void one.then(() => this.#pending.delete(one));
    }
  }

  async #ask(number: number): Promise<void> {
    const {clients} = this.#plan;
    const index = number % clients.length;
    const client = clients[index];
    if (client === undefined) throw new Error('traffic without clients');
    const connection = Math.floor(number / clients.length) % 2 === 0 ? 'kept' : 'fresh';
    const outcome = await this.#get(client, connection === 'kept' ? this.#agents[index] : undefined);
    if (typeof outcome === 'number') this.#latenciesMs.push(outcome);
    else this.#failures.push({connection, ...outcome});
  }

  /** The time it took to be served, in milliseconds, or why it was not. */
  #get(client: TrafficClient, agent: Agent | undefined): Promise<number | Pick<Failure, 'why' | 'port'>> {
    const {port, ca} = this.#plan;
    const startedMs = performance.now();
    return new Promise(resolve => {
      let localPort: number | undefined;
      const fail = (why: string): void => {
        resolve({why, port: localPort});
      };
      const onError = (error: NodeJS.ErrnoException): void => {
        fail(error.code ?? error.message);
      };
      const headers = {host: 'localhost'};
      request(
        {host: '127.0.0.1', port, agent: agent ?? false, servername: 'localhost', headers, ca, ...client},
        response => {
          response.resume();
          response.on('error', onError);
          response.on('end', () => {
            if (response.statusCode === 200) resolve(performance.now() - startedMs);
            else fail(`status ${response.statusCode}`);
          });
        },
      )
        .on('socket', (socket: Socket) => {
          if (!socket.connecting) localPort = socket.localPort;
          else socket.once('connect', () => (localPort = socket.localPort));
        })
        .on('error', onError)
        .end();
    });
  }
}
