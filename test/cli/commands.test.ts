import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import type {Command, CommandGroup} from '../../src/cli/command';
import {program} from '../../src/cli/main';
import {PAGE, renderPage} from './cli-page';
import {mtls} from './terminal';

const COMMANDS: readonly (readonly [string, Command])[] = commandsOf(program, '');

function commandsOf(group: CommandGroup, path: string): readonly (readonly [string, Command])[] {
  return group.commands.flatMap(command =>
    'commands' in command
      ? commandsOf(command, `${path}${command.name} `)
      : [[`${path}${command.name}`, command] as const],
  );
}

describe('every command', () => {
  for (const [name, {help, options}] of COMMANDS) {
    it(`mtls ${name} tells all its options and no others`, () => {
      const listed = help
        .split('\n')
        .flatMap(line => [...line.matchAll(/^ {2}.*/g)].flatMap(([text]) => optionsIn(text)));
      const known = Object.keys(options);
      assert.deepEqual(
        known.filter(option => !listed.includes(option)),
        [],
      );
      assert.deepEqual(
        listed.filter(option => !known.includes(option)),
        [],
      );
    });

    it(`mtls ${name} tells how it is used and how it ends`, () => {
      assert.match(help.trim(), new RegExp(`^Usage: mtls ${name}\\b`));
      assert.match(help, /\nExit codes: 0 /);
    });
  }

  it('is in docs/cli.md as its help says', () => {
    assert.equal(readFileSync(PAGE, 'utf8'), renderPage(), 'run dist/test/cli/cli-page.js to write the page anew');
  });
});

function optionsIn(line: string): readonly string[] {
  return [...line.matchAll(/(?<![\w-])--([a-z][a-z-]*)/g)].map(([, option = '']) => option);
}

describe('mtls completion', () => {
  /** What bash offers at the end of a line. */
  async function complete(...words: readonly string[]): Promise<readonly string[]> {
    const {code, out} = await mtls(['completion', 'bash']);
    assert.equal(code, 0);
    const line = ['mtls', ...words].map(word => `'${word}'`).join(' ');
    const script = `${out}\nCOMP_WORDS=(${line}); COMP_CWORD=${words.length}; _mtls; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const {status, stdout, stderr} = spawnSync('bash', ['--norc', '-c', script], {encoding: 'utf8'});
    assert.deepEqual([status, stderr], [0, '']);
    return stdout.split('\n').filter(word => word !== '');
  }

  it('offers commands, commands of a group, options and files', async () => {
    assert.deepEqual(await complete('ex'), ['explain']);
    assert.deepEqual(await complete('pki', 're'), ['renew', 'revoke']);
    assert.deepEqual(await complete('explain', 'a.crt', '--ap'), ['--app']);
    assert.deepEqual(await complete('pki', 'revoke', 'alice', '--rea'), ['--reason']);
    assert.deepEqual([...(await complete('inspect', 'packag'))].sort(), ['package-lock.json', 'package.json']);
    assert.deepEqual(await complete('--h'), ['--help']);
  });

  it('offers every option of every command', async () => {
    for (const [name, {options}] of COMMANDS) {
      const offered = await complete(...name.split(' '), '--');
      assert.deepEqual(
        [...offered].sort(),
        ['help', ...Object.keys(options)].map(option => `--${option}`).sort(),
        name,
      );
    }
  });

  it('describes the commands to zsh', async () => {
    const {code, out} = await mtls(['completion', 'zsh']);
    assert.equal(code, 0);
    assert.match(out, /^#compdef mtls loopback4-mtls\n/);
    for (const [name, {summary, options}] of COMMANDS) {
      assert.ok(out.includes(`:${summary.replaceAll("'", "'\\''")}'`), summary);
      const all = ['help', ...Object.keys(options)].map(option => `--${option}`).join(' ');
      assert.ok(out.includes(`    "${name}") commands=(); options=(${all}) ;;\n`), name);
    }
  });

  for (const args of [[], ['fish'], ['bash', 'zsh']])
    it(`does not know the shell of '${args.join(' ')}'`, async () => {
      const {code, err} = await mtls(['completion', ...args]);
      assert.deepEqual([code, err], [2, 'error: which shell?\nhint: choose from bash, zsh\n']);
    });
});
