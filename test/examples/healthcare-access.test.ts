import assert from 'node:assert/strict';
import {join} from 'node:path';
import {mtls} from '../cli/terminal';

const ROOT = join(__dirname, '../../..');

describe('the healthcare example', () => {
  it('gives each role the endpoints of the committed matrix, and nothing is odd about it', async () => {
    const app = ['--app', 'dist/examples/healthcare/application.js'];
    const {code, out, err} = await mtls(['access', ...app, '--check', 'examples/healthcare/access.json'], {cwd: ROOT});
    assert.deepEqual(
      {code, out, err},
      {code: 0, out: 'examples/healthcare/access.json is what the application does\n', err: ''},
    );
  });
});
