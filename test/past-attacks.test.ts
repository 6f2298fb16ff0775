import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {promisify} from 'node:util';

const ROOT = join(__dirname, '../..');
const DOCUMENT = readFileSync(join(ROOT, 'docs/past-attacks.md'), 'utf8');
const run = promisify(execFile);

/** The titles of all tests, as mocha has them after loading every file and running none. */
async function titles(): Promise<readonly string[]> {
  const mocha = join(ROOT, 'node_modules/mocha/bin/mocha.js');
  const {stdout} = await run(
    process.execPath,
    [mocha, '--no-config', '--dry-run', '--reporter', 'json', join(ROOT, 'dist/test/**/*.test.js')],
    {cwd: ROOT, maxBuffer: 256 * 1024 * 1024},
  );
  const {tests} = JSON.parse(stdout.slice(stdout.indexOf('{\n'))) as {readonly tests: readonly {fullTitle: string}[]};
  return tests.map(({fullTitle}) => fullTitle);
}

/** What stands in backticks in the last column of a table and is neither code, command nor file. */
function proofs(): readonly string[] {
  const rows = DOCUMENT.split('\n').filter(line => line.startsWith('| ') && !line.startsWith('| ---'));
  return rows
    .flatMap(row => [...(row.split(' | ').at(-1) ?? '').matchAll(/`([^`]+)`/g)].map(([, span]) => span ?? ''))
    .filter(span => span.includes(' ') && !span.startsWith('npm run '));
}

describe('docs/past-attacks.md', function () {
  this.timeout(120_000);

  it('names tests that exist', async () => {
    const known = await titles();
    const named = proofs();
    assert.ok(named.length > 60, String(named.length));
    assert.deepEqual(
      named.filter(proof => !known.some(title => title.startsWith(proof))),
      [],
    );
  });

  it('speaks of every attack that was measured', () => {
    for (let number = 1; number <= 18; number++) assert.match(DOCUMENT, new RegExp(`\\bN${number}\\b`));
  });
});
