import assert from 'node:assert/strict';
import {once} from 'node:events';
import {startWorkers} from './cluster';
import type {Workers} from './cluster';
import {Folder, get, issueClient, workingOptions} from './harness';
import {resuming, visit, winTicket} from './resumption';

const alice = issueClient();

describe('workers of node:cluster', () => {
  const folder = new Folder();
  let cluster: Workers;

  before(async () => {
    cluster = await startWorkers(workingOptions(folder));
  });
  after(async () => {
    await cluster.stop();
    folder.remove();
  });

  it('both serve who has a certificate', async () => {
    const answers = await Promise.all(Array.from({length: 4}, () => get(cluster.port, alice)));
    const served = new Set(answers.map(({body}) => Number(body)));
    assert.deepEqual(served, new Set(cluster.workers.map(({process}) => process.pid)));
  });

  it('both refuse who has none', async () => {
    for (let attempt = 0; attempt < 4; attempt++) await assert.rejects(get(cluster.port, undefined));
  });

  it('tell the primary no ticket keys', () => {
    assert.equal(cluster.told.length, 2);
    assert.doesNotMatch(JSON.stringify(cluster.told), /ticketKeys/);
  });
});

describe('workers of node:cluster that resume sessions', () => {
  const folder = new Folder();
  let cluster: Workers;

  before(async () => {
    cluster = await startWorkers(resuming(workingOptions(folder), folder));
  });
  after(async () => {
    await cluster.stop();
    folder.remove();
  });

  /** How each worker takes the session; the primary hands out connections in turn. */
  async function sessionsAt(ticket: Buffer): Promise<ReadonlyMap<number, string>> {
    const visits = new Map<number, string>();
    for (let attempt = 0; attempt < 20 && visits.size < 2; attempt++) {
      const {status, session, body} = await visit(cluster.port, alice, {session: ticket});
      assert.equal(status, 200);
      visits.set(Number(body), session);
    }
    return visits;
  }

  it("resume each other's, until one of them knows more", async () => {
    const [knowing, other] = cluster.workers;
    const ticket = await winTicket(cluster.port, alice);
    const pids = cluster.workers.map(({process}) => process.pid ?? 0);
    assert.deepEqual(await sessionsAt(ticket), new Map(pids.map(pid => [pid, 'resumed'])));

    const done = once(knowing, 'message');
    knowing.send({certificate: '00'.repeat(32)});
    assert.deepEqual((await done)[0], 'revoked');
    const sessions = await sessionsAt(ticket);
    assert.equal(sessions.get(knowing.process.pid ?? 0), 'new');
    assert.equal(sessions.get(other.process.pid ?? 0), 'resumed');
  });

  it('tell the primary no ticket keys', () => {
    assert.equal(cluster.told.length, 2);
    assert.doesNotMatch(JSON.stringify(cluster.told), /ticketKeys/);
  });
});
