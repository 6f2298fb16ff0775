#!/usr/bin/env node
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {access} from './access/access';
import {EXIT} from './command';
import type {Command, CommandGroup, Io} from './command';
import {completionOf} from './completion';
import {runCommandLine} from './dispatch';
import {explain} from './explain/explain';
import {inspect} from './inspect/inspect';
import {pki} from './pki/group';
import {scan} from './scan/scan';
import {selfTest} from './self-test';

/** The command line: `mtls <command>`. Each command is a file of its own; this one knows only the table. */

const version: Command = {
  name: 'version',
  summary: 'Print the version of this package',
  help: `
Usage: mtls version

Exit codes: 0 printed.`,
  options: {},
  run: (_args, io) => {
    const manifest: unknown = JSON.parse(readFileSync(join(__dirname, '../../../package.json'), 'utf8'));
    if (typeof manifest === 'object' && manifest !== null && 'version' in manifest)
      io.stdout.write(`${String(manifest.version)}\n`);
    return EXIT.ok;
  },
};

/** Every command there is. */
export const program: CommandGroup = {
  name: 'mtls',
  summary: 'Mutual TLS for LoopBack: certificates, and proof that they are enforced',
  commands: [scan, selfTest, explain, access, inspect, pki, completionOf(() => program), version],
  notes: `
Every command has --help. Exit codes: 0 done, 1 failed or refused, 2 the command line was not understood.
Colours are left out when NO_COLOR is set or the output is not a terminal.`,
};

/** Runs one command line. Resolves to the exit code. */
export function main(args: readonly string[], io: Io): Promise<number> {
  return runCommandLine(program, args, io);
}

/** How long what a command leaves behind may keep the process, in milliseconds. */
const LINGER_MS = 500;

async function runProcess(): Promise<void> {
  // A reader such as `head` may close the pipe when it has seen enough.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      stop.abort();
    });
  }
  process.exitCode = await main(process.argv.slice(2), {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    now: () => new Date(),
    signal: stop.signal,
  });
  // An application that `--app` loaded may hold connections open. This timer keeps nothing alive by itself.
  setTimeout(() => process.exit(), LINGER_MS).unref();
}

if (require.main === module) void runProcess();
