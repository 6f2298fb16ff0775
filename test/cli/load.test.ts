import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {join} from 'node:path';
import {Folder} from '../server/harness';
import {moduleIn, optionsOf, smallApplication} from './applications';
import {mtls} from './terminal';

const ROOT = join(__dirname, '../../..');
const RULES = [{when: {organizationalUnit: 'Nurses'}, roles: ['nurse'], id: 'san.uri'}] as const;
const SMALL = smallApplication(optionsOf({identity: {rules: RULES}}), {'GET /wards': {allowedRoles: ['nurse']}});
const PLAIN = `const {RestApplication} = require('${ROOT}/node_modules/@loopback/rest');`;

describe('--app', () => {
  const folder = new Folder();
  let count = 0;

  after(() => {
    folder.remove();
  });

  function access(source: string, name = '', extension = 'js') {
    const file = moduleIn(folder, `app-${++count}.${extension}`, source);
    return mtls(['access', '--app', `${file}${name}`], {cwd: folder.path});
  }

  const LOADED: readonly (readonly [string, string, string?, string?])[] = [
    ['the only class of a module', SMALL],
    ['a class by its name', `${SMALL} exports.Other = class extends Small {};`, '#Other'],
    ['a class that stands there under two names', `${SMALL} exports.Again = Small;`],
    [
      'createApplication() before any class',
      `${SMALL} exports.Other = class extends Small {}; exports.createApplication = () => new Small();`,
    ],
    ['a function that makes it later', `${SMALL} exports.make = async () => new Small();`, '#make'],
    ['the module itself', `${SMALL} module.exports = Small;`, '#default'],
    [
      'an ES module',
      `import {createRequire} from 'node:module';
       const require = createRequire(import.meta.url);
       const exports = {};
       const __dirname = import.meta.dirname;
       ${SMALL}
       export {Small};`,
      '',
      'mjs',
    ],
    [
      'an application that boots',
      `${SMALL} exports.Small = class Booting extends Small { async boot() { this.booted = true; } async getServer(name) { if (!this.booted) throw new Error('not booted'); return super.getServer(name); } };`,
    ],
  ];
  for (const [name, source, fragment, extension] of LOADED)
    it(`loads ${name}`, async () => {
      const {code, out, err} = await access(source, fragment, extension);
      assert.deepEqual([code, err], [0, '']);
      assert.match(out, /\nGET \/wards +handler +yes\n/);
    });

  it('ends although the application keeps something running', () => {
    const file = moduleIn(folder, 'busy.js', `${SMALL} setInterval(() => undefined, 1_000);`);
    const command = [join(ROOT, 'dist/src/cli/main.js'), 'access', '--app', file];
    const {status, stdout, stderr} = spawnSync(process.execPath, command, {cwd: folder.path, encoding: 'utf8'});
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /^ENDPOINT/);
  });

  const REFUSED: readonly (readonly [string, string, string, string])[] = [
    ['a module without application', 'exports.a = 1;', '', 'exports no application'],
    ['a module that exports nothing', 'module.exports = undefined;', '', 'exports no application'],
    ['two classes', `${SMALL} exports.Other = class extends Small {};`, '', 'exports more than one application'],
    ['a name that is not there', SMALL, '#Large', 'exports no class or function Large'],
    ['a name that is no function', 'exports.a = 1;', '#a', 'exports no class or function a'],
    [
      'a function that makes something else',
      'exports.createApplication = () => ({});',
      '',
      'makes no LoopBack application',
    ],
    ['a module that throws', "throw new Error('no database\\nat all');", '', 'cannot be loaded: no database'],
    ['a module that throws anything', "throw 'no luck';", '', 'cannot be loaded: no luck'],
    ['an application without the component', `${PLAIN} exports.App = RestApplication;`, '', 'without MtlsComponent'],
  ];
  for (const [name, source, fragment, message] of REFUSED)
    it(`refuses ${name}`, async () => {
      const {code, out, err} = await access(source, fragment);
      assert.deepEqual([code, out], [1, '']);
      const [error, hint] = err.split('\n');
      assert.ok(error?.startsWith('error: ') && error.includes(message), err);
      assert.match(hint ?? '', /^hint: ./);
    });
});
