import {parseOptions} from '../command';
import type {Command} from '../command';
import {FOLDER_HELP, FOLDER_OPTIONS, lifetimeOf, onlyArgument, openCa, report} from './options';

const OPTIONS = {
  ...FOLDER_OPTIONS,
  days: {type: 'string'},
  minutes: {type: 'string'},
  'keep-key': {type: 'boolean', default: false},
} as const;

export const renew: Command = {
  name: 'renew',
  summary: 'Issue a certificate again with new dates',
  help: `
Usage: mtls pki renew NAME [options]

Same subject, names and usages; new serial number, dates and key. The old certificate stays valid until it expires
or is revoked. An authority keeps its key, so that what it issued stays valid.

  --keep-key          keep the key of a server or client too
  --days N            days until it expires (default: as long as the old one)
  --minutes N         or minutes
${FOLDER_HELP}

Examples:
  mtls pki renew server
  mtls pki renew alice --keep-key --days 7

Exit codes: 0 renewed, 1 there is no such certificate, 2 usage.`,
  options: OPTIONS,
  run: (args, io) => {
    const {values, positionals} = parseOptions('pki renew', args, {options: OPTIONS, allowPositionals: true});
    const name = onlyArgument(positionals, 'the name of the certificate', 'pki renew');
    const key = values['keep-key'] ? 'keep' : 'new';
    return report(openCa(values, io).renew(name, {lifetime: lifetimeOf(values), key}), values, io);
  },
};
