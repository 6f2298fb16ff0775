import {spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {connect} from 'node:tls';
import type {ConnectionOptions} from 'node:tls';
import {cpuMicroseconds} from '../cpu';
import {median} from '../statistics';

/** What a full handshake costs a server, with an empty CRL and with a large one. */
export interface HandshakeCost {
  /** CPU of the server process alone, median of rounds, in milliseconds. */
  readonly withoutMs: number;
  readonly withMs: number;
  /** Median of the ratios of single rounds, in which both were measured one after the other. */
  readonly ratio: number;
  /** Between these the true median lies in 95 of 100 runs. */
  readonly ratioFrom: number;
  readonly ratioTo: number;
}

/** Handshakes are taken in turns at two servers, which differ in nothing but the CRL, so that the machine is the same for both. */
export interface HandshakePlan {
  /** Pairs of processes. */
  readonly pairs: number;
  /** Of each pair. */
  readonly rounds: number;
  /** Handshakes at each server in each round. */
  readonly perRound: number;
  readonly warmUp: number;
}

interface Round {
  readonly withoutMs: number;
  readonly withMs: number;
}

/**
 * Full handshakes at servers with the CRLs `none.crl` and `large.crl` of a folder. Two processes of the same program
 * differ by some percent for as long as they live, so there are several pairs of them.
 */
export async function measureHandshakes(name: string, folder: string, plan: HandshakePlan): Promise<HandshakeCost> {
  const rounds: Round[] = [];
  for (let pair = 0; pair < plan.pairs; pair++) rounds.push(...(await measurePair(name, folder, plan)));
  const ratios = rounds.map(({withoutMs, withMs}) => withMs / withoutMs);
  return {
    withoutMs: median(rounds.map(({withoutMs}) => withoutMs)),
    withMs: median(rounds.map(({withMs}) => withMs)),
    ratio: median(ratios),
    ...intervalOf(ratios),
  };
}

async function measurePair(name: string, folder: string, plan: HandshakePlan): Promise<readonly Round[]> {
  const none = await BenchServer.start(name, folder, 'none.crl');
  const large = await BenchServer.start(name, folder, 'large.crl');
  try {
    for (const server of [none, large]) await server.handshakes(plan.warmUp);
    const rounds: Round[] = [];
    for (let round = 0; round < plan.rounds; round++) {
      // Who comes first changes from round to round.
      const order = round % 2 === 0 ? [none, large] : [large, none];
      const costs = new Map<BenchServer, number>();
      for (const server of order) costs.set(server, await server.handshakes(plan.perRound));
      rounds.push({withoutMs: costs.get(none) ?? 0, withMs: costs.get(large) ?? 0});
    }
    return rounds;
  } finally {
    none.stop();
    large.stop();
  }
}

/** The 95 % interval of a median, by rank: it assumes nothing about how the values are distributed. */
function intervalOf(values: readonly number[]): Pick<HandshakeCost, 'ratioFrom' | 'ratioTo'> {
  const sorted = [...values].sort((a, b) => a - b);
  const reach = 0.98 * Math.sqrt(sorted.length);
  const at = (rank: number): number => sorted[Math.min(Math.max(Math.round(rank), 0), sorted.length - 1)] ?? Number.NaN;
  return {ratioFrom: at(sorted.length / 2 - reach - 0.5), ratioTo: at(sorted.length / 2 + reach - 0.5)};
}

class BenchServer {
  readonly #process: ChildProcess;
  readonly #client: ConnectionOptions;

  private constructor(child: ChildProcess, client: ConnectionOptions) {
    this.#process = child;
    this.#client = client;
  }

  static async start(name: string, folder: string, crl: string): Promise<BenchServer> {
    const child = spawn(process.execPath, [join(__dirname, 'server.js'), name, folder, crl], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const file = (path: string): Buffer => readFileSync(join(folder, path));
    return new BenchServer(child, {
      host: '127.0.0.1',
      port: Number(line.toString()),
      servername: 'localhost',
      ca: file('ca.crt'),
      key: file('client.key'),
      cert: file('client.crt'),
    });
  }

  /** CPU of the server for each of a number of handshakes, in milliseconds. */
  async handshakes(count: number): Promise<number> {
    const pid = this.#process.pid ?? 0;
    const before = cpuMicroseconds(pid);
    for (let done = 0; done < count; done++) await this.#handshake();
    return (cpuMicroseconds(pid) - before) / 1000 / count;
  }

  async #handshake(): Promise<void> {
    const socket = connect(this.#client);
    // An answer proves that the server accepted; in TLS 1.3 the end of the handshake proves nothing.
    socket.end('GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n');
    let text = '';
    for await (const chunk of socket.setEncoding('latin1')) text += String(chunk);
    if (!text.startsWith('HTTP/1.1 200')) throw new Error(`no answer: ${text.slice(0, 80)}`);
  }

  stop(): void {
    this.#process.stdin?.end();
  }
}
