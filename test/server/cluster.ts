import cluster from 'node:cluster';
import type {Worker} from 'node:cluster';
import {once} from 'node:events';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import type {MtlsOptions} from '../../src/server/options';

/** Two processes that share a port through node:cluster. */
export interface Workers {
  readonly port: number;
  readonly workers: readonly [Worker, Worker];
  /** What the workers told the primary when they asked it for the port. */
  readonly told: readonly unknown[];
  stop(): Promise<void>;
}

/** Starts two workers that serve with the same options, and answer with their process id. */
export async function startWorkers(options: MtlsOptions): Promise<Workers> {
  cluster.setupPrimary({exec: join(__dirname, 'cluster-worker.js'), execArgv: []});
  const told: unknown[] = [];
  const fork = async (): Promise<readonly [Worker, AddressInfo]> => {
    const worker = cluster.fork({WORKER_OPTIONS: JSON.stringify(options)});
    worker.process.on('internalMessage', (message: {act?: unknown; data?: unknown}) => {
      if (message.act === 'queryServer') told.push(message.data);
    });
    const listening = once(worker, 'listening').then(([address]) => address as AddressInfo);
    const failed = once(worker, 'exit').then(() => Promise.reject(new Error('the worker ended')));
    return [worker, await Promise.race([listening, failed])];
  };
  const [first, {port}] = await fork();
  const [second] = await fork();
  const stop = async (): Promise<void> => {
    await Promise.all(
      [first, second].map(async worker => {
        if (worker.isDead()) return;
        const gone = once(worker, 'exit');
        worker.process.kill('SIGKILL');
        await gone;
      }),
    );
  };
  return {port, workers: [first, second], told, stop};
}
