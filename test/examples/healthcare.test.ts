import assert from 'node:assert/strict';
import {connect} from 'node:tls';
import {IDENTITY} from '../../examples/healthcare/roles';
import type {Code} from '../../src/errors';
import {MtlsBindings, reachOf} from '../../src/index';
import type {AccessMatrix, Reach} from '../../src/index';
import {received, Recorder} from '../server/harness';
import {ExampleClinic} from './clinic';
import type {Ask} from './clinic';

/** One caller per role. */
const CALLERS: Readonly<Record<string, string>> = {
  admin: 'admin-erin',
  auditor: 'auditor-dan',
  clinician: 'clinician-alice',
  device: 'device-monitor-1',
  pharmacist: 'pharmacist-carol',
};

interface Endpoint {
  /** Who reaches it; everybody else is denied. */
  readonly reach: Readonly<Record<string, Exclude<Reach, 'deny'>>>;
  /** The endpoint's path for a patient, or for whatever else it is about. */
  readonly path: (id: string) => string;
  readonly body?: unknown;
  /** An id in the care of alice and of the monitor. */
  readonly id: string;
}

const NEW_PATIENT = {id: 'p-1003', name: 'Noor Haddad', birthDate: '1999-02-28', careTeam: ['nobody']};
const NOTE = {kind: 'note', text: 'Seen today'};
const VITALS = {heartRate: 71, oxygenSaturation: 98};
const ORDER = {medication: 'Ibuprofen 400 mg', dosage: 'as needed'};

/** What the example promises about each of its endpoints. */
const PROMISED: Readonly<Record<string, Endpoint>> = {
  'GET /audit-trail': {reach: {auditor: 'allow'}, path: () => '/audit-trail', id: ''},
  'GET /openapi.json': {reach: {admin: 'allow', auditor: 'allow'}, path: () => '/openapi.json', id: ''},
  'GET /patients': {reach: {clinician: 'allow'}, path: () => '/patients', id: ''},
  'POST /patients': {reach: {admin: 'allow'}, path: () => '/patients', body: NEW_PATIENT, id: ''},
  'GET /patients/{id}': {reach: {clinician: 'conditional'}, path: id => `/patients/${id}`, id: 'p-1001'},
  'PUT /patients/{id}/care-team': {
    reach: {admin: 'allow'},
    path: id => `/patients/${id}/care-team`,
    body: ['spiffe://clinic.example/clinician/bob'],
    id: 'p-1002',
  },
  'GET /patients/{id}/records': {
    reach: {clinician: 'conditional'},
    path: id => `/patients/${id}/records`,
    id: 'p-1001',
  },
  'POST /patients/{id}/records': {
    reach: {clinician: 'conditional'},
    path: id => `/patients/${id}/records`,
    body: NOTE,
    id: 'p-1001',
  },
  'POST /patients/{id}/vitals': {
    reach: {device: 'conditional'},
    path: id => `/patients/${id}/vitals`,
    body: VITALS,
    id: 'p-1001',
  },
  'POST /patients/{id}/prescriptions': {
    reach: {clinician: 'conditional'},
    path: id => `/patients/${id}/prescriptions`,
    body: ORDER,
    id: 'p-1001',
  },
  'GET /prescriptions': {reach: {pharmacist: 'allow'}, path: () => '/prescriptions', id: ''},
  'POST /prescriptions/{id}/dispense': {
    reach: {pharmacist: 'allow'},
    path: id => `/prescriptions/${id}/dispense`,
    id: 'rx-1',
  },
};

describe('examples/healthcare', function () {
  this.timeout(60_000);
  const clinic = new ExampleClinic();
  let matrix: AccessMatrix;

  before(async () => {
    await clinic.issueCertificates();
    await clinic.start();
    matrix = await clinic.app.get(MtlsBindings.ACCESS);
  });
  after(() => clinic.remove());

  it('has the endpoints and roles that are promised', () => {
    assert.deepEqual(matrix.rows.map(({verb, path}) => `${verb} ${path}`).sort(), Object.keys(PROMISED).sort());
    assert.deepEqual(matrix.roles, Object.keys(CALLERS));
    assert.deepEqual([...new Set(IDENTITY.rules?.flatMap(({roles}) => roles))].sort(), matrix.roles);
  });

  for (const [endpoint, {reach, path, body, id}] of Object.entries(PROMISED)) {
    const [verb = ''] = endpoint.split(' ');
    const asked = (subject: string): Ask => ({verb, path: path(subject), ...(body !== undefined && {body})});

    it(`${endpoint} is in the matrix as promised`, () => {
      const row = matrix.rows.find(candidate => `${candidate.verb} ${candidate.path}` === endpoint);
      assert.ok(row);
      for (const role of matrix.roles) assert.equal(reachOf(row, role), reach[role] ?? 'deny', role);
    });

    for (const [role, who] of Object.entries(CALLERS)) {
      const granted = reach[role];
      it(`${endpoint} ${granted === undefined ? 'refuses' : 'serves'} the ${role}`, async () => {
        const {status, body: answer} = await clinic.ask(who, asked(id));
        if (granted === undefined) assert.deepEqual([status, answer], [403, FORBIDDEN]);
        else assert.ok(status === 200 || status === 204, `${status}: ${answer}`);
      });
      if (granted !== 'conditional') continue;
      it(`${endpoint} refuses the ${role} who does not care for the patient`, async () => {
        const {status, body: answer} = await clinic.ask(who, asked('p-1002'));
        assert.deepEqual([status, answer], [403, FORBIDDEN]);
      });
      it(`${endpoint} tells the ${role} no difference between a patient of others and none`, async () => {
        const {status, body: answer} = await clinic.ask(who, asked('p-9999'));
        assert.deepEqual([status, answer], [403, FORBIDDEN]);
      });
    }
  }

  it('shows each clinician their own patients', async () => {
    assert.deepEqual(await patientsOf('clinician-alice'), ['p-1001']);
    assert.deepEqual(await patientsOf('clinician-bob'), ['p-1002']);
  });

  it('opens a patient as soon as the care team names the caller', async () => {
    const records = {verb: 'GET', path: '/patients/p-1003/records'};
    const team = {verb: 'PUT', path: '/patients/p-1003/care-team'};
    assert.equal((await clinic.ask('clinician-bob', records)).status, 403);
    await clinic.ask('admin-erin', {...team, body: ['spiffe://clinic.example/clinician/bob']});
    assert.equal((await clinic.ask('clinician-bob', records)).status, 200);
    await clinic.ask('admin-erin', {...team, body: ['nobody']});
    assert.equal((await clinic.ask('clinician-bob', records)).status, 403);
  });

  it('dispenses a prescription once', async () => {
    const dispense = {verb: 'POST', path: '/prescriptions/rx-1/dispense'};
    assert.equal((await clinic.ask('pharmacist-carol', dispense)).status, 409);
    const open = await clinic.ask('pharmacist-carol', {verb: 'GET', path: '/prescriptions'});
    assert.ok(!open.body.includes('rx-1'), open.body);
  });

  it('keeps every decision in the audit trail, each request once', async () => {
    const path = '/patients/p-1001/records';
    const before = (await trail()).filter(({request}) => request === `GET ${path}`).length;
    await clinic.ask('clinician-alice', {verb: 'GET', path});
    await clinic.ask('clinician-bob', {verb: 'GET', path});
    const entries = (await trail()).filter(({request}) => request === `GET ${path}`);
    const verdicts = entries.slice(0, entries.length - before).map(entry => `${entry.principal} ${entry.verdict}`);
    assert.deepEqual(verdicts.sort(), [
      'spiffe://clinic.example/clinician/alice allow',
      'spiffe://clinic.example/clinician/bob deny',
    ]);
  });

  const strangers: readonly (readonly [string, string | undefined, Code])[] = [
    ['no certificate', undefined, 'ERR_MTLS_CERTIFICATE_MISSING'],
    ['a certificate of another CA', 'elsewhere', 'ERR_MTLS_CHAIN_UNTRUSTED'],
    ['an expired certificate', 'expired', 'ERR_MTLS_EXPIRED'],
    ['a certificate for servers', 'server-only', 'ERR_MTLS_EXTENDED_KEY_USAGE'],
    ['a revoked certificate', 'left', 'ERR_MTLS_REVOKED'],
    ['a certificate that no rule maps', 'stranger-mallory', 'ERR_MTLS_IDENTITY_UNMAPPED'],
  ];
  for (const [what, who, code] of strangers) {
    it(`gives no answer to ${what}, and the event tells why`, async () => {
      const recorder = new Recorder('refusal');
      try {
        assert.equal(await answerTo(who), '');
        assert.equal((await recorder.next('refusal')).why.code, code);
        assert.equal(recorder.events.length, 1);
      } finally {
        recorder.stop();
      }
    });
  }

  it('has its data after a restart', async () => {
    const records = {verb: 'GET', path: '/patients/p-1001/records'};
    const text = 'Written before the restart';
    await clinic.ask('clinician-alice', {verb: 'POST', path: records.path, body: {kind: 'note', text}});
    const before = await clinic.ask('clinician-alice', records);
    const patients = await patientsOf('clinician-alice');
    await clinic.stop();
    await clinic.start();
    const {status, body} = await clinic.ask('clinician-alice', records);
    assert.deepEqual([status, body], [200, before.body]);
    assert.ok(body.includes(text));
    assert.deepEqual(await patientsOf('clinician-alice'), patients);
    assert.ok((await trail()).some(({verdict}) => verdict === 'deny'));
  });

  async function patientsOf(who: string): Promise<readonly string[]> {
    const {body} = await clinic.ask(who, {verb: 'GET', path: '/patients'});
    return (JSON.parse(body) as {readonly id: string}[]).map(({id}) => id);
  }

  async function trail(): Promise<readonly Entry[]> {
    const {status, body} = await clinic.ask('auditor-dan', {verb: 'GET', path: '/audit-trail?limit=500'});
    assert.equal(status, 200, body);
    return JSON.parse(body) as Entry[];
  }

  /** Everything that comes back on a connection over which a request was sent at once. */
  function answerTo(who: string | undefined): Promise<string> {
    const socket = connect({
      host: '127.0.0.1',
      port: clinic.port,
      servername: 'localhost',
      ca: clinic.serverCa,
      ...(who !== undefined && clinic.credential(who)),
    });
    // In TLS 1.3 the client is done before the server has seen its certificate.
    socket.on('error', () => undefined);
    socket.once('secureConnect', () => socket.write('GET /patients HTTP/1.1\r\nHost: localhost\r\n\r\n'));
    return received(socket);
  }
});

interface Entry {
  readonly principal?: string;
  readonly verdict: string;
  readonly request: string;
}

/** All that a refused caller hears, the same for every reason. */
const FORBIDDEN = JSON.stringify({
  error: {statusCode: 403, name: 'ForbiddenError', message: 'Forbidden', code: 'ERR_MTLS_FORBIDDEN'},
});
