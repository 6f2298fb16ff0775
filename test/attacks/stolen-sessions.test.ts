import assert from 'node:assert/strict';
import {randomBytes} from 'node:crypto';
import {setTimeout as delay} from 'node:timers/promises';
import {Folder, issueClient, issueServer, start, workingOptions} from '../server/harness';
import type {Running} from '../server/harness';
import {resuming, takeKeys, whoAmI, winTicket} from '../server/resumption';
import {resumableOf, resume} from './tls13';
import type {Resumable} from './tls13';

const ALICE = JSON.stringify(['spiffe://clinic.example/alice', ['clinician']]);
const DAY_MS = 86_400_000;
const ENDED = /the server ended the handshake/;
const alice = issueClient();

describe('who stole a session', () => {
  const folder = new Folder();
  const {now} = Date;
  let days = 0;
  let server: Running;
  let stolen: Resumable;

  before(async () => {
    server = await start(resuming(workingOptions(folder, issueServer()), folder), whoAmI);
  });
  beforeEach(async () => {
    stolen = resumableOf(await winTicket(server.port, alice));
  });
  after(async () => {
    Date.now = now;
    await server.stop();
    folder.remove();
  });

  it('comes in as its client, which shows that this attack would be seen', async () => {
    await assertResumed(stolen);
  });

  it('gets another one behind an identity that the server does not know, of the same epoch', async () => {
    const next = await prolong();
    await assertResumed(next);
    await nextEpoch();
    await assertWorthless(next);
  });

  it('does not carry it over into the next epoch by waiting in the middle of a handshake', async () => {
    await assertWorthless(await prolong(nextEpoch));
  });

  it('does not carry it over a change of trust by waiting in the middle of a handshake', async () => {
    await assertWorthless(await prolong(() => server.mtls.revoke({principal: 'somebody else'})));
    await assertResumed(resumableOf(await winTicket(server.port, alice)));
  });

  it('does not carry it over a reload by waiting in the middle of a handshake', async () => {
    const reload = async (): Promise<void> => {
      folder.write('sessions.secret', randomBytes(48));
      assert.equal(await server.mtls.reload(), 'applied');
    };
    await assertWorthless(await prolong(reload));
  });

  it('does not redeem it on a connection that was opened before a change', async () => {
    const beforeHello = (): Promise<void> => server.mtls.revoke({principal: 'somebody else again'});
    assert.equal(await resume(server.port, stolen, {beforeHello}), undefined);
  });

  it('does not come in without an exchange of new keys', async () => {
    assert.equal(await resume(server.port, stolen, {keys: 'of the session'}), undefined);
  });

  it('does not come in with what it saw of it on the network, without its key', async () => {
    await assert.rejects(resume(server.port, {...stolen, key: randomBytes(stolen.key.length)}), ENDED);
  });

  it('does not come in as somebody else whose ticket it offers before its own', async () => {
    const bob = resumableOf(
      await winTicket(server.port, issueClient({subjectAltNames: ['uri:spiffe://clinic.example/bob']})),
    );
    await assert.rejects(resume(server.port, bob, {decoys: [stolen.ticket]}), ENDED);
  });

  for (const [part, offset] of [
    ['name', 0],
    ['initial vector', 16],
    ['content', 40],
    ['authentication code', -1],
  ] as const)
    it(`does not come in with another ${part} in its ticket`, async () => {
      const ticket = Buffer.from(stolen.ticket);
      const at = (offset + ticket.length) % ticket.length;
      ticket.writeUInt8(ticket.readUInt8(at) ^ 1, at);
      await assertWorthless({...stolen, ticket});
    });

  /** What a client gets that offers the session behind another identity, and ends the handshake when `wait` is over. */
  async function prolong(wait?: () => Promise<unknown>): Promise<Resumable> {
    const decoys = [randomBytes(stolen.ticket.length)];
    const resumption = await resume(server.port, stolen, {decoys, ...(wait && {beforeFinished: wait})});
    assert.ok(resumption?.next !== undefined);
    return resumption.next;
  }

  async function nextEpoch(): Promise<void> {
    const before = takeKeys(server.mtls.https);
    const shiftMs = ++days * DAY_MS;
    Date.now = () => now() + shiftMs;
    while (takeKeys(server.mtls.https).equals(before)) await delay(20);
  }

  async function assertResumed(session: Resumable): Promise<void> {
    const resumption = await resume(server.port, session);
    assert.deepEqual([resumption?.status, resumption?.body], [200, ALICE]);
  }

  /** The server wants a full handshake. */
  async function assertWorthless(session: Resumable): Promise<void> {
    assert.equal(await resume(server.port, session), undefined);
  }
});
