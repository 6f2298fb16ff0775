import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {readdirSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {promisify} from 'node:util';

const SRC = resolve(__dirname, '../src');
const run = promisify(execFile);

/** Loads every module in a process of its own, and tells how many handles and listeners were left behind. */
const LOAD = `
const before = counts();
for (const file of process.argv.slice(1)) require(file);
const after = counts();
process.stdout.write(JSON.stringify({handles: after.handles - before.handles, listeners: after.listeners - before.listeners}));
function counts() {
  const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
  // Dependencies look at standard error, which is a pipe here.
  return {handles: process.getActiveResourcesInfo().filter(name => name !== 'PipeWrap').length, listeners};
}`;

describe('every module of src', function () {
  this.timeout(120_000);
  const files = readdirSync(SRC, {recursive: true, encoding: 'utf8'})
    .filter(file => file.endsWith('.js'))
    .map(file => join(SRC, file));

  it('loads, and does nothing by being loaded', async () => {
    assert.ok(files.length > 100, String(files.length));
    const {stdout, stderr} = await run(process.execPath, ['-e', LOAD, ...files]);
    assert.equal(stderr, '');
    assert.deepEqual(JSON.parse(stdout), {handles: 0, listeners: 0});
  });
});
