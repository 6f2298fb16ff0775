import assert from 'node:assert/strict';
import {randomBytes} from 'node:crypto';
import {createServer} from 'node:https';
import type {Server} from 'node:https';
import type {AddressInfo} from 'node:net';
import {setTimeout as delay} from 'node:timers/promises';
import type {Code} from '../../src/errors';
import {createAuthority} from '../../src/pki/authority';
import {createMtlsServer} from '../../src/server/mtls-server';
import {Assembly} from '../../src/server/assembly';
import {LiveRevocation} from '../../src/server/live-revocation';
import {DEFAULT_LIMITS} from '../../src/server/limits';
import {contextOptions} from '../../src/server/material';
import type {Material} from '../../src/server/material';
import type {MtlsOptions} from '../../src/server/options';
import {sessionUnder} from '../../src/scan/probe/session-name';
import {TLS_POLICY} from '../../src/tls/policy';
import {parseCertificate} from '../../src/x509/certificate';
import {
  clientRoot,
  closed,
  Folder,
  issueClient,
  issueServer,
  open,
  Recorder,
  start,
  workingOptions,
} from '../server/harness';
import type {Running} from '../server/harness';
import {forceKeys, madeAt, resuming, takeKeys, visit, whoAmI, winTicket} from '../server/resumption';

const ALICE = JSON.stringify(['spiffe://clinic.example/alice', ['clinician']]);
const alice = issueClient();
const credential = issueServer();
const secret = randomBytes(48);
const otherRoot = createAuthority({subject: {commonName: 'Other Root'}});
const {fingerprint, serialNumber} = parseCertificate(alice.certificate);

function withClients(options: MtlsOptions, clients: Partial<MtlsOptions['clients']>): MtlsOptions {
  return {...options, clients: {...options.clients, ...clients}};
}

/** What may have changed since a session was won, and what a client runs into that brings it with the keys of before. */
const CHANGES: readonly (readonly [string, (options: MtlsOptions, folder: Folder) => MtlsOptions, Code])[] = [
  [
    'another client CA',
    (options, folder) => withClients(options, {ca: folder.write('other-ca.crt', otherRoot.pem)}),
    'ERR_MTLS_CHAIN_UNTRUSTED',
  ],
  [
    'a CRL with its certificate on it',
    (options, folder) => {
      const {der} = clientRoot.issueCrl({
        entries: [{serialNumber: BigInt(`0x${serialNumber}`), revokedAt: new Date()}],
      });
      return {...options, clients: {ca: options.clients.ca, crl: folder.write('alice.crl', der)}};
    },
    'ERR_MTLS_REVOKED',
  ],
  ['its certificate on the deny-list', denying({certificate: fingerprint}), 'ERR_MTLS_REVOKED'],
  ['its principal on the deny-list', denying({principal: 'spiffe://clinic.example/alice'}), 'ERR_MTLS_REVOKED'],
  [
    'a shorter lifetime for certificates below its CA',
    options => withClients(options, {ca: {ca: caOf(options), maxLifetimeHours: 1}}),
    'ERR_MTLS_LIFETIME',
  ],
  [
    'other names for its CA to vouch for',
    options =>
      withClients(options, {ca: {ca: caOf(options), mayVouchFor: {subjectAltNames: ['uri:spiffe://b.example/*']}}}),
    'ERR_MTLS_AUTHORITY',
  ],
  [
    'identity rules that do not know it',
    options => ({...options, identity: {rules: [{when: {commonName: 'Bob'}, roles: ['clinician'], id: 'san.uri'}]}}),
    'ERR_MTLS_IDENTITY_UNMAPPED',
  ],
  [
    'another policy of revocation',
    (options, folder) => {
      const crl = folder.write('clients.crl', otherRoot.issueCrl({number: 1}).der);
      const ca = [caOf(options), folder.write('other-ca.crt', otherRoot.pem)];
      return {...options, clients: {ca, crl, revocation: {distributionPoints: 'fetch'}}};
    },
    'ERR_MTLS_REVOCATION_UNKNOWN',
  ],
];

function caOf({clients}: MtlsOptions): string {
  assert.ok(typeof clients.ca === 'string');
  return clients.ca;
}

function denying(entry: object): (options: MtlsOptions, folder: Folder) => MtlsOptions {
  return (options, folder) => {
    const denyList = folder.write('denied.json', JSON.stringify([entry]));
    return withClients(options, {revocation: {unknown: 'deny-list-only', denyList}});
  };
}

describe('a session against', () => {
  const recorder = Recorder.ofBlock('refusal', 'handshake');
  const homeFolder = new Folder();
  let home: Running;
  let folder: Folder;

  before(async () => {
    home = await start(resuming(workingOptions(homeFolder, credential), homeFolder, secret), whoAmI);
  });
  beforeEach(() => {
    folder = new Folder();
    recorder.events.length = 0;
  });
  afterEach(() => {
    folder.remove();
  });
  after(async () => {
    await home.stop();
    homeFolder.remove();
  });

  for (const [what, change, code] of CHANGES) {
    it(`${what} is not resumed, and with the ticket keys of before it is refused`, async () => {
      const ticket = await winTicket(home.port, alice);
      const changed = await start(change(resuming(workingOptions(folder, credential), folder, secret), folder), whoAmI);
      try {
        recorder.events.length = 0;
        const orphan = await visit(changed.port, undefined, {session: ticket});
        assert.deepEqual([orphan.status, orphan.session], [0, 'new']);
        assert.equal((await recorder.next('refusal')).why.code, 'ERR_MTLS_CERTIFICATE_MISSING');

        forceKeys(changed.mtls.https, takeKeys(home.mtls.https));
        const revived = await visit(changed.port, undefined, {session: ticket});
        assert.deepEqual([revived.status, revived.session], [0, 'resumed']);
        assert.equal((await recorder.next('refusal', 2)).why.code, code);
        assert.deepEqual(recorder.of('handshake'), []);
      } finally {
        await changed.stop();
      }
    });
  }

  it('other roles is not resumed, and with the ticket keys of before it has the roles of now', async () => {
    const options = resuming(workingOptions(folder, credential), folder, secret);
    const rules = [{when: {organizationalUnit: 'Clinicians'}, roles: ['visitor'], id: 'san.uri' as const}];
    const changed = await start({...options, identity: {rules}}, whoAmI);
    try {
      const ticket = await winTicket(home.port, alice);
      assert.equal((await visit(changed.port, undefined, {session: ticket})).status, 0);
      forceKeys(changed.mtls.https, takeKeys(home.mtls.https));
      const {session, body} = await visit(changed.port, undefined, {session: ticket});
      assert.deepEqual([session, body], ['resumed', JSON.stringify(['spiffe://clinic.example/alice', ['visitor']])]);
    } finally {
      await changed.stop();
    }
  });

  it('the server that gave it is refused once the certificate has expired', async () => {
    const now = Date.now();
    const brief = issueClient({validity: {notBefore: new Date(now - 60_000), notAfter: new Date(now + 3_000)}});
    const ticket = await winTicket(home.port, brief);
    assert.equal((await visit(home.port, undefined, {session: ticket})).body, ALICE);
    await delay(now + 4_000 - Date.now());
    recorder.events.length = 0;
    const late = await visit(home.port, undefined, {session: ticket});
    assert.deepEqual([late.status, late.session], [0, 'resumed']);
    assert.equal((await recorder.next('refusal')).why.code, 'ERR_MTLS_EXPIRED');
  });

  it('a connection that rests on it ends with the certificate, like any other', async () => {
    const now = Date.now();
    const brief = issueClient({validity: {notBefore: new Date(now - 60_000), notAfter: new Date(now + 3_000)}});
    const ticket = await winTicket(home.port, brief);
    const socket = await open(home.port, undefined, {session: sessionUnder(ticket, 'localhost')});
    assert.ok(socket.isSessionReused());
    await recorder.next('handshake', 2);
    await closed(socket);
    const {why, stage} = await recorder.next('refusal');
    assert.deepEqual([why.code, stage], ['ERR_MTLS_EXPIRED', 'open']);
  });

  it('the server that gave it is refused once its client was denied, also by the keys of before', async () => {
    const victim = await start(resuming(workingOptions(folder, credential), folder, secret), whoAmI);
    try {
      const ticket = await winTicket(victim.port, alice);
      const keys = takeKeys(victim.mtls.https);
      await victim.mtls.revoke({certificate: fingerprint});
      recorder.events.length = 0;
      assert.equal((await visit(victim.port, undefined, {session: ticket})).session, 'new');
      assert.equal((await recorder.next('refusal')).why.code, 'ERR_MTLS_CERTIFICATE_MISSING');
      assert.equal((await visit(victim.port, alice, {session: ticket})).status, 0);
      assert.equal((await recorder.next('refusal', 2)).why.code, 'ERR_MTLS_REVOKED');
      forceKeys(victim.mtls.https, keys);
      assert.equal((await visit(victim.port, undefined, {session: ticket})).session, 'resumed');
      assert.equal((await recorder.next('refusal', 3)).why.code, 'ERR_MTLS_REVOKED');
      assert.deepEqual(recorder.of('handshake'), []);
    } finally {
      await victim.stop();
    }
  });

  it('a gate that denied its client is denied again, although OpenSSL gave it out meanwhile', async () => {
    const options = resuming(workingOptions(folder, credential), folder, secret);
    const resolver = (): Promise<undefined> => delay(100).then(() => undefined);
    const gate = await start({...options, identity: {resolver}}, whoAmI);
    try {
      const denied = await visit(gate.port, alice);
      assert.equal(denied.status, 0);
      assert.ok(denied.ticket, 'OpenSSL gives tickets before anybody is asked');
      const again = await visit(gate.port, undefined, {session: denied.ticket});
      assert.deepEqual([again.status, again.session], [0, 'resumed']);
      for (const number of [1, 2]) {
        const {why, stage} = await recorder.next('refusal', number);
        assert.deepEqual([why.code, stage], ['ERR_MTLS_IDENTITY_UNMAPPED', 'identity']);
      }
    } finally {
      await gate.stop();
    }
  });

  it('a strict server is refused when it was won without a certificate, under the very same ticket keys', async () => {
    const ticket = await atServer(
      createServer(
        {
          key: credential.exportKeyPem(),
          cert: credential.chainPem,
          ticketKeys: takeKeys(home.mtls.https),
          sessionIdContext: TLS_POLICY.resumption.sessionIdContext,
        },
        (_, response) => response.end(),
      ),
      port => winTicket(port, undefined),
    );
    for (const client of [undefined, alice]) {
      recorder.events.length = 0;
      const visitor = await visit(home.port, client, {session: ticket});
      assert.deepEqual([visitor.status, visitor.session], [0, 'resumed']);
      // Node.js 24 refuses it by itself: no certificate, no issuer. Node.js 20 and 22 call it authorised.
      const {why, stage} = await recorder.next('refusal');
      assert.ok(
        (why.code === 'ERR_MTLS_CERTIFICATE_MISSING' && stage === 'verification') ||
          (why.code === 'ERR_MTLS_CHAIN_UNTRUSTED' && stage === 'handshake'),
        `${why.code} ${stage}`,
      );
    }
  });

  it('a server that refused its client opens nothing either', async () => {
    const stranger = otherRoot.issueClient({
      subject: {commonName: 'Alice', organizationalUnit: 'Clinicians'},
      subjectAltNames: ['uri:spiffe://clinic.example/alice'],
    });
    const {ticket} = await visit(home.port, stranger);
    const again = await visit(home.port, stranger, {session: ticket ?? randomBytes(32)});
    assert.equal(again.status, 0);
    assert.equal((await recorder.next('refusal')).why.code, 'ERR_MTLS_CHAIN_UNTRUSTED');
    assert.equal((await recorder.next('refusal', 2)).why.code, 'ERR_MTLS_CHAIN_UNTRUSTED');
  });

  const SPELLINGS = [
    ['in mixed case', 'API.Clinic.Example'],
    ['with a trailing dot', 'api.clinic.example.'],
    ['of another name of the certificate', 'api.clinic.example'],
  ] as const;
  for (const [what, servername] of SPELLINGS) {
    it(`a server name ${what} leads to the same gate, with the name of now`, async () => {
      const ticket = await winTicket(home.port, alice);
      recorder.events.length = 0;
      const {status, body} = await visit(home.port, alice, {session: ticket, servername, host: 'api.clinic.example'});
      assert.deepEqual([status, body], [200, ALICE]);
      assert.equal((await recorder.next('handshake')).serverName, 'api.clinic.example');
      const other = await visit(home.port, alice, {session: ticket, servername, host: 'localhost'});
      assert.equal(other.status, 421);
    });
  }

  it('TLS 1.2 is refused, where somebody spoke it after all', async () => {
    const {port, assembly, stop} = await assembled({}, {minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2'});
    forceKeys(assembly.https, randomBytes(48));
    try {
      const {ticket} = await visit(port, alice, {minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2'});
      const {status, session} = await visit(port, alice, {
        minVersion: 'TLSv1.2',
        maxVersion: 'TLSv1.2',
        session: ticket,
      });
      assert.deepEqual([status, session], [0, 'resumed']);
      const {why, stage} = await recorder.next('refusal');
      assert.deepEqual(
        [why.code, why.found, stage],
        ['ERR_MTLS_SESSION_RESUMED', 'a resumed session of TLSv1.2', 'handshake'],
      );
    } finally {
      stop();
    }
  });

  it('its own age: it ends with its time, whatever its client says and whatever the keys', async () => {
    const {port, assembly, stop} = await assembled({rotateEveryMs: 1_000});
    // From here on the keys stay as they are, so that nothing but the age of the session can end it.
    assembly.stop();
    try {
      const ticket = await winTicket(port, alice);
      const wonAt = Math.floor(Date.now() / 1_000);
      const fresh = await visit(port, undefined, {session: madeAt(ticket, wonAt)});
      assert.deepEqual([fresh.status, fresh.session], [200, 'resumed']);
      await delay(2_500);
      const old = await visit(port, undefined, {session: madeAt(ticket, Math.floor(Date.now() / 1_000))});
      assert.deepEqual([old.status, old.session], [0, 'new']);
      assert.equal((await recorder.next('refusal')).why.code, 'ERR_MTLS_CERTIFICATE_MISSING');
    } finally {
      stop();
    }
  });

  /** A listener of this library with other settings than options can ask for. */
  async function assembled(
    sessions: Partial<NonNullable<Material['sessions']>>,
    context: Parameters<Assembly['https']['useContext']>[0] = {},
  ): Promise<{readonly port: number; readonly assembly: Assembly; readonly stop: () => void}> {
    const [given] = await materials(resuming(workingOptions(folder, credential), folder, secret));
    assert.ok(given?.sessions);
    const material = {...given, sessions: {...given.sessions, ...sessions}};
    const assembly = new Assembly({
      options: {limits: DEFAULT_LIMITS, hostNames: []},
      material,
      revocation: new LiveRevocation().adopt(material.revocation),
      acquire: () => Promise.resolve(),
      application: whoAmI,
    });
    if (Object.keys(context).length > 0) assembly.https.useContext({...contextOptions(material), ...context});
    const port = await listening(assembly.https);
    const stop = (): void => {
      assembly.https.close();
      assembly.stop();
    };
    return {port, assembly, stop};
  }
});

/** The material that a start with these options would use. */
async function materials(options: MtlsOptions): Promise<readonly Material[]> {
  const seen: Material[] = [];
  const server = await createMtlsServer(options, whoAmI, {
    rehearse: material => Promise.resolve(void seen.push(material)).then(() => []),
  });
  await server.close();
  return seen;
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function atServer<T>(server: Server, use: (port: number) => Promise<T>): Promise<T> {
  try {
    return await use(await listening(server));
  } finally {
    server.close();
  }
}
