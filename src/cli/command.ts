import type {Readable} from 'node:stream';
import {parseArgs} from 'node:util';
import type {ParseArgsConfig} from 'node:util';

/** What a command sees of the world. Tests pass their own. */
export interface Io {
  readonly stdin: Readable;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative paths on the command line start here. */
  readonly cwd: string;
  readonly now: () => Date;
  /** Ends a command that would run until it is told to stop. */
  readonly signal: AbortSignal;
}

/** A stream of text, perhaps a terminal. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
}

/** How a command ends, for scripts. */
export const EXIT = Object.freeze({ok: 0, failed: 1, usage: 2});

/** One command of `mtls`. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** The whole answer to `--help`: usage, options, examples, exit codes. */
  readonly help: string;
  /** What `parseOptions` reads, for completion; every option stands in the help, too. */
  readonly options: NonNullable<ParseArgsConfig['options']>;
  /** Returns the exit code. Throws {@link CliError} or `MtlsError` for what `main` shall print. */
  readonly run: (args: readonly string[], io: Io) => Promise<number> | number;
}

/** Commands under a common first word. */
export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly (Command | CommandGroup)[];
  /** Follows the list of commands in the help text: examples, files, exit codes. */
  readonly notes: string;
}

/** What went wrong and what to do about it, for the person at the terminal. */
export class CliError extends Error {
  readonly hint: string | undefined;
  readonly exitCode: number;

  constructor(message: string, hint?: string, exitCode: number = EXIT.failed) {
    super(message);
    this.name = 'CliError';
    this.hint = hint;
    this.exitCode = exitCode;
  }
}

/** A command line that cannot be understood. */
export function usageError(message: string, hint: string): CliError {
  return new CliError(message, hint, EXIT.usage);
}

/**
 * `parseArgs` of Node, strict, with `command` named in the hint.
 *
 * @throws CliError with exit code 2 for an unknown option, a missing value or an unexpected argument
 */
export function parseOptions<T extends ParseArgsConfig>(
  command: string,
  args: readonly string[],
  config: T,
): ReturnType<typeof parseArgs<T & {args: string[]}>> {
  try {
    return parseArgs({...config, args: [...args]});
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw usageError(message.split(/\.(\s|$)/)[0] ?? message, `mtls ${command} --help`);
  }
}
