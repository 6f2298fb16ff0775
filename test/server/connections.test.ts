import assert from 'node:assert/strict';
import {subscribe, unsubscribe} from 'node:diagnostics_channel';
import {Socket} from 'node:net';
import {TLSSocket} from 'node:tls';
import type {Principal} from '../../src/identity/principal';
import {Connections} from '../../src/server/connections';
import {Judge} from '../../src/server/judge';
import type {Snapshot} from '../../src/server/judge';
import type {ConnectionFacts} from '../../src/server/peer';
import {DEFAULT_TRUST} from '../../src/trust/policy';
import type {RevocationView} from '../../src/trust/revocation';
import {parseCertificate} from '../../src/x509/certificate';
import {clientRoot, issueClient, Recorder} from './harness';

const GOOD: RevocationView = {
  statusOf: () => ({status: 'good', freshUntil: new Date(Date.now() + 60_000), source: 'test'}),
};

const REVOKED: RevocationView = {
  statusOf: () => ({status: 'revoked', since: new Date(), reason: 'key compromise', source: 'test'}),
};

function snapshot(generation: number, revocation: RevocationView = GOOD): Snapshot {
  return {
    anchors: [{name: 'Root', certificate: parseCertificate(clientRoot.certificate), authority: {}}],
    intermediates: [],
    policy: DEFAULT_TRUST,
    revocation,
    rules: {kind: 'resolver', resolve: () => ({id: 'alice', roles: ['clinician']}), timeoutMs: 1_000},
    resumption: 'refuse',
    generation,
  };
}

/** Connections with a number of accepted ones, each with a certificate of its own. */
function opened(count: number): {
  readonly judge: Judge;
  readonly connections: Connections;
  readonly sockets: readonly TLSSocket[];
} {
  const judge = new Judge(snapshot(1), () => Promise.resolve());
  const connections = new Connections(judge);
  const sockets = Array.from({length: count}, () => {
    const socket = new TLSSocket(new Socket());
    const verification = judge.verify({leaf: parseCertificate(issueClient().certificate), sent: []}, new Date());
    assert.ok(verification.verdict === 'accept');
    const {peer, evidence} = verification.verified;
    const connection: ConnectionFacts = {
      remoteAddress: '192.0.2.1',
      remotePort: 1,
      protocol: 'TLSv1.3',
      cipher: 'x',
      group: undefined,
      serverName: undefined,
      session: 'new',
    };
    const principal: Principal = {
      id: 'alice',
      idSource: 'fingerprint',
      name: 'Alice',
      roles: ['clinician'],
      certificate: {
        fingerprint: '',
        serialNumber: '',
        subject: '',
        issuer: '',
        anchor: 'Root',
        notBefore: '',
        notAfter: '',
        subjectAltNames: [],
        extendedKeyUsages: [],
        policies: [],
      },
    };
    const validUntilMs = peer.path.validUntil.getTime();
    connections.add(socket, evidence, {peer, principal, generation: 1, validUntilMs, connection}, ['rule']);
    return socket;
  });
  return {judge, connections, sockets};
}

describe('connections', () => {
  it('answer with the same value as long as nothing changes', () => {
    const {
      connections,
      sockets: [socket = new Socket()],
    } = opened(1);
    const standing = connections.standingOf(socket);
    assert.ok(!(standing instanceof Promise) && standing.verdict === 'admit');
    assert.equal(connections.standingOf(socket), standing);
    connections.stop();
  });

  it('are all judged again, with the new generation', async () => {
    const {judge, connections, sockets} = opened(80);
    judge.adopt(snapshot(2));
    await connections.rejudge();
    for (const socket of sockets) {
      const standing = connections.standingOf(socket);
      assert.ok(!(standing instanceof Promise) && standing.verdict === 'admit');
      assert.equal(standing.state.generation, 2);
    }
    connections.stop();
  });

  it('are judged by the newest snapshot when one follows the other', async () => {
    const {judge, connections, sockets} = opened(3);
    judge.adopt(snapshot(2));
    const first = connections.rejudge();
    judge.adopt(snapshot(3));
    assert.equal(connections.rejudge(), first);
    await first;
    for (const socket of sockets) {
      const standing = await connections.standingOf(socket);
      assert.ok(standing.verdict === 'admit');
      assert.equal(standing.state.generation, 3);
    }
    connections.stop();
  });

  it('end when they are revoked after their chain was verified and before they were mapped', async () => {
    const {judge, connections, sockets} = opened(80);
    const resolve = () => {
      judge.adopt(snapshot(3, REVOKED));
      return {id: 'alice', roles: ['clinician']};
    };
    judge.adopt({...snapshot(2), rules: {kind: 'resolver', resolve, timeoutMs: 1_000}});
    await connections.rejudge();
    assert.equal(connections.size, 0);
    assert.ok(sockets.every(socket => socket.destroyed));
    connections.stop();
  });

  it('are all closed before the first event tells of it, and each has its event', async () => {
    const {judge, connections, sockets} = opened(20);
    const openWhenTold: number[] = [];
    const told = (): void => void openWhenTold.push(sockets.filter(socket => !socket.destroyed).length);
    subscribe('mtls:refusal', told);
    judge.adopt(snapshot(2, REVOKED));
    await connections.rejudge();
    unsubscribe('mtls:refusal', told);
    assert.deepEqual(openWhenTold, Array<number>(20).fill(0));
    connections.stop();
  });

  it('have their events when everything stops in the middle of a run', async () => {
    const recorder = new Recorder('refusal');
    const {judge, connections} = opened(20);
    const stop = (): void => {
      connections.stop();
    };
    subscribe('mtls:refusal', stop);
    judge.adopt(snapshot(2, REVOKED));
    await connections.rejudge();
    unsubscribe('mtls:refusal', stop);
    assert.equal(recorder.of('refusal').length, 20);
    recorder.stop();
  });

  it('end when judging them fails in a way nobody thought of', async () => {
    const recorder = new Recorder('refusal');
    const broken: RevocationView = {
      statusOf: () => {
        throw new TypeError('a bug');
      },
    };
    const {judge, connections, sockets} = opened(2);
    judge.adopt(snapshot(2, broken));
    const [asked = new Socket()] = sockets;
    const standing = await connections.standingOf(asked);
    assert.ok(standing.verdict === 'refuse');
    assert.equal(standing.why.code, 'ERR_MTLS_CONNECTION_UNVERIFIED');
    assert.equal(standing.why.found, 'TypeError while judging');
    await connections.rejudge();
    assert.equal(connections.size, 0);
    assert.ok(sockets.every(socket => socket.destroyed));
    assert.equal(recorder.of('refusal').length, 2);
    recorder.stop();
    connections.stop();
  });
});
