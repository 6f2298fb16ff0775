import {resolve} from 'node:path';
import {ConfigError} from '../errors';
import type {ConfigFault} from '../errors';
import {runTrials} from '../rehearsal/rehearse';
import type {Trial} from '../rehearsal/rehearse';
import {readOptions} from '../server/config';
import {CONFIG_VARIABLE} from '../server/environment';
import {LiveRevocation} from '../server/live-revocation';
import {loadMaterial} from '../server/material';
import type {Material} from '../server/material';
import {APP_HELP, loadApplication} from './application/load';
import {CliError, EXIT, parseOptions, usageError} from './command';
import type {Command, Io} from './command';
import {paintFor} from './paint';

const OPTIONS = {
  app: {type: 'string'},
  config: {type: 'string'},
  json: {type: 'boolean', default: false},
} as const;

export const selfTest: Command = {
  name: 'self-test',
  summary: 'Attack a server made of a configuration, as every start and every reload does',
  help: `
Usage: mtls self-test [--app MODULE | --config FILE] [--json]

Loads the configuration as a start would, its key among it, makes a listener of it on the loopback interface, and lets
real clients of this Node.js try to get in: without a certificate, with wrong ones, with old protocols, with a resumed
session, under another spelling of the server name, and more. All must be refused; a client with everything in order
must be served. Nothing else is started, and the CA that issues these clients is gone with the process.

${APP_HELP}
  --config FILE       JSON configuration; default: the one that MTLS_CONFIG names
  --json              print the outcomes as JSON

Examples:
  MTLS_CONFIG=mtls.json mtls self-test
  mtls self-test --app dist/application.js

Exit codes: 0 everything as it must be, 1 an attack succeeded or the configuration has a fault, 2 usage.`,
  options: OPTIONS,
  run: async (args, io) => {
    const {values} = parseOptions('self-test', args, {options: OPTIONS});
    const trials = await runTrials(await materialOf(values, io));
    io.stdout.write(values.json ? `${JSON.stringify(trials, undefined, 2)}\n` : render(trials, io));
    return trials.every(isInOrder) ? EXIT.ok : EXIT.failed;
  },
};

interface Values {
  readonly app?: string | undefined;
  readonly config?: string | undefined;
}

async function materialOf({app, config}: Values, io: Io): Promise<Material> {
  if (app !== undefined && config !== undefined)
    throw usageError('--app and --config exclude each other', 'choose one');
  const options = app === undefined ? {} : (await loadApplication(app, io)).options;
  const variables = config === undefined ? io.env : {...io.env, [CONFIG_VARIABLE]: resolve(io.cwd, config)};
  const faults: ConfigFault[] = [];
  const report = (fault: ConfigFault): void => void faults.push(fault);
  const resolved = await readOptions(options, variables, io.now(), report);
  const material = resolved && (await loadMaterial(resolved, new LiveRevocation(), io.now(), report));
  const [first, ...others] = faults;
  if (first !== undefined) throw new ConfigError([first, ...others]);
  if (material === undefined) throw new CliError('the configuration gives nothing to test', 'report this as a bug');
  return material;
}

function isInOrder({expected, found}: Trial): boolean {
  return expected === found;
}

function render(trials: readonly Trial[], io: Io): string {
  const paint = paintFor(io.stdout, io);
  const lines = trials.map(trial => {
    const mark = isInOrder(trial) ? paint('green', 'ok  ') : paint('red', 'FAIL');
    return `${mark}  ${trial.found.padEnd('undecided'.length)}  ${trial.name}`;
  });
  const failed = trials.filter(trial => !isInOrder(trial)).length;
  const sum =
    failed === 0 ? `all ${trials.length} as they must be` : `${failed} of ${trials.length} otherwise than they must be`;
  return `${lines.join('\n')}\n\n${sum}\n`;
}
