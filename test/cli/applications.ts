import {join} from 'node:path';
import type {Folder} from '../server/harness';

const ROOT = join(__dirname, '../../..');

/** Modules that make an application, as an operator would name them behind `--app`. */
const MODULES = {
  healthcare: `
    const {HealthcareApplication} = require('${ROOT}/dist/examples/healthcare/application.js');
    const {join} = require('node:path');
    exports.createApplication = () =>
      new HealthcareApplication({certs: join(__dirname, 'certs'), dataFile: join(__dirname, 'clinic.json')});`,
};

/** Writes a module into the folder and returns its path from there. */
export function application(folder: Folder, file: string, text: keyof typeof MODULES | (string & {})): string {
  folder.write(file, text in MODULES ? MODULES[text as keyof typeof MODULES] : text);
  return file;
}
