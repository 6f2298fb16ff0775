import {join} from 'node:path';
import type {MtlsComponentOptions} from '../../src/loopback/options';
import type {Folder} from '../server/harness';

const ROOT = join(__dirname, '../../..');

/** The healthcare example over the certificates that `mtls pki example` makes in the folder. */
const HEALTHCARE = `
const {HealthcareApplication} = require('${ROOT}/dist/examples/healthcare/application.js');
const {join} = require('node:path');
exports.createApplication = () =>
  new HealthcareApplication({certs: join(__dirname, 'certs'), dataFile: join(__dirname, 'clinic.json')});
`;

/** Writes a module that makes the healthcare example, and returns what goes behind `--app`. */
export function healthcare(folder: Folder): string {
  return moduleIn(folder, 'healthcare.js', HEALTHCARE);
}

export function moduleIn(folder: Folder, file: string, text: string): string {
  folder.write(file, text);
  return file;
}

/** What an application serves beside its configuration: `GET /patients` and its rule. */
export type Routes = Readonly<Record<string, object>>;

/** Statements of the constructor: what changes `options`, and what is mounted beside the routes. */
export interface Snippets {
  readonly options?: string;
  readonly mounts?: string;
}

/** The source of an application with these options and handlers, as the class `Small`. */
export function smallApplication(options: object, routes: Routes, more: Snippets = {}): string {
  return `
const {RestApplication} = require('${ROOT}/node_modules/@loopback/rest');
const {MtlsBindings, MtlsComponent} = require('${ROOT}/dist/src/index.js');
const danger = require('${ROOT}/dist/src/danger.js');
const {join} = require('node:path');
const folder = __dirname;
class Small extends RestApplication {
  constructor() {
    super({rest: {port: 0, host: '127.0.0.1'}});
    const options = ${JSON.stringify(options)};
    ${more.options ?? ''}
    this.configure(MtlsBindings.COMPONENT).to(options);
    this.component(MtlsComponent);
    for (const [endpoint, rule] of Object.entries(${JSON.stringify(routes)})) {
      const [verb, path] = endpoint.split(' ');
      this.route(verb.toLowerCase(), path, {responses: {}, 'x-mtls-access': rule}, function handle() {});
    }
    ${more.mounts ?? ''}
  }
}
exports.Small = Small;
`;
}

/** Options that name files nobody needs to have. */
export function optionsOf(changes: Partial<MtlsComponentOptions>): Partial<MtlsComponentOptions> {
  return {
    server: {key: 'server.key', cert: 'server.crt'},
    clients: {ca: 'clients-ca.crt', revocation: {unknown: 'deny-list-only'}},
    ...changes,
  };
}
