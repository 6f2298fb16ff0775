import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {createServer} from 'node:net';
import type {AddressInfo} from 'node:net';
import type {Credential} from '../../src/pki/credential';
import {hasOpenssl} from '../pki/openssl';
import {clientRoot, Folder, get, issueClient, Recorder, start, workingOptions} from './harness';
import type {Running} from './harness';

/** OpenSSL keeps no promise about the port it chooses, so one is chosen that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const {port} = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** One line of the index of `openssl ca`. */
function indexLine(status: 'V' | 'R', serialNumber: string): string {
  const revoked = status === 'R' ? '260101000000Z,keyCompromise' : '';
  return `${status}\t400101000000Z\t${revoked}\t${serialNumber.toUpperCase()}\tunknown\t/CN=Alice\n`;
}

if (hasOpenssl)
  describe('the responder of OpenSSL', () => {
    const folder = new Folder();
    const recorder = Recorder.ofBlock('refusal', 'revocation');
    let responder: ChildProcess;
    let running: Running;
    let port = 0;

    before(async () => {
      const delegate = clientRoot.issueOcspResponder({subject: {commonName: 'OpenSSL'}});
      const index = folder.write('index.txt', indexLine('V', 'A11CE0') + indexLine('R', 'B0B0'));
      port = await freePort();
      responder = spawn(
        'openssl',
        [
          'ocsp',
          ...['-index', index],
          ...['-port', String(port)],
          ...['-rsigner', folder.write('responder.crt', delegate.pem)],
          ...['-rkey', folder.write('responder.key', delegate.exportKeyPem())],
          ...['-CA', folder.write('ca.crt', clientRoot.pem)],
          ...['-nmin', '5'],
        ],
        {stdio: ['ignore', 'ignore', 'pipe']},
      );
      // It tells that it listens on its standard error.
      if (responder.stderr) await once(responder.stderr, 'data');
      const options = workingOptions(folder);
      const revocation = {ocsp: {responder: `http://127.0.0.1:${port}/`, nonce: 'required'}} as const;
      running = await start({...options, clients: {...options.clients, revocation}, audit: {sink: 'none'}});
    });
    beforeEach(() => {
      recorder.events.length = 0;
    });
    after(async () => {
      await running.stop();
      responder.kill();
      recorder.stop();
      folder.remove();
    });

    async function outcome(client: Credential): Promise<string> {
      return get(running.port, client).then(
        ({body}) => body,
        async () => (await recorder.next('refusal')).why.code,
      );
    }

    it('lets a good certificate in, and repeats our nonce', async () => {
      assert.equal(await outcome(issueClient({serialNumber: 'a11ce0'})), 'hello');
      assert.equal(recorder.of('revocation')[0]?.phase, 'loaded');
    });

    it('keeps a revoked certificate out', async () => {
      assert.equal(await outcome(issueClient({serialNumber: 'b0b0'})), 'ERR_MTLS_REVOKED');
    });

    it('keeps a certificate out that it does not know', async () => {
      assert.equal(await outcome(issueClient({serialNumber: 'c0ffee'})), 'ERR_MTLS_REVOCATION_UNKNOWN');
    });
  });
