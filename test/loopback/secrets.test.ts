import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {join} from 'node:path';
import {promisify} from 'node:util';

const run = promisify(execFile);

describe('secrets', () => {
  let output: {readonly stdout: string; readonly stderr: string};

  before(async () => {
    output = await run(process.execPath, [join(__dirname, 'secrets-app.js')], {
      env: {...process.env, DEBUG: '*', DEBUG_DEPTH: '14'},
      maxBuffer: 1 << 28,
    });
  });

  it('the application under watch really works and really talks', () => {
    assert.match(output.stdout, /^status 200 403$/m);
    assert.match(output.stderr, /loopback:http-server/);
    assert.match(output.stderr, /loopback:context:binding/);
    assert.ok(output.stderr.length > 50_000);
  });

  for (const stream of ['stdout', 'stderr'] as const) {
    it(`row 41, row 42: neither key nor passphrase reaches ${stream}`, () => {
      assert.doesNotMatch(output[stream], /PRIVATE KEY|correct horse|Y29ycmVjdCBob3JzZ|63 6f 72 72 65 63 74 20/);
      // Nor the start of one in base64 (PKCS#8 of EC and RSA keys), nor as bytes of a Buffer.
      assert.doesNotMatch(output[stream], /MIGHAgEAMBMGByqGSM49|MII[A-Za-z0-9+/]{2}AIBADANBgkqhkiG9w0BAQEFAASC/);
      assert.doesNotMatch(output[stream], /<Buffer 30 81 87 02 01 00 30 13/);
    });
  }
});
