import {readFileSync, writeFileSync} from 'node:fs';
import {resolve} from 'node:path';
import {ConfigError} from '../../errors';
import {compileRules} from '../../identity/compile';
import type {CompiledRule} from '../../identity/rules';
import {readOptions} from '../../server/config';
import type {ResolvedOptions} from '../../server/config';
import {APP_HELP, loadApplication} from '../application/load';
import type {LoadedApplication} from '../application/load';
import {CliError, EXIT, parseOptions, usageError} from '../command';
import type {Command, Io} from '../command';
import {columns} from '../table';
import {describeDifference, differencesBetween, parseDocument} from './difference';
import {documentOf} from './document';
import type {AccessDocument} from './document';
import {findingsOf} from './findings';
import {FORMATS, renderJson} from './render';

const OPTIONS = {
  app: {type: 'string'},
  format: {type: 'string', default: 'table'},
  json: {type: 'boolean', default: false},
  check: {type: 'string'},
  write: {type: 'string'},
  paths: {type: 'boolean', default: false},
} as const;

export const access: Command = {
  name: 'access',
  summary: 'Print which role reaches which endpoint, and compare it with a committed file',
  help: `
Usage: mtls access --app MODULE [options]

The matrix is computed from the rules that decide about requests. Below it: endpoints that nobody reaches, roles that
open nothing, identity rules that no certificate can match or that match the same ones, and roles that no anchor gives.
Neither certificates nor keys have to be there.

${APP_HELP}
  --format KIND       ${Object.keys(FORMATS).join(', ')} (default table); --json is short for json
  --check FILE        compare with a file that --write made, print what differs, and fail if anything does
  --write FILE        write the matrix as JSON, to be committed
  --paths             print how each route is served instead: on the compiled path, or by LoopBack's own and why
  --json              print JSON

Examples:
  mtls access --app dist/application.js
  mtls access --app dist/application.js --write access.json
  mtls access --app dist/application.js --check access.json
  mtls access --app dist/application.js --format html > access.html

Exit codes: 0 printed, written or unchanged, 1 changed or the application would not start, 2 usage.`,
  options: OPTIONS,
  run: async (args, io) => {
    const {values} = parseOptions('access', args, {options: OPTIONS});
    if (values.app === undefined) throw usageError('which application?', 'mtls access --app dist/application.js');
    const render = FORMATS[values.json ? 'json' : values.format];
    if (render === undefined)
      throw usageError(`unknown format '${values.format}'`, `choose from ${Object.keys(FORMATS).join(', ')}`);
    const application = await loadApplication(values.app, io);
    if (values.paths) return printPaths(application, values.json ? 'json' : 'table', io);
    const document = await documentFor(application, io);
    if (values.write !== undefined) write(document, values.write, io);
    else if (values.check !== undefined) check(document, values.check, values, io);
    else io.stdout.write(render(document));
    refuseFaults(application);
    return EXIT.ok;
  },
};

async function documentFor({options, inspection: {matrix}}: LoadedApplication, io: Io): Promise<AccessDocument> {
  // Faults outside of access rules are for the start to report: certificates need not even be there.
  const resolved = await readOptions(options, io.env, io.now(), () => undefined);
  const findings = findingsOf({matrix, rules: rulesOf(resolved), anchors: resolved?.anchors ?? []});
  return documentOf(matrix, findings, io.cwd);
}

/** The identity rules, undefined where there are none that could be read. */
function rulesOf(options: ResolvedOptions | undefined): readonly CompiledRule[] | undefined {
  if (options?.identity.kind !== 'rules') return undefined;
  const {rules} = options.identity;
  // What an anchor is called may stand in its certificate alone; whether an issuer exists is checked at start.
  const {mapping, faults} = compileRules(rules, {anchors: issuersIn(rules)});
  return mapping.kind === 'rules' && faults.length === 0 ? mapping.rules : undefined;
}

function issuersIn(rules: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(rules) ? rules : [];
  return list.flatMap(rule => fieldOf(fieldOf(rule, 'when'), 'issuer') ?? []).filter(name => typeof name === 'string');
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function write(document: AccessDocument, file: string, io: Io): void {
  writeFileSync(resolve(io.cwd, file), renderJson(document));
  io.stdout.write(`wrote ${file}\n`);
}

function check(
  document: AccessDocument,
  file: string,
  {app, json}: {readonly app?: string | undefined; readonly json: boolean},
  io: Io,
): void {
  const committed = parseDocument(readFileSync(resolve(io.cwd, file), 'utf8'));
  const update = `mtls access --app ${app ?? ''} --write ${file}`;
  if (committed === undefined) throw new CliError(`${file} holds no access matrix`, `${update} writes one`);
  const differences = differencesBetween(committed, document);
  if (json) io.stdout.write(`${JSON.stringify(differences, undefined, 2)}\n`);
  else if (differences.length === 0) io.stdout.write(`${file} is what the application does\n`);
  else io.stdout.write(differences.map(each => `${describeDifference(each)}\n`).join(''));
  if (differences.length === 0) return;
  throw new CliError(
    `${file} and the application differ in ${differences.length} places`,
    `if that is meant: ${update}`,
  );
}

async function printPaths({paths}: LoadedApplication, format: 'json' | 'table', io: Io): Promise<number> {
  const routes = await paths();
  io.stdout.write(
    format === 'json'
      ? `${JSON.stringify(routes, undefined, 2)}\n`
      : columns([['ENDPOINT', 'PATH', 'HOW'], ...routes.map(({endpoint, path, how}) => [endpoint, path, how])]),
  );
  return EXIT.ok;
}

/** The matrix of an application that would not start is shown, and is no success. */
function refuseFaults({inspection: {faults}}: LoadedApplication): void {
  const [first, ...others] = faults;
  if (first !== undefined) throw new ConfigError([first, ...others]);
}
