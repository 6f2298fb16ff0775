import {fork, type ChildProcess} from 'node:child_process';
import {resolve} from 'node:path';

/** A process of a benchmark that answers one question after the other over IPC. */
export class Worker {
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#process = child;
  }

  /** Starts a script of this folder and waits for its first message. */
  static async start<First>(
    node: string,
    [script, ...args]: readonly [string, ...string[]],
    stderr: number | 'inherit',
  ): Promise<[Worker, First]> {
    const worker = new Worker(
      fork(resolve(__dirname, script), args, {
        execPath: node,
        execArgv: ['--expose-gc', '--max-old-space-size=8192'],
        stdio: ['ignore', 'inherit', stderr, 'ipc'],
      }),
    );
    return [worker, await worker.#next<First>()];
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Rejects when the process ends before it answers. */
  ask<Answer>(question: object): Promise<Answer> {
    this.#process.send(question);
    return this.#next<Answer>();
  }

  stop(): void {
    this.#process.kill('SIGKILL');
  }

  #next<Answer>(): Promise<Answer> {
    return new Promise((accept, reject) => {
      const ended = (): void => {
        reject(new Error('a process of the benchmark ended early'));
      };
      this.#process.once('exit', ended).once('message', message => {
        this.#process.off('exit', ended);
        // The scripts of this folder send what their callers name.
        accept(message as Answer);
      });
    });
  }
}

/** Answers questions of the process that started this one, until that one ends. */
export function answer(respond: (question: unknown) => Promise<object>): void {
  process.on('message', (question: unknown) => {
    respond(question).then(
      reply => process.send?.(reply),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
  process.on('disconnect', () => process.exit());
}
