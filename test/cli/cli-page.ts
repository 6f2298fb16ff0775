import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Command, CommandGroup} from '../../src/cli/command';
import {program} from '../../src/cli/main';

/** The manual in docs/cli.md, from the help of every command. Run this file to write it anew. */

const ROOT = join(__dirname, '../../..');
export const PAGE = join(ROOT, 'docs/cli.md');

/** The page as it should be. */
export function renderPage(): string {
  return `# The command line

<!-- Made from the help of the commands; run dist/test/cli/cli-page.js to write it anew. -->

${program.summary}. The package installs \`mtls\`; \`npx loopback4-mtls\` runs it without an installation.

${tableOf(program, '')}

${program.notes.trim()}

What fails is told on standard error, \`error:\` what and \`hint:\` what to do about it. What a command found out goes to
standard output, with \`--json\` for programs.

${program.commands.map(command => sectionOf(command, 'mtls', 2)).join('\n')}`;
}

function tableOf({commands}: CommandGroup, prefix: string): string {
  const rows = commands.map(({name, summary}) => {
    const full = `${prefix}${name}`;
    return `| [\`${full}\`](#mtls-${full.replaceAll(' ', '-')}) | ${summary} |`;
  });
  return ['| Command | What it does |', '| --- | --- |', ...rows].join('\n');
}

function sectionOf(command: Command | CommandGroup, parent: string, depth: number): string {
  const name = `${parent} ${command.name}`;
  const title = `${'#'.repeat(depth)} ${name}\n\n${command.summary}.\n`;
  if (!('commands' in command)) return `${title}\n\`\`\`text\n${command.help.trim()}\n\`\`\`\n`;
  const sections = command.commands.map(inner => sectionOf(inner, name, depth + 1));
  const notes = `\`\`\`text\n${command.notes.trim()}\n\`\`\`\n`;
  return [title, `${tableOf(command, `${command.name} `)}\n`, notes, ...sections].join('\n');
}

if (require.main === module) writeFileSync(PAGE, renderPage());
