import {EXIT, parseOptions, usageError} from './command';
import type {Command, CommandGroup} from './command';

/** Names under which the package installs its command. */
const PROGRAMS = 'mtls loopback4-mtls';

const SHELLS: Readonly<Record<string, (program: CommandGroup) => string>> = Object.freeze({
  bash: bashScript,
  zsh: zshScript,
});

/** The command that prints completion for a program it is itself part of. */
export function completionOf(program: () => CommandGroup): Command {
  return {
    name: 'completion',
    summary: 'Print completion of commands and options for a shell',
    help: `
Usage: mtls completion ${Object.keys(SHELLS).join('|')}

Examples:
  mtls completion bash > ~/.local/share/bash-completion/completions/mtls
  source <(mtls completion bash)
  source <(mtls completion zsh)

Exit codes: 0 printed, 2 usage.`,
    options: {},
    run: (args, io) => {
      const {positionals} = parseOptions('completion', args, {options: {}, allowPositionals: true});
      const [shell = '', extra] = positionals;
      const script = SHELLS[shell];
      if (script === undefined || extra !== undefined)
        throw usageError('which shell?', `choose from ${Object.keys(SHELLS).join(', ')}`);
      io.stdout.write(script(program()));
      return EXIT.ok;
    },
  };
}

/** One place of the command line and what may follow there. */
interface Place {
  /** Words before, the program left out: `pki init`. */
  readonly path: string;
  readonly commands: readonly (Command | CommandGroup)[];
  readonly options: readonly string[];
}

function placesOf(group: CommandGroup, path = ''): readonly Place[] {
  const here: Place = {path, commands: group.commands, options: ['--help']};
  const below = group.commands.flatMap(command => {
    const inner = `${path} ${command.name}`.trimStart();
    if ('commands' in command) return placesOf(command, inner);
    const options = ['--help', ...Object.keys(command.options).map(option => `--${option}`)];
    return [{path: inner, commands: [], options}];
  });
  return [here, ...below];
}

/** Finds the place by the command words typed so far; both shells read this. */
function placeCases(places: readonly Place[]): string {
  const paths = places.filter(({path}) => path !== '').map(({path}) => `"${path}"`);
  return `case "\${at:+$at }$word" in
      ${paths.join('|')}) at="\${at:+$at }$word" ;;
    esac`;
}

function bashScript(program: CommandGroup): string {
  const places = placesOf(program);
  const cases = places.map(({path, commands, options}) => {
    const words = [...commands.map(({name}) => name), ...options];
    return `    "${path}") words="${words.join(' ')}"; kind=${commands.length === 0 ? 'command' : 'group'} ;;`;
  });
  return `# Completion of mtls for bash; made by: mtls completion bash
_mtls() {
  local current="\${COMP_WORDS[COMP_CWORD]}" at="" words="" kind="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    ${placeCases(places)}
  done
  case "$at" in
${cases.join('\n')}
  esac
  # Behind a command everything that is no option may be a file.
  if [[ $kind == group || $current == -* ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  else
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -o filenames -F _mtls ${PROGRAMS}
`;
}

function zshScript(program: CommandGroup): string {
  const places = placesOf(program);
  const cases = places.map(({path, commands, options}) => {
    const described = commands.map(({name, summary}) => quote(`${name}:${summary}`));
    return `    "${path}") commands=(${described.join(' ')}); options=(${options.join(' ')}) ;;`;
  });
  return `#compdef ${PROGRAMS}
# Completion of mtls for zsh; made by: mtls completion zsh
_mtls() {
  local at="" word
  local -a commands options
  for word in "\${(@)words[2,CURRENT-1]}"; do
    ${placeCases(places)}
  done
  case "$at" in
${cases.join('\n')}
  esac
  if [[ \${words[CURRENT]} == -* ]]; then
    compadd -- $options
  elif (( $#commands )); then
    _describe command commands
  else
    _files
  fi
}
compdef _mtls ${PROGRAMS}
`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\\\''")}'`;
}
