import assert from 'node:assert/strict';
import {fork} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {join} from 'node:path';
import {Folder, get, issueClient, workingOptions} from '../server/harness';

async function message(child: ChildProcess): Promise<unknown> {
  const heard: unknown[] = await once(child, 'message');
  return heard[0];
}

describe('a LoopBack application', () => {
  it('that gets SIGTERM finishes what it was asked, and ends', async () => {
    const folder = new Folder();
    const config = folder.write('mtls.json', JSON.stringify(workingOptions(folder)));
    const child = fork(join(__dirname, 'slow-app.js'), {env: {...process.env, MTLS_CONFIG: config}, execArgv: []});
    try {
      const port = await message(child);
      assert.ok(typeof port === 'number');
      const asked = message(child);
      const answer = get(port, issueClient(), {path: '/slow'});
      assert.equal(await asked, 'asked');
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      const {status, body} = await answer;
      assert.equal(status, 200);
      assert.match(body, /finished/);
      const [code, signal] = (await exit) as readonly unknown[];
      assert.deepEqual([code, signal], [null, 'SIGTERM']);
    } finally {
      child.kill('SIGKILL');
      folder.remove();
    }
  });
});
