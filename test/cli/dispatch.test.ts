import assert from 'node:assert/strict';
import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {Readable} from 'node:stream';
import {CliError, usageError} from '../../src/cli/command';
import type {Command, CommandGroup} from '../../src/cli/command';
import {runCommandLine} from '../../src/cli/dispatch';
import {ConfigError, MtlsError} from '../../src/errors';
import {mtls} from './terminal';

const FAULT = {code: 'ERR_MTLS_CONFIG', required: 'a', found: 'b', where: 'clients.ca', remedy: 'write a'} as const;

const FAILURES: Readonly<Record<string, unknown>> = {
  usage: usageError('what?', 'say it again'),
  failed: new CliError('no luck'),
  refused: new MtlsError({code: 'ERR_MTLS_PKI', required: 'this', found: 'that'}),
  config: new ConfigError([FAULT, {...FAULT, where: 'server.key'}]),
  missing: Object.assign(new Error('ENOENT: no such file'), {code: 'ENOENT'}),
  denied: Object.assign(new Error('EACCES: permission denied'), {code: 'EACCES'}),
  busy: Object.assign(new Error('EADDRINUSE: address in use'), {code: 'EADDRINUSE'}),
  bug: new Error('oops'),
  odd: 'a string',
};

const fail: Command = {
  name: 'fail',
  summary: 'Fail',
  help: 'How to fail',
  options: {},
  run: ([kind = '']) => {
    throw FAILURES[kind];
  },
};

const echo: Command = {
  name: 'echo',
  summary: 'Repeat the arguments',
  help: 'Usage: tool echo [words]',
  options: {loud: {type: 'boolean'}},
  run: (args, io) => {
    io.stdout.write(args.join(' '));
    return 0;
  },
};

const tool: CommandGroup = {
  name: 'tool',
  summary: 'A tool',
  notes: 'Some notes.',
  commands: [echo, {name: 'deep', summary: 'More', notes: '', commands: [fail]}],
};

async function run(args: readonly string[], {terminal = false, env = {}} = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCommandLine(tool, args, {
    stdin: Readable.from([]),
    stdout: {write: text => out.push(text)},
    stderr: {write: text => err.push(text), isTTY: terminal},
    env,
    cwd: '/',
    now: () => new Date(0),
    signal: new AbortController().signal,
  });
  return {code, out: out.join(''), err: err.join('')};
}

describe('the command line', () => {
  it('runs the command that the arguments name', async () => {
    assert.deepEqual(await run(['echo', 'a', '--b']), {code: 0, out: 'a --b', err: ''});
  });

  it('leaves what follows -- to the command', async () => {
    assert.equal((await run(['echo', '--', '--help'])).out, '-- --help');
  });

  for (const flag of ['--help', '-h'])
    it(`answers ${flag} on every level`, async () => {
      assert.match((await run([flag])).out, /Usage: tool <command>[^]*echo {2}Repeat the arguments[^]*Some notes/);
      assert.match((await run(['deep', flag])).out, /Usage: tool deep <command>/);
      assert.match((await run(['deep', 'fail', flag])).out, /^Fail\n\nHow to fail\n$/);
      assert.equal((await run(['echo', flag])).code, 0);
    });

  it('tells what there is when nothing is asked, as a usage error', async () => {
    const {code, out, err} = await run(['deep']);
    assert.equal(code, 2);
    assert.equal(out, '');
    assert.match(err, /Usage: tool deep/);
  });

  it('refuses an unknown command', async () => {
    const {code, err} = await run(['deep', 'dig']);
    assert.equal(code, 2);
    assert.equal(err, "error: unknown command 'dig'\nhint: tool deep --help lists the commands\n");
  });

  const FAILED = [
    ['usage', 2, 'error: what?\nhint: say it again\n'],
    ['failed', 1, 'error: no luck\n'],
    ['missing', 1, 'error: ENOENT: no such file\nhint: check the path\n'],
    ['denied', 1, 'error: EACCES: permission denied\nhint: check the owner and the mode of the file\n'],
    ['busy', 1, 'error: EADDRINUSE: address in use\nhint: choose another port\n'],
    ['bug', 1, 'error: oops\n'],
    ['odd', 1, 'error: a string\n'],
  ] as const;
  for (const [kind, code, text] of FAILED)
    it(`prints the ${kind} failure and exits with ${code}`, async () => {
      assert.deepEqual(await run(['deep', 'fail', kind]), {code, out: '', err: text});
    });

  it('prints refusals with their code, and every fault of a configuration', async () => {
    assert.match(
      (await run(['deep', 'fail', 'refused'])).err,
      /^error: .*required this, found that \(ERR_MTLS_PKI\)\n$/,
    );
    assert.match((await run(['deep', 'fail', 'config'])).err, /^error: clients\.ca.*\nerror: server\.key.*write a\n$/);
  });

  it('colours its labels on a terminal, unless NO_COLOR is set', async () => {
    assert.ok((await run(['deep', 'fail', 'usage'], {terminal: true})).err.startsWith('\u001b[31merror:'));
    const plain = await run(['deep', 'fail', 'usage'], {terminal: true, env: {NO_COLOR: '1'}});
    assert.ok(plain.err.startsWith('error:'));
  });
});

describe('mtls', () => {
  it('prints its version', async () => {
    const manifest: unknown = JSON.parse(readFileSync(join(__dirname, '../../../package.json'), 'utf8'));
    assert.ok(typeof manifest === 'object' && manifest && 'version' in manifest);
    assert.equal((await mtls(['version'])).out.trim(), manifest.version);
  });

  it('has help with examples and exit codes for every command of pki', async () => {
    const names = (await mtls(['pki', '--help'])).out.match(/^ {2}[a-z0-9]+/gm) ?? [];
    assert.ok(names.length >= 11);
    for (const name of names.map(text => text.trim()).filter(text => text !== 'mtls')) {
      const {out, code} = await mtls(['pki', name, '--help']);
      assert.equal(code, 0);
      assert.match(out, new RegExp(`Usage: mtls pki ${name}[^]*Examples:\\n {2}mtls pki ${name}[^]*Exit codes: 0 `));
    }
  });

  it('is a program', () => {
    const program = join(__dirname, '../../src/cli/main.js');
    assert.ok(readFileSync(program, 'utf8').startsWith('#!/usr/bin/env node\n'));
    const {status, stderr} = spawnSync(process.execPath, [program, 'pki', 'dance'], {encoding: 'utf8'});
    assert.equal(status, 2);
    assert.match(stderr, /error: unknown command 'dance'/);
  });

  it('does not mind a reader that has seen enough', async () => {
    const program = join(__dirname, '../../src/cli/main.js');
    const child = spawn(process.execPath, [program, '--help'], {stdio: ['ignore', 'pipe', 'pipe']});
    child.stdout.destroy();
    const said: string[] = [];
    child.stderr.on('data', chunk => said.push(String(chunk)));
    assert.deepEqual(await once(child, 'close'), [0, null]);
    assert.equal(said.join(''), '');
  });

  it('ends a command that runs for ever when it is interrupted', async () => {
    const program = join(__dirname, '../../src/cli/main.js');
    const args = [program, 'pki', 'ocsp', '--port', '0'];
    const child = spawn(process.execPath, args, {stdio: ['ignore', 'pipe', 'inherit']});
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    assert.deepEqual(await once(child, 'close'), [0, null]);
  });
});
