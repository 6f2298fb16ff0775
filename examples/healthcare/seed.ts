import type {HealthcareApplication} from './application';
import {MedicalRecordRepository} from './repositories/medical-record.repository';
import {PatientRepository} from './repositories/patient.repository';
import {PrescriptionRepository} from './repositories/prescription.repository';

const ALICE = 'spiffe://clinic.example/clinician/alice';
const BOB = 'spiffe://clinic.example/clinician/bob';
const MONITOR = 'monitor-1.devices.clinic.example';

/** Fills an empty clinic: two patients with different care teams. Does nothing when there is data already. */
export async function seed(app: HealthcareApplication): Promise<void> {
  const patients = await app.getRepository(PatientRepository);
  if ((await patients.count()).count > 0) return;
  await patients.create({id: 'p-1001', name: 'Ines Marchetti', birthDate: '1961-04-02', careTeam: [ALICE, MONITOR]});
  await patients.create({id: 'p-1002', name: 'Oskar Lindqvist', birthDate: '1987-11-23', careTeam: [BOB]});
  const records = await app.getRepository(MedicalRecordRepository);
  await records.create({
    id: 'r-1',
    patientId: 'p-1001',
    author: ALICE,
    writtenAt: '2026-01-12T09:30:00.000Z',
    kind: 'diagnosis',
    text: 'Hypertension, stage 1',
  });
  const prescriptions = await app.getRepository(PrescriptionRepository);
  await prescriptions.create({
    id: 'rx-1',
    patientId: 'p-1001',
    prescriber: ALICE,
    medication: 'Ramipril 5 mg',
    dosage: 'one tablet in the morning',
  });
}
