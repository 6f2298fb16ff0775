import assert from 'node:assert/strict';
import {Folder, Recorder, start} from '../server/harness';
import {Rotator} from './rotator';
import {rotatingOptions} from './rotation';
import {startTraffic} from './traffic-process';

/** Reloads in the short version; `npm run soak` has a minute of them, each with its rehearsal. */
const RELOADS = 8;

describe('a server under load', () => {
  it('loses no request while certificate, CA bundle and CRL rotate', async function () {
    this.timeout(120_000);
    const folder = new Folder();
    const recorder = new Recorder('reload');
    const server = await start(rotatingOptions(folder));
    const traffic = startTraffic(server.port, 200);
    const rotator = new Rotator(folder);
    const {generation} = server.mtls.snapshot;
    while (server.mtls.snapshot.generation < generation + RELOADS) {
      const before = recorder.of('reload').length;
      rotator.rotate();
      const {phase, faults} = await recorder.next('reload', before + 1);
      assert.equal(phase, 'applied', JSON.stringify(faults));
    }
    const {sent, served, failures} = await traffic.stop();
    recorder.stop();
    await server.stop();
    folder.remove();
    assert.deepEqual(failures, []);
    assert.equal(served, sent);
    assert.ok(served > 0);
  });
});
