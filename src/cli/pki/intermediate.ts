import {parseOptions, usageError} from '../command';
import type {Command} from '../command';
import {ISSUE_HELP, ISSUE_OPTIONS, issueSpec, issuerOf, onlyArgument, openCa, report} from './options';

const OPTIONS = {...ISSUE_OPTIONS, ca: {type: 'string'}, 'path-length': {type: 'string', default: '0'}} as const;

export const intermediate: Command = {
  name: 'intermediate',
  summary: 'Make an authority below another one',
  help: `
Usage: mtls pki intermediate NAME [options]

NAME ends in -ca. What it issues is written with the intermediates that lead to the root.

  --ca NAME           authority above it; may be left out when there is only one
  --path-length N     how many authorities may follow below it (default 0)
${ISSUE_HELP}

Examples:
  mtls pki intermediate clients-issuing-ca --ca clients-ca

Exit codes: 0 made, 1 the name is taken or the authority is not there, 2 usage.`,
  options: OPTIONS,
  run: (args, io) => {
    const {values, positionals} = parseOptions('pki intermediate', args, {options: OPTIONS, allowPositionals: true});
    const name = onlyArgument(positionals, 'the name of the authority', 'pki intermediate');
    const ca = openCa(values, io);
    const spec = {...issueSpec(name, values), pathLength: pathLengthOf(values['path-length'])};
    return report(ca.createIntermediate(name, issuerOf(values.ca, ca), spec), values, io);
  },
};

function pathLengthOf(text: string): number {
  if (!/^\d{1,2}$/.test(text)) throw usageError(`--path-length wants a number, not '${text}'`, '--path-length 0');
  return Number(text);
}
