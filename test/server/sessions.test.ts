import assert from 'node:assert/strict';
import {randomBytes} from 'node:crypto';
import {setTimeout as delay} from 'node:timers/promises';
import {inspect} from 'node:util';
import {createAuthority} from '../../src/pki/authority';
import type {MtlsOptions} from '../../src/server/options';
import {clientRoot, Folder, get, issueClient, issueServer, Recorder, start, withChain, workingOptions} from './harness';
import type {Running} from './harness';
import {resuming, takeKeys, visit, whoAmI, winTicket} from './resumption';

const ALICE = JSON.stringify(['spiffe://clinic.example/alice', ['clinician']]);
const alice = issueClient();
const credential = issueServer();
const secret = randomBytes(48);
const DAY_MS = 86_400_000;

describe('a session that may be resumed', () => {
  const folder = new Folder();
  const recorder = Recorder.ofBlock('handshake', 'refusal', 'authentication');
  let server: Running;
  let replica: Running;

  before(async () => {
    server = await start(resuming(workingOptions(folder, credential), folder, secret), whoAmI);
    replica = await start(resuming(workingOptions(folder, credential), folder, secret), whoAmI);
  });
  beforeEach(() => {
    recorder.events.length = 0;
  });
  after(async () => {
    await server.stop();
    await replica.stop();
    folder.remove();
  });

  it('lets its client in again as itself, without certificate and key', async () => {
    const first = await visit(server.port, alice);
    assert.deepEqual([first.status, first.session, first.body], [200, 'new', ALICE]);
    const second = await visit(server.port, undefined, {session: first.ticket});
    assert.deepEqual([second.status, second.session, second.body], [200, 'resumed', ALICE]);
  });

  it('is told of as resumed, with the same client', async () => {
    await visit(server.port, undefined, {session: await winTicket(server.port, alice)});
    const [full, resumed] = recorder.of('handshake');
    assert.deepEqual([full?.session, full?.protocol], ['new', 'TLSv1.3']);
    assert.deepEqual([resumed?.session, resumed?.protocol], ['resumed', 'TLSv1.3']);
    assert.equal(resumed?.peer.fingerprint, full?.peer.fingerprint);
    const [before, after] = recorder.of('authentication');
    assert.deepEqual([after?.principal, after?.roles, after?.rules], [before?.principal, before?.roles, before?.rules]);
  });

  it('is resumed by a replica with the same secret and the same trust', async () => {
    const {status, session, body} = await visit(replica.port, undefined, {
      session: await winTicket(server.port, alice),
    });
    assert.deepEqual([status, session, body], [200, 'resumed', ALICE]);
  });

  it('is never prolonged: who resumes it gets no new one', async () => {
    const {session, ticket} = await visit(server.port, undefined, {session: await winTicket(server.port, alice)});
    assert.deepEqual([session, ticket], ['resumed', undefined]);
  });

  it('is of TLS 1.3, because nothing older is spoken', async () => {
    await assert.rejects(get(server.port, alice, {maxVersion: 'TLSv1.2'}));
    const {why, stage} = await recorder.next('refusal');
    assert.deepEqual([why.code, stage], ['ERR_MTLS_HANDSHAKE', 'handshake']);
  });

  it('shows its secret and its keys to nobody who looks at the server', () => {
    const {mtls} = server;
    const seen = inspect([mtls, mtls.https, mtls.snapshot, mtls.state()], {depth: Infinity, showHidden: true});
    for (const bytes of [secret, takeKeys(mtls.https)])
      for (const text of [bytes.toString('hex'), bytes.toString('base64'), inspect(bytes).slice(8, 40)])
        assert.ok(!seen.includes(text));
  });

  it('is not resumed by a server with another secret', async () => {
    const elsewhere = new Folder();
    const stranger = await start(resuming(workingOptions(elsewhere, credential), elsewhere), whoAmI);
    try {
      await assertOrphaned(stranger.port, await winTicket(server.port, alice));
    } finally {
      await stranger.stop();
      elsewhere.remove();
    }
  });

  it('is not resumed by a server without resumption, nor given by one', async () => {
    const plain = await start(workingOptions(folder, credential), whoAmI);
    try {
      await assertOrphaned(plain.port, await winTicket(server.port, alice));
      const {ticket} = await visit(plain.port, alice);
      const {status, session} = await visit(plain.port, undefined, {session: ticket});
      assert.deepEqual([status, session], [0, 'new']);
    } finally {
      await plain.stop();
    }
  });

  it('ends with its epoch, and comes back with it when the clock is set back', async () => {
    const {now} = Date;
    const {https} = server.mtls;
    const noon = Math.floor(now() / DAY_MS) * DAY_MS + DAY_MS / 2;
    const setClock = async (time: number): Promise<Buffer> => {
      const before = takeKeys(https);
      Date.now = () => time;
      await until(() => !takeKeys(https).equals(before));
      return takeKeys(https);
    };
    try {
      await setClock(noon - DAY_MS);
      const keys = await setClock(noon);
      const ticket = await winTicket(server.port, alice);
      await setClock(noon + DAY_MS);
      await assertOrphaned(server.port, ticket);
      assert.deepEqual(await setClock(noon), keys);
      assert.equal((await visit(server.port, undefined, {session: ticket})).session, 'resumed');
    } finally {
      Date.now = now;
    }
  });

  /** Without the certificate it opens nothing; with it, there is a full handshake. */
  async function assertOrphaned(port: number, session: Buffer): Promise<void> {
    recorder.events.length = 0;
    const nobody = await visit(port, undefined, {session});
    assert.deepEqual([nobody.status, nobody.session], [0, 'new']);
    const {why, stage} = await recorder.next('refusal');
    assert.deepEqual([why.code, stage], ['ERR_MTLS_CERTIFICATE_MISSING', 'handshake']);
    const again = await visit(port, alice, {session});
    assert.deepEqual([again.status, again.session], [200, 'new']);
  }
});

describe('a change while sessions are out', () => {
  const recorder = Recorder.ofBlock('handshake', 'refusal', 'reload');
  const otherRoot = createAuthority({subject: {commonName: 'Other Root'}});
  let folder: Folder;
  let server: Running;
  let ticket: Buffer;

  beforeEach(async () => {
    recorder.events.length = 0;
    folder = new Folder();
    server = await start(changing(), whoAmI);
    ticket = await winTicket(server.port, alice);
    assert.equal((await visit(server.port, undefined, {session: ticket})).session, 'resumed');
    recorder.events.length = 0;
  });
  afterEach(async () => {
    await server.stop();
    folder.remove();
  });

  function changing(): MtlsOptions {
    const options = resuming(workingOptions(folder, credential), folder, secret);
    const crl = folder.write('clients.crl', clientRoot.issueCrl({number: 1}).der);
    const denyList = folder.write('denied.json', '[]');
    return {...options, clients: {ca: options.clients.ca, crl, revocation: {denyList}}, reload: {watch: 'off'}};
  }

  const stranger = {certificate: '00'.repeat(32)};
  const changes: readonly (readonly [string, () => Promise<unknown>])[] = [
    [
      'a CA that was added',
      async () => {
        folder.write('clients.crl', clientRoot.issueCrl({number: 1}).pem + otherRoot.issueCrl({number: 1}).pem);
        await reloadWith('clients-ca.crt', clientRoot.pem + otherRoot.pem);
      },
    ],
    ['a new CRL', () => reloadWith('clients.crl', clientRoot.issueCrl({number: 2}).der)],
    [
      'an entry of the deny-list file, about somebody else',
      () => reloadWith('denied.json', JSON.stringify([stranger])),
    ],
    ['an entry from code, about somebody else', () => server.mtls.revoke(stranger)],
    ['a new secret', () => reloadWith('sessions.secret', randomBytes(48))],
  ];

  async function reloadWith(name: string, content: string | Buffer): Promise<void> {
    folder.write(name, content);
    assert.equal(await server.mtls.reload(), 'applied');
  }

  for (const [name, change] of changes) {
    it(`orphans them at once: ${name}`, async () => {
      await change();
      const nobody = await visit(server.port, undefined, {session: ticket});
      assert.deepEqual([nobody.status, nobody.session], [0, 'new']);
      assert.equal((await recorder.next('refusal')).why.code, 'ERR_MTLS_CERTIFICATE_MISSING');
      const again = await visit(server.port, alice, {session: ticket});
      assert.deepEqual([again.status, again.session], [200, 'new']);
    });
  }

  it('leaves them alone where nothing changed that decides about clients', async () => {
    assert.equal(await server.mtls.reload(), 'unchanged');
    folder.write('server.crt', credential.chainPem + '\n');
    assert.equal(await server.mtls.reload(), 'applied');
    assert.equal((await visit(server.port, undefined, {session: ticket})).session, 'resumed');
  });
});

describe('a client whose issuer is an intermediate', () => {
  const folder = new Folder();
  const recorder = Recorder.ofBlock('refusal');
  const ward = clientRoot.issueAuthority({subject: {commonName: 'Ward CA'}});
  const nurse = issueClient({}, ward);
  const withIssuer = withChain(nurse, nurse.chainPem);

  after(() => {
    folder.remove();
  });

  it('is refused at once where it would be refused when it resumes, and the refusal names the remedy', async () => {
    const server = await start(resuming(workingOptions(folder, credential), folder), whoAmI);
    try {
      assert.equal((await visit(server.port, withIssuer)).status, 0);
      const {why, stage} = await recorder.next('refusal');
      assert.deepEqual([why.code, stage], ['ERR_MTLS_CHAIN_UNTRUSTED', 'verification']);
      assert.match(why.required, /clients\.intermediates/);
    } finally {
      await server.stop();
    }
  });

  it('resumes where the intermediate is configured', async () => {
    const options = resuming(workingOptions(folder, credential), folder);
    const intermediates = folder.write('ward.crt', ward.pem);
    const server = await start({...options, clients: {...options.clients, intermediates}}, whoAmI);
    try {
      const session = await winTicket(server.port, withIssuer);
      const {status, session: kind} = await visit(server.port, undefined, {session});
      assert.deepEqual([status, kind], [200, 'resumed']);
    } finally {
      await server.stop();
    }
  });
});

async function until(holds: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 1_000 && !holds(); attempt++) await delay(5);
  assert.ok(holds());
}
