import assert from 'node:assert/strict';
import {mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {dangerouslyAllowUnknownRevocation} from '../../src/danger';
import {createAuthority} from '../../src/pki/authority';
import type {CrlSpec} from '../../src/pki/crl';
import type {Credential} from '../../src/pki/credential';
import type {ClientOptions, MtlsOptions} from '../../src/server/options';
import type {RevocationOptions} from '../../src/server/revocation-options';
import {fingerprintOf} from '../../src/x509/fingerprint';
import {parseCertificate} from '../../src/x509/certificate';
import {clientRoot, closed, issueClient, open, workingOptions} from './harness';
import type {Running} from './harness';
import {faultsOf, RevocationSetting} from './revocation-setting';
import {giving} from './revocation-web';

const HOUR = 3_600_000;
const inHours = (hours: number): Date => new Date(Date.now() + hours * HOUR);
const alice = issueClient({serialNumber: 'a11ce'});
const revokedAlice: CrlSpec = {entries: [{serialNumber: 'a11ce', revokedAt: inHours(-1), reason: 'keyCompromise'}]};
const other = createAuthority({subject: {commonName: 'Other Root'}});
const twin = createAuthority({subject: {commonName: 'Client Root'}});
const soon = {reason: 'a test of the weakening', until: inHours(1)};

describe('revocation over real TLS', () => {
  const setting = RevocationSetting.ofBlock(
    giving(Buffer.alloc(0)),
    'handshake',
    'authentication',
    'refusal',
    'revocation',
    'reload',
    'start',
  );
  const {web, folder, recorder} = setting;

  async function serve(clients: Partial<ClientOptions>, more: Partial<MtlsOptions> = {}): Promise<Running> {
    const options = workingOptions(folder);
    const {ca} = options.clients;
    return setting.start({...options, clients: {ca, ...clients}, ...more});
  }

  const outcome = (client: Credential = alice): Promise<string> => setting.outcome(client);
  const crlFile = (name: string, spec: CrlSpec, by = clientRoot): string => folder.write(name, by.issueCrl(spec).der);

  describe('by a CRL from a file', () => {
    it('accepts who is not on it', async () => {
      await serve({crl: crlFile('good.crl', {})});
      assert.equal(await outcome(), 'hello');
    });

    it('refuses who is on it, and says so', async () => {
      await serve({crl: crlFile('bad.crl', revokedAlice)});
      assert.equal(await outcome(), 'ERR_MTLS_REVOKED');
      const [{why} = {why: undefined}] = recorder.of('refusal');
      assert.match(why?.found ?? '', /keyCompromise.*bad\.crl/);
    });

    it('reads PEM, several CRLs in one file, and folders', async () => {
      const old = clientRoot.issueCrl({number: 1, thisUpdate: inHours(-2)}).pem;
      const newer = clientRoot.issueCrl({number: 2, ...revokedAlice}).pem;
      await serve({crl: folder.write('two.pem', old + newer)});
      assert.equal(await outcome(), 'ERR_MTLS_REVOKED');
      await setting.stop();
      recorder.events.length = 0;
      mkdirSync(join(folder.path, 'crls'));
      crlFile(join('crls', '1.crl'), {number: 1});
      crlFile(join('crls', '2.crl'), {number: 2, ...revokedAlice});
      folder.write(join('crls', 'README'), 'not a CRL');
      await serve({crl: join(folder.path, 'crls')});
      assert.equal(await outcome(), 'ERR_MTLS_REVOKED');
    });

    it('takes a reload while the older CRL still lies beside the newer one', async () => {
      mkdirSync(join(folder.path, 'kept'));
      crlFile(join('kept', '1.crl'), {number: 1, thisUpdate: inHours(-2)});
      crlFile(join('kept', '2.crl'), {number: 2, thisUpdate: inHours(-1)});
      const {mtls} = await serve({crl: join(folder.path, 'kept')});
      crlFile(join('kept', '3.crl'), {number: 3, ...revokedAlice});
      assert.equal(await mtls.reload(), 'applied');
      assert.equal(await outcome(), 'ERR_MTLS_REVOKED');
    });

    it('closes an open connection when a reload brings its revocation', async () => {
      const path = crlFile('live.crl', {number: 1});
      const {mtls, port} = await serve({crl: path});
      const socket = await open(port, alice);
      const end = closed(socket);
      await new Promise(resolve => setTimeout(resolve, 50));
      writeFileSync(path, clientRoot.issueCrl({number: 2, ...revokedAlice}).der);
      await mtls.reload();
      await end;
      assert.deepEqual(
        recorder.of('refusal').map(({why, stage}) => [why.code, stage]),
        [['ERR_MTLS_REVOKED', 'open']],
      );
    });

    it('closes an open connection when the file changes, and takes nothing that is older or broken', async () => {
      const path = crlFile('watched.crl', {number: 1});
      const {port} = await serve({crl: path});
      const socket = await open(port, alice);
      const end = closed(socket);
      writeFileSync(path, clientRoot.issueCrl({number: 3, ...revokedAlice}).der);
      await end;
      assert.equal((await recorder.next('refusal')).stage, 'open');
      for (const bytes of [
        clientRoot.issueCrl({number: 3, thisUpdate: inHours(-1)}).der,
        clientRoot.issueCrl({number: 2}).der,
        clientRoot.issueCrl({without: ['number']}).der,
        Buffer.from('nonsense'),
        twin.issueCrl({}).der,
      ]) {
        recorder.events.length = 0;
        writeFileSync(path, bytes);
        assert.equal((await recorder.next('reload')).phase, 'rejected');
        assert.equal(await outcome(), 'ERR_MTLS_REVOKED');
      }
    });

    it('refuses everybody once the CRL has ended', async () => {
      await serve({crl: crlFile('ending.crl', {nextUpdate: new Date(Date.now() + 2_000)})});
      const socket = await open(setting.running?.port ?? 0, alice);
      await closed(socket);
      assert.deepEqual((await recorder.next('refusal')).why.code, 'ERR_MTLS_REVOCATION_UNKNOWN');
    });

    const truncated = (): string => {
      const {der} = clientRoot.issueCrl(revokedAlice);
      return folder.write('cut.crl', der.subarray(0, der.length - 40));
    };
    const uncovered = 'ERR_MTLS_REVOCATION_SOURCE clients.crl';
    const FAULTS: readonly (readonly [string, () => string, readonly string[]])[] = [
      ['is cut off', truncated, ['ERR_MTLS_DER clients.crl', uncovered]],
      ['is of another CA with the same name', () => crlFile('twin.crl', {}, twin), [uncovered, uncovered]],
      ['was changed', () => crlFile('changed.crl', {mistakes: {corrupt: 'content'}}), [uncovered, uncovered]],
      ['has ended', () => crlFile('ended.crl', {thisUpdate: inHours(-2), nextUpdate: inHours(-1)}), [uncovered]],
      ['is a certificate', () => folder.write('a.crt', clientRoot.pem), ['ERR_MTLS_PEM clients.crl', uncovered]],
      ['is empty', () => folder.write('empty.crl', ''), ['ERR_MTLS_CONFIG clients.crl', uncovered]],
      ['does not exist', () => join(folder.path, 'none.crl'), ['ERR_MTLS_CONFIG clients.crl', uncovered]],
    ];
    for (const [name, write, expected] of FAULTS) {
      it(`does not start where the CRL ${name}`, async () => {
        assert.deepEqual(await faultsOf(serve({crl: write()})), expected);
      });
    }

    it('does not start where an intermediate has no CRL', async () => {
      const intermediate = clientRoot.issueAuthority({subject: {commonName: 'Intermediate'}});
      const intermediates = folder.write('intermediate.crt', intermediate.pem);
      assert.deepEqual(await faultsOf(serve({crl: crlFile('root.crl', {}), intermediates})), [uncovered]);
    });
  });

  describe('by a CRL from a URL', () => {
    it('fetches it at start and refuses who is on it', async () => {
      web.behave = giving(clientRoot.issueCrl(revokedAlice).der);
      await serve({revocation: {crlUrls: [web.url]}});
      assert.equal(await outcome(), 'ERR_MTLS_REVOKED');
    });

    it('does not start where it cannot be had', async () => {
      web.behave = (_, response) => response.writeHead(404).end();
      const faults = await faultsOf(serve({revocation: {crlUrls: [web.url]}}));
      assert.deepEqual(faults, ['ERR_MTLS_REVOCATION_SOURCE clients.crl']);
      assert.deepEqual(
        recorder.of('revocation').map(({phase}) => phase),
        ['failed'],
      );
    });

    it('fetches it from the distribution point of a certificate, once its host is allowed', async () => {
      web.behave = giving(clientRoot.issueCrl({issuingDistributionPoint: {name: {fullName: [`uri:${web.url}`]}}}).der);
      const client = issueClient({crlDistributionPoints: [web.url]});
      await serve({revocation: {distributionPoints: 'fetch', network: {allowedHosts: [web.host]}}});
      assert.equal(await outcome(client), 'hello');
      assert.equal(await outcome(client), 'hello');
      assert.equal(web.asked, 1);
    });

    it('refuses who is on the CRL of the distribution point', async () => {
      web.behave = giving(clientRoot.issueCrl(revokedAlice).der);
      const client = issueClient({serialNumber: 'a11ce', crlDistributionPoints: [web.url]});
      await serve({revocation: {distributionPoints: 'fetch', network: {allowedHosts: [web.host]}}});
      assert.equal(await outcome(client), 'ERR_MTLS_REVOKED');
    });

    it('does not fetch from a private address that a certificate names', async () => {
      const client = issueClient({crlDistributionPoints: [web.url]});
      await serve({revocation: {distributionPoints: 'fetch'}});
      assert.equal(await outcome(client), 'ERR_MTLS_REVOCATION_UNKNOWN');
      assert.equal(web.asked, 0);
    });
  });

  describe('by policy', () => {
    it('does not start without any way to know', async () => {
      assert.deepEqual(await faultsOf(serve({})), ['ERR_MTLS_CONFIG clients.revocation']);
    });

    it('accepts a leaf that lives short enough, and no other', async () => {
      await serve({revocation: {shortLivedHours: 24}});
      assert.equal(await outcome(issueClient({validity: {minutes: 24 * 60}})), 'hello');
      assert.equal(await outcome(issueClient({validity: {minutes: 24 * 60 + 1}})), 'ERR_MTLS_REVOCATION_UNKNOWN');
    });

    it('accepts an intermediate without CRL under short lives only where it is configured', async () => {
      const intermediate = clientRoot.issueAuthority({subject: {commonName: 'Short-lived Intermediate'}});
      const client = issueClient({validity: {minutes: 60}}, intermediate);
      const intermediates = folder.write('short.crt', intermediate.pem);
      await serve({intermediates, revocation: {shortLivedHours: 1}});
      assert.equal(await outcome(client), 'hello');
    });

    it('accepts without a source where the weakening says so', async () => {
      await serve({}, {danger: [dangerouslyAllowUnknownRevocation(soon)]});
      assert.equal(await outcome(), 'hello');
    });

    it('refuses a revoked client in spite of the weakening', async () => {
      await serve({crl: crlFile('weak.crl', revokedAlice)}, {danger: [dangerouslyAllowUnknownRevocation(soon)]});
      assert.equal(await outcome(), 'ERR_MTLS_REVOKED');
    });

    it('refuses a client that the last CRL revoked, in spite of the weakening and though that CRL has ended', async () => {
      const ended = {thisUpdate: inHours(-3), nextUpdate: inHours(-2), ...revokedAlice};
      await serve({crl: crlFile('ended.crl', ended)}, {danger: [dangerouslyAllowUnknownRevocation(soon)]});
      assert.equal(await outcome(), 'ERR_MTLS_REVOKED');
    });

    const stale = {thisUpdate: inHours(-3), nextUpdate: inHours(-2)};
    const grace = (graceHours: number, until: Date): RevocationOptions => ({
      unknown: {graceHours, reason: 'the CA moves house', until},
      crlUrls: [web.url],
    });

    it('accepts by a stale CRL inside the signed-off grace', async () => {
      web.behave = giving(clientRoot.issueCrl(stale).der);
      await serve({revocation: grace(3, inHours(1))});
      assert.match(
        recorder.of('start').find(({phase}) => phase === 'weakening')?.message ?? '',
        /3 hours until .*: the CA moves house/,
      );
      assert.equal(await outcome(), 'hello');
      const told = recorder.of('revocation').filter(({phase}) => phase === 'grace');
      assert.deepEqual(
        told.map(event => event.phase === 'grace' && [event.source, event.peer.serialNumber, event.until.slice(0, 19)]),
        [[web.url, 'a11ce', new Date(stale.nextUpdate.getTime() + 3 * 3_600_000).toISOString().slice(0, 19)]],
      );
    });

    it('tells of no grace where the CRL is current', async () => {
      web.behave = giving(clientRoot.issueCrl({}).der);
      await serve({revocation: grace(3, inHours(1))});
      assert.equal(await outcome(), 'hello');
      assert.deepEqual(
        recorder.of('revocation').map(({phase}) => phase),
        ['loaded'],
      );
    });

    it('tells once of an open connection whose CRL ends meanwhile', async () => {
      web.behave = giving(clientRoot.issueCrl({nextUpdate: new Date(Date.now() + 2_000)}).der);
      const {mtls, port} = await serve({revocation: grace(3, inHours(1))});
      const socket = await open(port, alice);
      await recorder.next('handshake');
      assert.equal(recorder.of('revocation').length, 1, 'the CRL was loaded and is current');
      await recorder.next('revocation', 3);
      await mtls.revoke({principal: 'somebody else'});
      assert.deepEqual(
        recorder
          .of('revocation')
          .map(({phase}) => phase)
          .sort(),
        ['denied', 'grace', 'loaded', 'stale'],
      );
      assert.equal(socket.destroyed, false);
      socket.destroy();
    });

    it('does not start once the grace was to end', async () => {
      const faults = await faultsOf(serve({revocation: grace(3, inHours(-1))}));
      assert.ok(faults.includes('ERR_MTLS_CONFIG clients.revocation.unknown.until'));
    });

    it('asks all kinds of source where all must agree', async () => {
      web.behave = (_, response) => response.writeHead(500).end();
      const crl = crlFile('one.crl', {});
      await serve({crl, revocation: {ocsp: {responder: web.url}}});
      assert.equal(await outcome(), 'hello');
      assert.equal(web.asked, 0);
      await setting.stop();
      await serve({crl, revocation: {ocsp: {responder: web.url}, agreement: 'all'}});
      assert.equal(await outcome(), 'ERR_MTLS_REVOCATION_UNKNOWN');
      assert.equal(web.asked, 1);
    });

    it('lets an anchor have a policy of its own', async () => {
      const ca = {ca: folder.write('own.crt', clientRoot.pem), revocation: {unknown: 'deny-list-only'}} as const;
      await serve({ca, revocation: {shortLivedHours: 1}});
      assert.equal(await outcome(), 'hello');
    });
  });

  describe('by the deny-list', () => {
    const facts = parseCertificate(alice.certificate);
    const issuer = fingerprintOf(clientRoot.certificate);
    const ENTRIES = [
      ['certificate', {certificate: facts.fingerprint}],
      ['key', {key: facts.spkiFingerprint}],
      ['serial number below a CA certificate', {issuer, serialNumber: '0A:11:CE'}],
      [
        'serial number below a CA key',
        {issuer: parseCertificate(clientRoot.certificate).spkiFingerprint, serialNumber: 'a11ce'},
      ],
      ['principal', {principal: 'spiffe://clinic.example/alice'}],
      ['issuing CA', {certificate: issuer}],
    ] as const;
    const denying = {revocation: {unknown: 'deny-list-only'}} as const;

    for (const [name, entry] of ENTRIES) {
      it(`closes an open connection when revoke() names its ${name}`, async () => {
        const {mtls, port} = await serve(denying);
        const socket = await open(port, alice);
        const end = closed(socket);
        await new Promise(resolve => setTimeout(resolve, 50));
        await mtls.revoke({...entry, reason: 'lost laptop'});
        await end;
        assert.equal(recorder.of('refusal')[0]?.why.code, 'ERR_MTLS_REVOKED');
        assert.equal(recorder.of('revocation')[0]?.phase, 'denied');
        recorder.events.length = 0;
        assert.equal(await outcome(), 'ERR_MTLS_REVOKED');
      });
    }

    it('keeps others connected', async () => {
      const {mtls, port} = await serve(denying);
      const socket = await open(
        port,
        issueClient({serialNumber: 'b0b', subjectAltNames: ['uri:spiffe://clinic.example/bob']}),
      );
      await new Promise(resolve => setTimeout(resolve, 50));
      for (const [name, entry] of ENTRIES) if (name !== 'issuing CA') await mtls.revoke(entry);
      assert.equal(socket.destroyed, false);
      socket.destroy();
    });

    it('survives a reload', async () => {
      const {mtls} = await serve(denying);
      await mtls.revoke({certificate: facts.fingerprint});
      await mtls.reload();
      assert.equal(await outcome(), 'ERR_MTLS_REVOKED');
    });

    it('refuses an entry it does not understand', async () => {
      const {mtls} = await serve(denying);
      for (const entry of [
        {},
        {certificate: 'x'},
        {issuer},
        {principal: ''},
        {key: issuer, principal: 'a'},
        {issuer, serialNumber: 'x'},
        {principal: 'a', since: 'x'},
      ]) {
        await assert.rejects(mtls.revoke(entry), {code: 'ERR_MTLS_CONFIG'});
      }
    });

    it('reads a file again when it changes, and keeps the last good one', async () => {
      const denyList = folder.write('deny.json', '[]');
      const {port} = await serve({revocation: {unknown: 'deny-list-only', denyList}});
      const socket = await open(port, alice);
      const end = closed(socket);
      writeFileSync(denyList, JSON.stringify([{certificate: facts.fingerprint, reason: 'left', since: '2026-01-01'}]));
      await end;
      assert.equal((await recorder.next('refusal')).why.code, 'ERR_MTLS_REVOKED');
      for (const broken of ['[', '{}', '[{"certificate":"x"}]', '[{"nonsense":"x"}]', '[7]', '[{"principal":7}]']) {
        recorder.events.length = 0;
        writeFileSync(denyList, broken);
        assert.equal((await recorder.next('reload')).phase, 'rejected');
      }
      recorder.events.length = 0;
      rmSync(denyList);
      assert.equal((await recorder.next('reload')).phase, 'rejected');
      assert.equal(await outcome(), 'ERR_MTLS_REVOKED');
    });

    it('takes a new entry in spite of a CRL that has ended meanwhile', async () => {
      const denyList = folder.write('late.json', '[]');
      const crl = crlFile('meanwhile.crl', {nextUpdate: new Date(Date.now() + 2_000)});
      const ca = [
        folder.write('root.crt', clientRoot.pem),
        {ca: folder.write('twin.crt', other.pem), revocation: {unknown: 'deny-list-only'}},
      ] as const;
      const bob = issueClient({}, other);
      const {mtls, port} = await serve({ca, crl, revocation: {denyList}});
      await closed(await open(port, alice));
      assert.equal((await recorder.next('refusal')).why.code, 'ERR_MTLS_REVOCATION_UNKNOWN');
      assert.equal(await outcome(bob), 'hello');
      writeFileSync(denyList, JSON.stringify([{certificate: fingerprintOf(bob.certificate)}]));
      assert.equal(await mtls.reload(), 'applied');
      recorder.events.length = 0;
      assert.equal(await outcome(bob), 'ERR_MTLS_REVOKED');
    });

    it('takes no reload that puts a CRL that has ended in the place of one that has not', async () => {
      const crl = crlFile('current.crl', {thisUpdate: inHours(-3)});
      const {mtls} = await serve({crl});
      crlFile('current.crl', {thisUpdate: inHours(-2), nextUpdate: inHours(-1)});
      assert.deepEqual(await faultsOf(mtls.reload()), ['ERR_MTLS_REVOCATION_SOURCE clients.crl']);
      assert.equal(await outcome(), 'hello');
    });

    it('does not start with a file it does not understand', async () => {
      const denyList = folder.write('broken.json', '[{"certificate": "x"}]');
      assert.deepEqual(await faultsOf(serve({revocation: {unknown: 'deny-list-only', denyList}})), [
        'ERR_MTLS_REVOCATION_SOURCE clients.revocation.denyList',
      ]);
    });
  });
});
