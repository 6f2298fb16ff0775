import assert from 'node:assert/strict';
import {startWorkers} from './cluster';
import type {Workers} from './cluster';
import {Folder, get, issueClient, workingOptions} from './harness';

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
