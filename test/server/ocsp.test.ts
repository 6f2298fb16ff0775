import assert from 'node:assert/strict';
import {createAuthority} from '../../src/pki/authority';
import {encodeOcspError} from '../../src/pki/ocsp';
import type {OcspError, OcspSpec, OcspStatus} from '../../src/pki/ocsp';
import {parseOcspRequest} from '../../src/pki/ocsp-request';
import type {RevocationOptions} from '../../src/server/revocation-options';
import {clientRoot, closed, issueClient, open, workingOptions} from './harness';
import type {Running} from './harness';
import {RevocationSetting} from './revocation-setting';
import {answeringOcsp, giving} from './revocation-web';
import type {Behaviour} from './revocation-web';

const responding = (status: OcspStatus, spec: Partial<OcspSpec> = {}): Behaviour =>
  answeringOcsp(clientRoot, {status}, spec);

const GOOD: OcspStatus = {kind: 'good'};
const REVOKED: OcspStatus = {kind: 'revoked', since: new Date('2026-01-01T00:00:00Z'), reason: 'keyCompromise'};

describe('OCSP over real TLS', () => {
  const setting = RevocationSetting.ofBlock(responding(GOOD), 'refusal', 'revocation');
  const {web, folder, recorder} = setting;

  async function serve(revocation: RevocationOptions = {}): Promise<Running> {
    const options = workingOptions(folder);
    const clients = {...options.clients, revocation: {ocsp: {responder: web.url}, ...revocation}};
    return setting.start({...options, clients});
  }

  const UNKNOWN = 'ERR_MTLS_REVOCATION_UNKNOWN';
  const wrongKey = createAuthority({subject: {commonName: 'Client Root'}});
  const stranger = createAuthority({subject: {commonName: 'Stranger'}}).issueOcspResponder({
    subject: {commonName: 'Responder'},
  });
  const responder = clientRoot.issueOcspResponder({subject: {commonName: 'Responder'}});
  const ordinary = clientRoot.issueClient({subject: {commonName: 'No responder'}});
  const checkable = clientRoot.issueOcspResponder({subject: {commonName: 'Responder'}, without: ['ocspNoCheck']});
  const past = (hours: number): Date => new Date(Date.now() - hours * 3_600_000);

  const dated = (thisUpdate: Date, nextUpdate?: Date): Behaviour =>
    answeringOcsp(clientRoot, {status: GOOD, thisUpdate, ...(nextUpdate && {nextUpdate})});
  const withoutNonce: Behaviour = ({body}, response) => {
    const answers = parseOcspRequest(body).certificates.map(({der}) => ({certificate: der, status: GOOD}));
    response.end(clientRoot.answerOcsp({answers}));
  };
  const refusing = (error: OcspError): Behaviour => giving(encodeOcspError(error));

  const ROWS: readonly (readonly [string, Behaviour, string, RevocationOptions?])[] = [
    ['a good status', responding(GOOD), 'hello'],
    ['a revoked status', responding(REVOKED), 'ERR_MTLS_REVOKED'],
    ['an unknown status', responding({kind: 'unknown'}), UNKNOWN],
    ['a delegated responder', responding(GOOD, {responder}), 'hello'],
    ['a delegated responder that says revoked', responding(REVOKED, {responder}), 'ERR_MTLS_REVOKED'],
    ['a responder of another CA', responding(GOOD, {responder: stranger}), UNKNOWN],
    ['a responder without the OCSP purpose', responding(GOOD, {responder: ordinary}), UNKNOWN],
    ['a responder whose own status nobody tells', responding(GOOD, {responder: checkable}), UNKNOWN],
    ['a signature by another key', responding(GOOD, {mistakes: {signingKey: wrongKey.key}}), UNKNOWN],
    ['a signature that was changed', responding(GOOD, {mistakes: {corrupt: 'signature'}}), UNKNOWN],
    ['an answer that was changed', responding(GOOD, {mistakes: {corrupt: 'content'}}), UNKNOWN],
    ['an answer without nonce', withoutNonce, 'hello'],
    [
      'an answer without nonce where one is required',
      withoutNonce,
      UNKNOWN,
      {ocsp: {responder: '', nonce: 'required'}},
    ],
    ['a replayed answer with another nonce', responding(GOOD, {nonce: Buffer.alloc(32)}), UNKNOWN],
    [
      'an answer about another certificate',
      giving(clientRoot.answerOcsp({answers: [{certificate: 4711n, status: GOOD}]})),
      UNKNOWN,
    ],
    ['an answer that ended', dated(past(2), past(1)), UNKNOWN],
    ['an old answer without nextUpdate', dated(past(2)), UNKNOWN],
    ['an answer from the future', dated(past(-1), past(-2)), UNKNOWN],
    ['unauthorized', refusing('unauthorized'), UNKNOWN],
    ['tryLater', refusing('tryLater'), UNKNOWN],
    ['text', giving(Buffer.from('<html>')), UNKNOWN],
    ['10 MB', giving(Buffer.alloc(10 * 1024 * 1024)), UNKNOWN],
    ['status 500', (_, response) => response.writeHead(500).end(), UNKNOWN],
    ['silence', () => undefined, UNKNOWN, {network: {timeoutMs: 200}}],
    [
      'a connection that breaks off',
      (_, response) => response.writeHead(200, {'content-length': 100}).end('x', () => response.destroy()),
      UNKNOWN,
    ],
  ];
  for (const [name, behaviour, expected, options] of ROWS) {
    it(`answers ${expected} where the responder gives ${name}`, async () => {
      web.behave = behaviour;
      const ocsp = typeof options?.ocsp === 'object' ? {ocsp: {...options.ocsp, responder: web.url}} : {};
      await serve({...options, ...ocsp});
      assert.equal(await setting.outcome(), expected);
      const failures = recorder.of('revocation').filter(event => event.phase === 'failed' && event.kind === 'ocsp');
      const isFailure = expected === UNKNOWN && name !== 'an unknown status';
      assert.equal(failures.length > 0, isFailure, 'a failure of the source is an event of its own');
    });
  }

  it('refuses where nobody listens', async () => {
    await serve({ocsp: {responder: 'http://127.0.0.1:9/'}});
    assert.equal(await setting.outcome(), UNKNOWN);
  });

  it('asks the responder that the certificate names, once its host is allowed', async () => {
    web.behave = responding(GOOD);
    const client = issueClient({authorityInfoAccess: {ocsp: [web.url]}});
    await serve({ocsp: {}, network: {allowedHosts: [web.host]}});
    assert.equal(await setting.outcome(client), 'hello');
  });

  it('does not ask a private address that the certificate names', async () => {
    const client = issueClient({authorityInfoAccess: {ocsp: [web.url]}});
    await serve({ocsp: {}});
    assert.equal(await setting.outcome(client), UNKNOWN);
    assert.equal(web.asked, 0);
  });

  it('refuses a certificate without a responder', async () => {
    await serve({ocsp: {}});
    assert.equal(await setting.outcome(), UNKNOWN);
  });

  it('asks once for many connections at the same time, and holds them until the answer is here', async () => {
    const client = issueClient();
    const answer = responding(GOOD);
    web.behave = (request, response) =>
      setTimeout(() => {
        answer(request, response);
      }, 300);
    await serve();
    const bodies = await Promise.all(Array.from({length: 8}, () => setting.outcome(client)));
    assert.deepEqual(new Set(bodies), new Set(['hello']));
    assert.equal(web.asked, 1);
  });

  it('remembers an answer for its lifetime', async () => {
    const client = issueClient();
    web.behave = responding(GOOD);
    await serve();
    assert.equal(await setting.outcome(client), 'hello');
    web.behave = () => assert.fail('asked again');
    assert.equal(await setting.outcome(client), 'hello');
  });

  it('leaves a responder that failed alone for a while', async () => {
    const client = issueClient();
    web.behave = (_, response) => response.writeHead(500).end();
    await serve();
    assert.equal(await setting.outcome(client), UNKNOWN);
    assert.equal(await setting.outcome(client), UNKNOWN);
    assert.equal(web.asked, 1);
  });

  it('closes a connection when its answer ends and no new one comes', async () => {
    const client = issueClient();
    web.behave = dated(past(0), new Date(Date.now() + 2_000));
    const {port} = await serve();
    const socket = await open(port, client);
    await recorder.next('revocation');
    web.behave = (_, response) => response.writeHead(500).end();
    await closed(socket);
    const {why, stage} = await recorder.next('refusal');
    assert.deepEqual([why.code, stage], [UNKNOWN, 'open']);
  });

  it('keeps a connection when its answer ends and a new one comes', async () => {
    const client = issueClient();
    web.behave = dated(past(0), new Date(Date.now() + 2_000));
    const {port} = await serve();
    const socket = await open(port, client);
    await recorder.next('revocation');
    web.behave = responding(GOOD);
    await new Promise(resolve => setTimeout(resolve, 3_000));
    assert.equal(socket.destroyed, false);
    assert.equal(web.asked, 2);
    socket.destroy();
  });

  it('asks again ahead of the end, and closes the connection of who was revoked meanwhile', async () => {
    const client = issueClient();
    const end = new Date(Date.now() + 6_000);
    web.behave = dated(past(0), end);
    const {port} = await serve();
    const socket = await open(port, client);
    await recorder.next('revocation');
    web.behave = responding(REVOKED);
    await closed(socket);
    const {why, stage} = await recorder.next('refusal');
    assert.deepEqual([why.code, stage], ['ERR_MTLS_REVOKED', 'open']);
    assert.ok(new Date() < end, 'before the answer ended');
  });

  it('does not start with a responder that is no URL', async () => {
    await assert.rejects(serve({ocsp: {responder: 'ftp://ocsp.example/'}}), {code: 'ERR_MTLS_CONFIG'});
  });
});
