import assert from 'node:assert/strict';
import {createAuthority} from '../../src/pki/authority';
import type {Credential} from '../../src/pki/credential';
import {CrlFetcher} from '../../src/server/crl-fetcher';
import type {DenyListStore} from '../../src/server/deny-list-store';
import {SharedDenyList} from '../../src/server/shared-deny-list';
import {parseCertificate} from '../../src/x509/certificate';
import {clientRoot, Folder, get, issueClient, Recorder, start, workingOptions} from '../server/harness';
import {RevocationSetting} from '../server/revocation-setting';
import {giving, RevocationWeb} from '../server/revocation-web';
import type {Behaviour} from '../server/revocation-web';

/** An exception in a timer ends the process, so whoever answers the server's own questions must not cause one. */

const head =
  (status: number, headers: Record<string, string>): Behaviour =>
  (_, response) => {
    response.writeHead(status, headers).end();
  };
const raw =
  (text: string): Behaviour =>
  (_, response) => {
    response.socket?.end(text);
  };

const ANSWERS: readonly (readonly [string, Behaviour])[] = [
  ['a redirect to what is no URL', head(302, {location: 'http://['})],
  ['a redirect to a port that is none', head(302, {location: '//127.0.0.1:99999/'})],
  ['a redirect to nothing', head(302, {location: ''})],
  ['a redirect with a password', head(302, {location: 'http://user:hunter2@127.0.0.1/'})],
  ['another protocol', raw('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n')],
  ['no HTTP', raw('SSH-2.0-x\r\n')],
  ['headers without end', raw(`HTTP/1.1 200 OK\r\nx: ${'a'.repeat(10_000)}\r\n\r\n`)],
  ['two lengths', raw('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\naa')],
];

describe('attack: a revocation server that answers with', () => {
  const web = new RevocationWeb(head(500, {}));
  const recorder = Recorder.ofBlock('revocation', 'refusal');
  const folder = new Folder();
  const alice = issueClient();

  before(() => web.listen());
  beforeEach(() => {
    recorder.events.length = 0;
  });
  after(async () => {
    recorder.stop();
    await web.close();
    folder.remove();
  });

  for (const [name, behave] of ANSWERS) {
    it(`${name}, as distribution point, is an event and no exception`, async () => {
      web.behave = behave;
      const network = {allowedHosts: [web.host], maxBytes: 1_000, timeoutMs: 1_000};
      const candidates = [parseCertificate(clientRoot.certificate)];
      assert.equal(await new CrlFetcher().fetch(web.url, candidates, network, Date.now()), 'unchanged');
      assert.equal(recorder.of('revocation')[0]?.phase, 'failed');
    });

    it(`${name}, as responder, refuses the client with the reason`, async () => {
      web.behave = behave;
      const options = workingOptions(folder);
      const revocation = {ocsp: {responder: web.url}, network: {timeoutMs: 1_000}};
      const server = await start({...options, clients: {...options.clients, revocation}});
      try {
        await assert.rejects(get(server.port, alice));
        assert.equal((await recorder.next('refusal')).why.code, 'ERR_MTLS_REVOCATION_UNKNOWN');
        assert.equal((await recorder.next('revocation')).phase, 'failed');
      } finally {
        await server.stop();
      }
    });
  }
});

const HOUR = 3_600_000;
const inHours = (hours: number): Date => new Date(Date.now() + hours * HOUR);
const twin = createAuthority({subject: {commonName: 'Client Root'}});
const stranger = createAuthority({subject: {commonName: 'Stranger'}});
const truncated = (der: Buffer): Buffer => der.subarray(0, der.length - 40);

/** Whether the CRL is taken at all; one that is taken and vouches for nobody is no failure of its source. */
const CRLS: readonly (readonly [string, () => Buffer, 'taken' | 'not taken'])[] = [
  ['that is cut off', () => truncated(clientRoot.issueCrl({}).der), 'not taken'],
  ['of another CA with the same name', () => twin.issueCrl({}).der, 'not taken'],
  ['of another CA', () => stranger.issueCrl({}).der, 'not taken'],
  ['with another signature', () => clientRoot.issueCrl({mistakes: {corrupt: 'signature'}}).der, 'not taken'],
  [
    'with a critical extension that nobody knows',
    () =>
      clientRoot.issueCrl({otherExtensions: [{oid: '1.2.3.4', critical: true, value: Buffer.from('0500', 'hex')}]}).der,
    'not taken',
  ],
  ['that is indirect', () => clientRoot.issueCrl({issuingDistributionPoint: {indirect: true}}).der, 'taken'],
  ['from the future', () => clientRoot.issueCrl({thisUpdate: inHours(1)}).der, 'taken'],
  ['whose nextUpdate is before its thisUpdate', () => clientRoot.issueCrl({nextUpdate: inHours(-1)}).der, 'taken'],
  ['that is a delta of nothing', () => clientRoot.issueCrl({number: 2, deltaOf: 1}).der, 'taken'],
  [
    'of attribute certificates',
    () => clientRoot.issueCrl({issuingDistributionPoint: {covers: 'attribute certificates'}}).der,
    'taken',
  ],
];

describe('attack: a distribution point that gives a CRL', () => {
  const setting = RevocationSetting.ofBlock(head(500, {}), 'revocation', 'refusal');
  const {web, folder, recorder} = setting;
  const client = (): Credential => issueClient({crlDistributionPoints: [web.url]});

  async function serve(): Promise<void> {
    const options = workingOptions(folder);
    const network = {allowedHosts: [web.host], timeoutMs: 500};
    const revocation = {distributionPoints: 'fetch', network} as const;
    await setting.start({...options, clients: {...options.clients, revocation}});
  }

  for (const [name, crl, expected] of CRLS) {
    it(`${name} lets nobody in`, async () => {
      web.behave = giving(crl());
      await serve();
      assert.equal(await setting.outcome(client()), 'ERR_MTLS_REVOCATION_UNKNOWN');
      assert.equal(recorder.of('revocation')[0]?.phase, expected === 'taken' ? 'loaded' : 'failed');
    });
  }

  it('that is as it should be lets them in', async () => {
    web.behave = giving(clientRoot.issueCrl({}).der);
    await serve();
    assert.equal(await setting.outcome(client()), 'hello');
  });

  it('a byte at a time holds the client no longer than it may', async () => {
    const {der} = clientRoot.issueCrl({});
    web.behave = (_, response) => {
      response.writeHead(200, {'content-length': der.length});
      let sent = 0;
      const drip = setInterval(() => response.write(der.subarray(sent, ++sent)), 20);
      response.once('close', () => {
        clearInterval(drip);
      });
    };
    await serve();
    assert.equal(await setting.outcome(client()), 'ERR_MTLS_REVOCATION_UNKNOWN');
    assert.equal(recorder.of('revocation')[0]?.phase, 'failed');
  });

  it('in chunks without end is cut off at its limit', async () => {
    web.behave = (_, response) => {
      const more = (): void => {
        if (response.destroyed) return;
        response.write(Buffer.alloc(1_000), more);
      };
      more();
    };
    const network = {allowedHosts: [web.host], maxBytes: 10_000, timeoutMs: 5_000};
    const candidates = [parseCertificate(clientRoot.certificate)];
    assert.equal(await new CrlFetcher().fetch(web.url, candidates, network, Date.now()), 'unchanged');
    const [failed] = recorder.of('revocation');
    assert.ok(failed?.phase === 'failed' && failed.why.required === 'at most 10000 bytes');
  });
});

describe('attack: a shared deny-list whose store', () => {
  const entry = {principal: 'mallory'};
  const good = (): Promise<readonly unknown[]> => Promise.resolve([entry]);
  for (const [name, load] of [
    [
      'throws before it promises',
      () => {
        throw new Error('redis://:hunter2@host');
      },
    ],
    ['gives nothing', () => Promise.resolve(undefined)],
    ['gives an object', () => Promise.resolve({length: 1})],
    ['gives entries that are none', () => Promise.resolve([null])],
  ] as const) {
    it(`${name} keeps the entries it had`, async () => {
      const recorder = new Recorder('revocation');
      let notify: () => void = () => undefined;
      const store = {
        name: 'shared',
        load: good as () => Promise<never>,
        add: () => Promise.resolve(),
        watch: (onChange: () => void) => {
          notify = onChange;
          return Promise.resolve(() => Promise.resolve());
        },
      } satisfies DenyListStore;
      const shared = new SharedDenyList(store, 1_000, () => undefined);
      assert.equal(await shared.read(), undefined);
      await shared.watch();
      try {
        store.load = load as () => Promise<never>;
        notify();
        const failed = await recorder.next('revocation', 2);
        assert.deepEqual([failed.phase, JSON.stringify(failed).includes('hunter2')], ['failed', false]);
        assert.equal(shared.entries.length, 1);
      } finally {
        await shared.stop();
        recorder.stop();
      }
    });
  }
});
