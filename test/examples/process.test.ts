import assert from 'node:assert/strict';
import {fork} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {connect} from 'node:tls';
import {get} from '../server/harness';
import {ExampleClinic} from './clinic';

describe('the healthcare example as a process', function () {
  this.timeout(60_000);
  const clinic = new ExampleClinic();
  let child: ChildProcess | undefined;
  before(() => clinic.pki('example'));
  afterEach(() => {
    child?.kill('SIGKILL');
  });
  after(() => clinic.remove());

  /** Starts it; what it first tells is its port or why there is none. */
  async function startProcess(): Promise<readonly [ChildProcess, unknown]> {
    const config = join(clinic.folder, 'mtls.json');
    writeFileSync(config, JSON.stringify({reload: {watch: 'off', signal: 'SIGHUP'}, audit: {sink: 'none'}}));
    const started = fork(join(__dirname, 'clinic-process.js'), [clinic.certs, join(clinic.folder, 'clinic.json')], {
      env: {...process.env, MTLS_CONFIG: config},
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child = started;
    const [told] = (await once(started, 'message')) as readonly unknown[];
    return [started, told];
  }

  function presentedSerial(port: number): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      const alice = clinic.credential('clinician-alice');
      const socket = connect({host: '127.0.0.1', port, servername: 'localhost', ca: clinic.serverCa, ...alice});
      socket.on('error', reject);
      socket.once('secureConnect', () => {
        resolve(socket.getPeerX509Certificate()?.serialNumber);
        socket.destroy();
      });
    });
  }

  it('takes a renewed certificate over on SIGHUP, and ends on SIGTERM', async () => {
    const [running, port] = await startProcess();
    assert.ok(typeof port === 'number', String(port));
    const {key, cert} = clinic.credential('clinician-alice');
    const alice = {chainPem: cert.toString(), exportKeyPem: () => key.toString()};
    const before = await presentedSerial(port);
    await clinic.pki('renew server');
    assert.equal(await presentedSerial(port), before);
    running.kill('SIGHUP');
    let serial = before;
    while (serial === before) serial = await presentedSerial(port);
    assert.equal((await get(port, alice, {path: '/patients', ca: clinic.serverCa})).status, 200);
    const exit = once(running, 'exit');
    running.kill('SIGTERM');
    assert.deepEqual(await exit, [null, 'SIGTERM']);
  });

  it('ends by itself when its start is refused', async () => {
    const path = join(clinic.certs, 'server.key');
    const content = readFileSync(path);
    writeFileSync(path, clinic.credential('clinician-alice').key);
    const [refused, told] = await startProcess();
    assert.match(String(told), /ConfigError.*another key/);
    if (refused.exitCode === null) await once(refused, 'exit');
    assert.equal(refused.exitCode, 1);
    writeFileSync(path, content);
  });
});
