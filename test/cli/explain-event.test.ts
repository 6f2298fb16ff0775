import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {PassThrough} from 'node:stream';
import type {RestApplication} from '@loopback/rest';
import type {AuditEvent} from '../../src/audit/events';
import {attachLineSink} from '../../src/audit/line-sink';
import {record} from '../../src/audit/publish';
import {formatLine} from '../../src/audit/redact';
import {REMEDIES} from '../../src/cli/explain/remedies';
import {CATALOGUE} from '../../src/errors';
import {CORRELATION_HEADER} from '../../src/server/answer';
import {nurse, serving} from '../loopback/support/clinic';
import {mtls} from './terminal';

const PEER = {remoteAddress: '192.0.2.7', remotePort: 50_000, subject: 'CN=bob'};

const DENIED = {
  family: 'authorization',
  verdict: 'deny',
  correlationId: 'c-1',
  peer: PEER,
  principal: 'spiffe://clinic.example/bob',
  method: 'GET',
  path: '/patients',
  route: 'GET /patients',
  why: {code: 'ERR_MTLS_ACCESS_DENIED', required: 'one of the roles admin', found: 'clinician'},
} as const;

const EVENTS: readonly AuditEvent[] = [
  {family: 'start', phase: 'listening', message: 'https://127.0.0.1:8443'},
  DENIED,
  {...DENIED, path: '/again'},
  {
    family: 'reload',
    phase: 'rejected',
    trigger: 'file',
    changed: ['crl'],
    generation: 3,
    faults: [
      {code: 'ERR_MTLS_REVOCATION_SOURCE', where: 'clients.crl', required: 'a CRL', found: 'none', remedy: 'fetch it'},
    ],
  },
];

describe('mtls explain --event', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mtls-event-'));
  const recorded = EVENTS.map(record);
  const log = join(folder, 'audit.log');

  before(() => {
    const lines = recorded.map(formatLine);
    const others = ['', 'not ours', '{"id": "c-1"', '{"id": "c-1"}', '["c-1"]', `prefix 12:00 ${lines[1] ?? ''}`];
    writeFileSync(log, [lines[0], ...others, ...lines.slice(2)].join('\r\n'));
  });

  after(() => {
    rmSync(folder, {recursive: true});
  });

  function idOf(index: number): string {
    return recorded[index]?.id ?? '';
  }

  it('says what was refused, why, and what to do about it', async () => {
    const {code, out, err} = await mtls(['explain', '--event', idOf(1), '--log', log]);
    assert.deepEqual([code, err], [0, '']);
    assert.match(out, /^mtls\.authorization\.deny at .*: a request was denied\n/);
    assert.match(
      out,
      /\n {2}why {2}the access rule of the route refuses this principal: required one of the roles admin/,
    );
    assert.match(out, /, ERR_MTLS_ACCESS_DENIED\n {2}fix {2}give the caller a role/);
    assert.match(out, /\n {2}peer\.subject +CN=bob\n/);
    assert.match(out, /\n {2}path +\/patients\n/);
  });

  it('finds every event of a correlation id', async () => {
    const {out} = await mtls(['explain', '--event', 'c-1', '--log', log]);
    assert.deepEqual(out.match(/\n {2}path .*/g)?.length, 2);
  });

  it('shows the faults of a reload with their own remedies', async () => {
    const {out} = await mtls(['explain', '--event', idOf(3), '--log', log]);
    assert.match(out, /why {2}clients\.crl: revocation data .*\n {2}fix {2}fetch it\n/);
    assert.match(out, /changed +crl\n/);
  });

  it('knows the correlation id of an answer that a real server gave', async () => {
    const stream = new PassThrough();
    const detach = attachLineSink(stream);
    const setup = (app: RestApplication): void => {
      app.route('get', '/x', {responses: {}, 'x-mtls-access': {allowedRoles: ['admin']}}, () => 'secret');
    };
    const answer = await serving({setup}, clinic => clinic.get(nurse, '/x'));
    detach();
    const {code, out} = await mtls(['explain', '--event', String(answer.headers[CORRELATION_HEADER])], {
      input: String(stream.read()),
    });
    assert.deepEqual([answer.status, code], [403, 0]);
    assert.match(out, /^mtls\.authorization\.deny .*\n {2}why .*required one of the roles admin, found nurse,/);
    assert.match(out, /\n {2}principal +spiffe:\/\/clinic\.example\/nora\n/);
  });

  it('reads standard input, and prints JSON', async () => {
    const input = `${recorded.map(formatLine).join('\n')}\n`;
    const {code, out} = await mtls(['explain', '--event', idOf(0), '--json'], {input});
    assert.equal(code, 0);
    const [event] = recorded;
    const when = 'the server accepts connections';
    assert.deepEqual(JSON.parse(out), [{event, when, refusals: []}]);
  });

  it('lets no text of the log drive the terminal', async () => {
    const hostile = {id: 'x', family: 'f', name: 'a\u001b[2J', time: 7, why: {code: 'ERR_X'}, '\u202e': {a: '\u0007'}};
    const {out} = await mtls(['explain', '--event', 'x'], {input: JSON.stringify(hostile)});
    assert.equal(out, 'a\\u001b[2J at 7\n  id        x\n  \\u202e.a  \\u0007\n');
  });

  it('takes what only looks like a refusal for a field', async () => {
    const why = {code: 'ERR_MTLS_PIN', required: 'a', found: 7};
    const {out} = await mtls(['explain', '--event', 'x'], {
      input: JSON.stringify({id: 'x', family: 'f', why, n: [1, 'b']}),
    });
    assert.equal(out, ' at \n  id  x\n  n   1, b\n');
  });

  it('says where it looked when there is none', async () => {
    assert.deepEqual(await mtls(['explain', '--event', 'nowhere', '--log', log]), {
      code: 1,
      out: '',
      err: `error: there is no event nowhere in ${log}\nhint: the id of an event, or the correlation id of a refused answer; older events may be in a rotated file\n`,
    });
    assert.match((await mtls(['explain', '--event', 'nowhere'])).err, /in standard input\n/);
    assert.match(
      (await mtls(['explain', '--event', 'x', '--log', 'no-such-file'])).err,
      /^error: ENOENT.*\nhint: check/,
    );
  });
});

describe('remedies', () => {
  it('stand there for every code, in words of their own', () => {
    assert.deepEqual(Object.keys(REMEDIES), Object.keys(CATALOGUE));
    assert.equal(new Set(Object.values(REMEDIES)).size, Object.keys(CATALOGUE).length);
    for (const [code, remedy] of Object.entries(REMEDIES)) assert.match(remedy, /^[a-z].*[^.]$/, code);
  });
});
