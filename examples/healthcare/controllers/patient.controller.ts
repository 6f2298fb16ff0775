import {authorize} from '@loopback/authorization';
import {inject} from '@loopback/core';
import {repository} from '@loopback/repository';
import {get, getModelSchemaRef, param, post, put, requestBody, response} from '@loopback/rest';
import {MtlsBindings, type MtlsPrincipal} from '../../../src/index';
import {onlyCareTeam} from '../care-team';
import {Patient} from '../models/patient.model';
import {PatientRepository} from '../repositories/patient.repository';

/** Patients: administrators register them, clinicians see those in their care. */
@authorize({allowedRoles: ['clinician']})
export class PatientController {
  private readonly caller: MtlsPrincipal;
  private readonly patients: PatientRepository;

  constructor(
    @inject(MtlsBindings.PRINCIPAL) caller: MtlsPrincipal,
    @repository(PatientRepository) patients: PatientRepository,
  ) {
    this.caller = caller;
    this.patients = patients;
  }

  @get('/patients')
  @response(200, {
    description: 'Patients in the care of the caller',
    content: {'application/json': {schema: {type: 'array', items: getModelSchemaRef(Patient)}}},
  })
  async find(): Promise<Patient[]> {
    const all = await this.patients.find({order: ['id']});
    return all.filter(patient => patient.careTeam.includes(this.caller.id));
  }

  @authorize({allowedRoles: ['clinician'], voters: [onlyCareTeam]})
  @get('/patients/{id}')
  @response(200, {description: 'A patient', content: {'application/json': {schema: getModelSchemaRef(Patient)}}})
  async findById(@param.path.string('id') id: string): Promise<Patient> {
    return this.patients.findById(id);
  }
}

/** Registration of patients and of who cares for them. */
@authorize({allowedRoles: ['admin']})
export class RegistrationController {
  private readonly patients: PatientRepository;

  constructor(@repository(PatientRepository) patients: PatientRepository) {
    this.patients = patients;
  }

  @post('/patients')
  @response(200, {description: 'The patient', content: {'application/json': {schema: getModelSchemaRef(Patient)}}})
  async create(
    @requestBody({content: {'application/json': {schema: getModelSchemaRef(Patient)}}}) patient: Patient,
  ): Promise<Patient> {
    return this.patients.create(patient);
  }

  @put('/patients/{id}/care-team')
  @response(204, {description: 'The care team was replaced'})
  async replaceCareTeam(
    @param.path.string('id') id: string,
    @requestBody({
      content: {'application/json': {schema: {type: 'array', items: {type: 'string', minLength: 1}, maxItems: 50}}},
    })
    careTeam: string[],
  ): Promise<void> {
    await this.patients.updateById(id, {careTeam});
  }
}
