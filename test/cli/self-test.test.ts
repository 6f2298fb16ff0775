import assert from 'node:assert/strict';
import {Folder, workingOptions} from '../server/harness';
import {mtls} from './terminal';

describe('mtls self-test', () => {
  const folder = new Folder();
  const config = folder.write('mtls.json', JSON.stringify(workingOptions(folder)));
  after(() => {
    folder.remove();
  });

  it('attacks the server of MTLS_CONFIG and prints what came of it', async () => {
    const {code, out} = await mtls(['self-test'], {env: {MTLS_CONFIG: config}});
    assert.equal(code, 0, out);
    assert.match(out, /^ok {4}refused {4}a client without a certificate$/m);
    assert.match(out, /^ok {4}served {5}a client with everything in order, over TLSv1\.3$/m);
    assert.match(out, /all 20 as they must be/);
  });

  it('reads a configuration that is named, and prints JSON', async () => {
    const {code, out} = await mtls(['self-test', '--config', 'mtls.json', '--json'], {cwd: folder.path});
    assert.equal(code, 0, out);
    const trials: unknown = JSON.parse(out);
    assert.ok(Array.isArray(trials) && trials.length === 20);
    assert.deepEqual(trials[0], {name: 'a client without a certificate', expected: 'refused', found: 'refused'});
  });

  it('names the faults of a configuration that cannot start', async () => {
    const {code, err} = await mtls(['self-test'], {env: {}});
    assert.equal(code, 1);
    assert.match(err, /server: .*ERR_MTLS_CONFIG/);
  });

  it('takes an application or a configuration, not both', async () => {
    const {code, err} = await mtls(['self-test', '--config', 'a.json', '--app', 'b.js']);
    assert.equal(code, 2);
    assert.match(err, /exclude each other/);
  });
});
