import {ownedBy} from '../../src/index';
import {PatientRepository} from './repositories/patient.repository';

/**
 * Resource ownership: a caller sees a patient only when the patient's care team names them. The patient's id is the
 * first argument of every method this guards. An unknown patient is a refusal too, so that a stranger cannot find
 * out which ids exist.
 */
export const onlyCareTeam = ownedBy(async (caller, invocation) => {
  const patientId: unknown = invocation.args[0];
  if (typeof patientId !== 'string') return false;
  const patients = await invocation.get<PatientRepository>('repositories.PatientRepository');
  const patient = await patients.findOne({where: {id: patientId}});
  return patient?.careTeam.includes(caller.id) === true;
});
