import {parseOptions} from '../command';
import type {Command} from '../command';
import {ISSUE_HELP, ISSUE_OPTIONS, issueSpec, onlyArgument, openCa, report} from './options';

export const init: Command = {
  name: 'init',
  summary: 'Make a root authority',
  help: `
Usage: mtls pki init NAME [options]

NAME ends in -ca. Writes NAME.crt, an empty CRL, and the key into ca/, where only the owner can read.

${ISSUE_HELP}

Examples:
  mtls pki init clients-ca --organization 'Example Clinic'
  mtls pki init server-ca --key rsa-3072 --days 365

Exit codes: 0 made, 1 the name is taken or the folder cannot be written, 2 usage.`,
  options: ISSUE_OPTIONS,
  run: (args, io) => {
    const {values, positionals} = parseOptions('pki init', args, {options: ISSUE_OPTIONS, allowPositionals: true});
    const name = onlyArgument(positionals, 'the name of the authority', 'pki init');
    return report(openCa(values, io).createRoot(name, issueSpec(name, values)), values, io);
  },
};
