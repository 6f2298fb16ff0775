import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {connect} from 'node:tls';
import {setTimeout as delay} from 'node:timers/promises';
import type {CertificateSpec} from '../../src/pki/certificate';
import type {OcspSpec, OcspStatus} from '../../src/pki/ocsp';
import type {MtlsOptions} from '../../src/server/options';
import type {StaplingOptions} from '../../src/server/stapling';
import {parseOcspResponse} from '../../src/x509/ocsp';
import {hasOpenssl} from '../pki/openssl';
import {clientRoot, issueClient, issueServer, presenting, Recorder, serverRoot, workingOptions} from './harness';
import type {Running} from './harness';
import {faultsOf, RevocationSetting} from './revocation-setting';
import {answeringOcsp} from './revocation-web';
import type {Behaviour} from './revocation-web';

const responding = (
  status: OcspStatus,
  nextUpdate?: Date,
  spec: Partial<OcspSpec> = {},
  thisUpdate?: Date,
): Behaviour =>
  answeringOcsp(serverRoot, {status, ...(nextUpdate && {nextUpdate}), ...(thisUpdate && {thisUpdate})}, spec);
const failing: Behaviour = (_, response) => response.writeHead(500).end();
const GOOD = {kind: 'good'} as const;
const REVOKED = {kind: 'revoked', since: new Date('2026-01-01T00:00:00Z')} as const;

describe('stapling', () => {
  const setting = RevocationSetting.ofBlock(responding(GOOD), 'revocation');
  const {web, folder, recorder} = setting;
  const issuer = folder.write('server-root.crt', serverRoot.pem);

  async function serve(spec: Partial<CertificateSpec>, stapling?: 'off' | StaplingOptions): Promise<Running> {
    const options = workingOptions(folder, issueServer(spec));
    const server: MtlsOptions['server'] = {...options.server, ...(stapling && {stapling})};
    return setting.start({...options, server});
  }

  /** What the server staples when it is asked to. */
  function stapled(port: number): Promise<Buffer | undefined> {
    return new Promise((resolve, reject) => {
      const client = {
        host: '127.0.0.1',
        port,
        servername: 'localhost',
        requestOCSP: true,
        ...presenting(issueClient()),
      };
      const socket = connect(client);
      socket.once('OCSPResponse', (response: Buffer | null) => {
        resolve(response !== null && response.length > 0 ? response : undefined);
        socket.destroy();
      });
      socket.once('error', reject);
    });
  }

  const here = (): Partial<CertificateSpec> => ({authorityInfoAccess: {ocsp: [web.url]}});
  const promising = (): Partial<CertificateSpec> => ({...here(), tlsFeatures: [5]});

  const faultOf = async (starting: Promise<unknown>): Promise<string> => (await faultsOf(starting)).join();

  it('is off unless asked for', async () => {
    const {port} = await serve(here());
    assert.equal(await stapled(port), undefined);
    assert.equal(web.asked, 0);
  });

  it('staples a good answer of the responder that the certificate names', async () => {
    web.behave = responding(GOOD);
    const {port} = await serve(here(), {issuer});
    const response = await stapled(port);
    const parsed = response && parseOcspResponse(response);
    assert.ok(parsed?.status === 'successful');
    assert.equal(parsed.basic.responses[0]?.status.kind, 'good');
  });

  it('staples an answer of a configured responder', async () => {
    web.behave = responding(GOOD);
    const {port} = await serve({}, {issuer, responder: web.url});
    assert.ok(await stapled(port));
  });

  it('starts without an answer where the certificate promises none', async () => {
    web.behave = failing;
    const {port} = await serve(here(), {issuer});
    assert.equal(await stapled(port), undefined);
    assert.equal(recorder.of('revocation')[0]?.phase, 'failed');
  });

  it('staples nothing that has ended', async () => {
    web.behave = responding(GOOD, new Date(Date.now() + 2_000));
    const {port} = await serve(here(), {issuer});
    assert.ok(await stapled(port));
    await delay(2_100);
    assert.equal(await stapled(port), undefined);
  });

  for (const [promise, status] of [
    ['that promises no staple', 'degraded'],
    ['that promises a staple', 'failing'],
  ] as const) {
    it(`is ${status} once the staple of a certificate ${promise} has ended`, async () => {
      web.behave = responding(GOOD, new Date(Date.now() + 2_000));
      const {mtls} = await serve(status === 'failing' ? promising() : here(), {issuer});
      const [staple] = mtls.state().expiries.filter(({kind}) => kind === 'stapled-ocsp');
      assert.equal(staple?.subject, web.url);
      const told = (): string => mtls.health().details[0]?.message ?? '';
      while (!/^stapled-ocsp http.* ended /.test(told())) await delay(20);
      assert.equal(mtls.health().status, status);
    });
  }

  it('tells of a staple that ends soon', async () => {
    const tellings = new Recorder('expiry');
    try {
      web.behave = responding(GOOD, new Date(Date.now() + 20_000), {}, new Date(Date.now() - 3_600_000));
      await serve(here(), {issuer});
      const {kind, phase, threshold} = await tellings.next('expiry');
      assert.deepEqual([kind, phase, threshold], ['stapled-ocsp', 'approaching', '1/10 of lifetime']);
    } finally {
      tellings.stop();
    }
  });

  it('staples no answer signed by somebody else', async () => {
    web.behave = responding(GOOD, undefined, {mistakes: {signingKey: clientRoot.key}});
    const {port} = await serve(here(), {issuer});
    assert.equal(await stapled(port), undefined);
  });

  for (const [name, certificate] of [
    ['promises a staple', () => promising()],
    ['promises none', () => here()],
  ] as const) {
    it(`keeps its answer through a reload while the responder is down, where the certificate ${name}`, async () => {
      web.behave = responding(GOOD);
      const {mtls, port} = await serve(certificate(), {issuer});
      const before = await stapled(port);
      web.behave = failing;
      folder.write('clients-ca.crt', clientRoot.pem + serverRoot.pem);
      assert.equal(await mtls.reload(), 'applied');
      assert.deepEqual(await stapled(port), before);
    });
  }

  it('is on for a certificate that promises it', async () => {
    web.behave = responding(GOOD);
    const {port} = await serve(promising(), {issuer});
    assert.ok(await stapled(port));
  });

  it('follows a reload to another certificate', async () => {
    web.behave = responding(GOOD);
    const {mtls, port} = await serve(here(), {issuer});
    const before = await stapled(port);
    const renewed = issueServer(here());
    folder.write('server.key', renewed.exportKeyPem());
    folder.write('server.crt', renewed.chainPem);
    await mtls.reload();
    const after = await stapled(port);
    assert.ok(before && after && !before.equals(after));
  });

  for (const [name, behaviour] of [
    ['the responder fails', failing],
    ['the certificate is revoked', responding(REVOKED)],
    ['the answer is signed by somebody else', responding(GOOD, undefined, {mistakes: {signingKey: clientRoot.key}})],
  ] as const) {
    it(`does not start with a certificate that promises stapling where ${name}`, async () => {
      web.behave = behaviour;
      assert.match(await faultOf(serve(promising(), {issuer})), /ERR_MTLS_\w+ server\.stapling$/);
    });
  }

  it('does not start with a certificate that promises stapling and names no responder', async () => {
    assert.equal(await faultOf(serve({tlsFeatures: [5]}, {issuer})), 'ERR_MTLS_OCSP_REFUSED server.stapling');
  });

  it('does not start where the issuer is not known', async () => {
    const expected = 'ERR_MTLS_CREDENTIALS server.stapling.issuer';
    assert.equal(await faultOf(serve(promising())), expected);
    assert.equal(await faultOf(serve(here(), {issuer: folder.write('other.crt', clientRoot.pem)})), expected);
    assert.equal(await faultOf(serve(here(), {issuer: folder.write('text.crt', 'text')})), expected);
  });

  if (hasOpenssl)
    it('satisfies OpenSSL', async () => {
      web.behave = responding(GOOD);
      const {port} = await serve(promising(), {issuer});
      const client = issueClient();
      const args = ['s_client', '-connect', `127.0.0.1:${port}`, '-status', '-CAfile', issuer];
      args.push('-cert', folder.write('c.crt', client.chainPem), '-key', folder.write('c.key', client.exportKeyPem()));
      const stdout = await new Promise<string>(resolve => {
        const child = execFile('openssl', args, (_, out) => {
          resolve(out);
        });
        setTimeout(() => child.stdin?.end('Q\n'), 500);
      });
      assert.match(stdout, /OCSP Response Status: successful/);
      assert.match(stdout, /Cert Status: good/);
    });
});
