import {Readable} from 'node:stream';
import {main} from '../../src/cli/main';

/** How a command ended, and what it said. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What a test may set about the world a command runs in. */
export interface World {
  readonly cwd?: string;
  readonly now?: Date;
  readonly env?: Readonly<Record<string, string>>;
  readonly terminal?: boolean;
  readonly signal?: AbortSignal;
  /** What is there to be read from standard input. */
  readonly input?: string;
  /** Hears what goes to standard output as it is written. */
  readonly onOutput?: (text: string) => unknown;
}

/** Runs `mtls` inside this process. */
export async function mtls(args: readonly string[], world: World = {}): Promise<Outcome> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await main(args, {
    stdin: Readable.from([world.input ?? '']),
    stdout: {
      isTTY: world.terminal,
      write: text => {
        world.onOutput?.(text);
        return out.push(text);
      },
    },
    stderr: {write: text => err.push(text), isTTY: world.terminal},
    env: world.env ?? {},
    cwd: world.cwd ?? process.cwd(),
    now: () => world.now ?? new Date(),
    signal: world.signal ?? new AbortController().signal,
  });
  return {code, out: out.join(''), err: err.join('')};
}
