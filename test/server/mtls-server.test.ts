import assert from 'node:assert/strict';
import {Folder, get, issueClient, Recorder, start, workingOptions} from './harness';
import type {Running} from './harness';

describe('an mTLS server', () => {
  const folder = new Folder();
  const alice = issueClient();
  let server: Running;
  let recorder: Recorder;

  before(async () => {
    server = await start(workingOptions(folder));
  });
  after(async () => {
    await server.stop();
    folder.remove();
  });
  beforeEach(() => {
    recorder = new Recorder('handshake', 'refusal', 'authentication', 'authorization');
  });
  afterEach(() => {
    recorder.stop();
  });

  it('serves a client with a good certificate', async () => {
    const answer = await get(server.port, alice);
    assert.equal(answer.status, 200);
    assert.equal(answer.body, 'hello');
    const [authentication] = recorder.of('authentication');
    assert.deepEqual(authentication?.roles, ['clinician']);
    assert.equal(authentication.principal, 'spiffe://clinic.example/alice');
    assert.equal(recorder.of('handshake')[0]?.protocol, 'TLSv1.3');
  });

  it('refuses a client without a certificate', async () => {
    await assert.rejects(get(server.port, undefined));
    assert.equal((await recorder.next('refusal')).why.code, 'ERR_MTLS_CERTIFICATE_MISSING');
  });
});
