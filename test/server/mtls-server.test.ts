import assert from 'node:assert/strict';
import type {Material} from '../../src/server/material';
import {clientRoot, Folder, get, issueClient, Recorder, start, workingOptions} from './harness';
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

  describe('given material to apply', () => {
    const seen: Material[] = [];
    let applying: Running;
    let material: Material;

    before(async () => {
      const options = workingOptions(folder);
      const crl = folder.write('clients.crl', clientRoot.issueCrl({}).der);
      applying = await start({...options, clients: {ca: options.clients.ca, crl}}, undefined, {
        rehearse: tried => {
          seen.push(tried);
          return Promise.resolve([]);
        },
      });
      const [loaded] = seen;
      assert.ok(loaded);
      material = loaded;
    });
    after(() => applying.stop());

    it('takes it in force as a whole', async () => {
      const {generation} = applying.mtls.snapshot;
      await applying.mtls.apply(material);
      assert.equal(applying.mtls.snapshot.generation, generation + 1);
      assert.equal((await get(applying.port, alice)).body, 'hello');
    });

    it('takes nothing of it in force where OpenSSL refuses the credentials', async () => {
      const before = applying.mtls.snapshot;
      const broken: Material = {
        ...material,
        credentials: {...material.credentials, chainPem: 'nonsense'},
        revocation: {...material.revocation, crls: []},
      };
      await assert.rejects(applying.mtls.apply(broken));
      assert.equal(applying.mtls.snapshot, before);
      assert.equal(applying.mtls.state().crls.length, 1, 'the CRL is still there');
      assert.equal((await get(applying.port, alice)).body, 'hello');
    });
  });
});
