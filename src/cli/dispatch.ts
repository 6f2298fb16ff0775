import {MtlsError, ConfigError} from '../errors';
import {CliError, EXIT, usageError} from './command';
import type {Command, CommandGroup, Io, Output} from './command';
import {paintFor} from './paint';

/** Runs the command that the arguments name and prints what goes wrong. Resolves to the exit code; never rejects. */
export async function runCommandLine(program: CommandGroup, args: readonly string[], io: Io): Promise<number> {
  try {
    return await dispatch(program, program.name, args, io);
  } catch (error) {
    return printFailure(error, io);
  }
}

async function dispatch(group: CommandGroup, path: string, args: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = args;
  if (name === '--help' || name === '-h') return print(io.stdout, overview(group, path), EXIT.ok);
  if (name === undefined) return print(io.stderr, overview(group, path), EXIT.usage);
  const command = group.commands.find(candidate => candidate.name === name);
  if (command === undefined) throw usageError(`unknown command '${name}'`, `${path} --help lists the commands`);
  if ('commands' in command) return dispatch(command, `${path} ${name}`, rest, io);
  if (asksForHelp(rest)) return print(io.stdout, helpOf(command), EXIT.ok);
  return command.run(rest, io);
}

/** What follows `--` is not an option. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  const options = end === -1 ? args : args.slice(0, end);
  return options.includes('--help') || options.includes('-h');
}

function overview({summary, commands, notes}: CommandGroup, path: string): string {
  const width = Math.max(...commands.map(command => command.name.length));
  const list = commands.map(command => `  ${command.name.padEnd(width)}  ${command.summary}`);
  return [summary, '', `Usage: ${path} <command> [options]`, '', ...list, '', notes.trim(), ''].join('\n');
}

function helpOf(command: Command): string {
  return `${command.summary}\n\n${command.help.trim()}\n`;
}

function print(output: Output, text: string, exitCode: number): number {
  output.write(text);
  return exitCode;
}

function printFailure(error: unknown, io: Io): number {
  const {stderr} = io;
  const {lines, hint, exitCode} = failureOf(error);
  const paint = paintFor(stderr, io);
  for (const line of lines) stderr.write(`${paint('red', 'error:')} ${line}\n`);
  if (hint !== undefined) stderr.write(`${paint('yellow', 'hint:')} ${hint}\n`);
  return exitCode;
}

interface Failure {
  readonly lines: readonly string[];
  readonly hint?: string | undefined;
  readonly exitCode: number;
}

function failureOf(error: unknown): Failure {
  if (error instanceof CliError) return {lines: [error.message], hint: error.hint, exitCode: error.exitCode};
  if (error instanceof ConfigError) return {lines: error.message.split('\n'), exitCode: EXIT.failed};
  if (error instanceof MtlsError) return {lines: [error.message], exitCode: EXIT.failed};
  if (error instanceof Error) return {lines: [error.message], hint: hintOf(error), exitCode: EXIT.failed};
  return {lines: [String(error)], exitCode: EXIT.failed};
}

/** The operating system already says what failed; this says what to look at. */
function hintOf(error: Error): string | undefined {
  switch ('code' in error ? error.code : undefined) {
    case 'ENOENT':
      return 'check the path';
    case 'EACCES':
    case 'EPERM':
      return 'check the owner and the mode of the file';
    case 'EADDRINUSE':
      return 'choose another port';
    default:
      return undefined;
  }
}
