import assert from 'node:assert/strict';
import {setTimeout as pause} from 'node:timers/promises';
import {CLINIC_FILE} from '../../../examples/healthcare/datasources/clinic.datasource';
import {AccessEntryRepository} from '../../../examples/healthcare/repositories/access-entry.repository';
import {MedicalRecordRepository} from '../../../examples/healthcare/repositories/medical-record.repository';
import {PatientRepository} from '../../../examples/healthcare/repositories/patient.repository';
import {PrescriptionRepository} from '../../../examples/healthcare/repositories/prescription.repository';
import {MtlsRestServer} from '../../../src/loopback/rest-server';
import {ExampleClinic} from '../../examples/clinic';
import type {Presentable} from '../../server/harness';
import {assertEqual, assertPath, assertSameLines, OwnSequence} from './compare';
import type {Path} from './compare';
import {CALLERS, LAST_ID, reads, writes} from './healthcare-requests';
import {observe} from './observe';
import type {Observation, Outcome} from './observe';
import type {Ask} from './requests';

/** What a clinic looks like behind a day of requests. */
interface Day {
  readonly written: Observation;
  readonly read: Observation;
  /** Everything the clinic keeps, its audit trail included. */
  readonly kept: readonly string[];
}

const WRITES = writes(900, 20_261_123);
const READS = reads(700, 20_261_124);

describe('the healthcare example answers alike on both paths', function () {
  this.timeout(120_000);
  const clinic = new ExampleClinic();

  before(() => clinic.issueCertificates());
  after(() => clinic.remove());

  it(`${WRITES.length} writes in a row, ${READS.length} reads at a time, and what is kept of them`, async () => {
    const [stock, compiled] = [await dayOn('stock'), await dayOn('compiled')];
    assertEqual(stock.written, compiled.written, WRITES);
    assertEqual(stock.read, compiled.read, READS);
    assertSameLines(compiled.kept, stock.kept);
    // The requests are worth something only while they reach all kinds of answers.
    const statuses = new Set([...stock.written.outcomes, ...stock.read.outcomes].map(({status}) => status));
    for (const status of [0, 200, 204, 400, 403, 404, 409, 415, 422])
      assert.ok(statuses.has(status), `no ${status} among ${[...statuses].join()}`);
  });

  /** The same day in a clinic that starts with the example's two patients. */
  async function dayOn(path: Path): Promise<Day> {
    await clinic.start(app => {
      app.bind(CLINIC_FILE).to('');
      if (path === 'stock') app.sequence(OwnSequence);
    });
    try {
      const server = clinic.app.restServer;
      assert.ok(server instanceof MtlsRestServer);
      await assertPath(server, path);
      const people = Object.fromEntries(CALLERS.map(who => [who, presentable(who)]));
      const sending = {people, ca: clinic.serverCa.toString()};
      const written = await observe(clinic.port, WRITES, {...sending, concurrent: 1, rewrite: withLastId});
      const read = await observe(clinic.port, READS, sending);
      const recorded = written.audited.length + read.audited.length;
      return {written: comparable(written), read: comparable(read), kept: await everythingKept(recorded)};
    } finally {
      await clinic.stop();
    }
  }

  function presentable(who: string): Presentable {
    const {key, cert} = clinic.credential(who);
    return {chainPem: cert.toString(), exportKeyPem: () => key.toString()};
  }

  async function everythingKept(recorded: number): Promise<readonly string[]> {
    const trail = await clinic.app.getRepository(AccessEntryRepository);
    // Nobody who asks waits for the audit trail.
    for (let attempt = 0; attempt < 200 && (await trail.count()).count < recorded; attempt++) await pause(10);
    const [patients, records, prescriptions] = await Promise.all([
      clinic.app.getRepository(PatientRepository),
      clinic.app.getRepository(MedicalRecordRepository),
      clinic.app.getRepository(PrescriptionRepository),
    ]);
    const all = await Promise.all([trail.find(), patients.find(), records.find(), prescriptions.find()]);
    return all.flat().map(entity => withoutChance(JSON.stringify(entity)));
  }
});

/** Names the prescription that was written last. */
function withLastId(ask: Ask, before: readonly Outcome[]): Ask {
  if (!ask.path.includes(LAST_ID)) return ask;
  const ids = before.map(({body}) => /"id":"([^"]+)".*"dosage"/.exec(body)?.[1]);
  return {...ask, path: ask.path.replace(LAST_ID, ids.findLast(id => id !== undefined) ?? 'none')};
}

/** An observation without random ids and the time of day, and without the order of lists that these decide. */
function comparable({outcomes, audited, logged}: Observation): Observation {
  return {
    outcomes: outcomes.map(outcome => ({...outcome, body: unordered(withoutChance(outcome.body))})),
    audited: audited.map(withoutChance),
    logged: logged.map(withoutChance),
  };
}

function unordered(body: string): string {
  if (!body.startsWith('[') || !body.includes('<id>')) return body;
  const elements = JSON.parse(body) as readonly unknown[];
  return elements
    .map(element => JSON.stringify(element))
    .sort()
    .join('\n');
}

function withoutChance(text: string): string {
  return text
    .replaceAll(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, '<id>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>');
}
