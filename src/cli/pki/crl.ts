import {parseOptions, usageError} from '../command';
import type {Command} from '../command';
import {FOLDER_HELP, FOLDER_OPTIONS, lifetimeOf, openCa, report} from './options';

const OPTIONS = {
  ...FOLDER_OPTIONS,
  days: {type: 'string'},
  minutes: {type: 'string'},
  delta: {type: 'boolean', default: false},
} as const;

export const crl: Command = {
  name: 'crl',
  summary: 'Sign all CRLs again',
  help: `
Usage: mtls pki crl [options]

For each root NAME-ca, NAME.crl holds its CRL and those of the authorities below it as PEM. One by one, as DER, they
are in ca/ and served by mtls pki ocsp.

  --delta             sign delta CRLs: what was revoked since the last complete ones (NAME.delta.crl)
  --days N            days until the next ones are due (default: as the last ones, 7 at first)
  --minutes N         or minutes
${FOLDER_HELP}

Examples:
  mtls pki crl --days 1
  mtls pki crl --delta

Exit codes: 0 signed, 1 the folder cannot be read or written, 2 usage.`,
  options: OPTIONS,
  run: (args, io) => {
    const {values} = parseOptions('pki crl', args, {options: OPTIONS});
    const lifetime = lifetimeOf(values);
    if (values.delta && lifetime)
      throw usageError('a delta CRL is due when its base is', 'leave --days and --minutes out');
    const ca = openCa(values, io);
    return report(values.delta ? ca.signDeltaCrls() : ca.signCrls(lifetime), values, io);
  },
};
