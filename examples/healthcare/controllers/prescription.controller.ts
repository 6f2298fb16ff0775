import {randomUUID} from 'node:crypto';
import {authorize} from '@loopback/authorization';
import {inject} from '@loopback/core';
import {repository} from '@loopback/repository';
import {get, getModelSchemaRef, HttpErrors, param, post, requestBody, response} from '@loopback/rest';
import {MtlsBindings, type MtlsPrincipal} from '../../../src/index';
import {onlyCareTeam} from '../care-team';
import {Prescription} from '../models/prescription.model';
import {PrescriptionRepository} from '../repositories/prescription.repository';

const NEW_PRESCRIPTION = getModelSchemaRef(Prescription, {
  title: 'NewPrescription',
  exclude: ['id', 'patientId', 'prescriber', 'dispensedBy'],
});
const ONE = {'application/json': {schema: getModelSchemaRef(Prescription)}};

/** Prescriptions: clinicians write them, pharmacists dispense them. */
@authorize({allowedRoles: ['clinician', 'pharmacist']})
export class PrescriptionController {
  private readonly caller: MtlsPrincipal;
  private readonly prescriptions: PrescriptionRepository;

  constructor(
    @inject(MtlsBindings.PRINCIPAL) caller: MtlsPrincipal,
    @repository(PrescriptionRepository) prescriptions: PrescriptionRepository,
  ) {
    this.caller = caller;
    this.prescriptions = prescriptions;
  }

  @authorize({allowedRoles: ['clinician'], voters: [onlyCareTeam]})
  @post('/patients/{id}/prescriptions')
  @response(200, {description: 'The prescription', content: ONE})
  async create(
    @param.path.string('id') patientId: string,
    @requestBody({content: {'application/json': {schema: NEW_PRESCRIPTION}}})
    order: Pick<Prescription, 'medication' | 'dosage'>,
  ): Promise<Prescription> {
    return this.prescriptions.create({
      id: randomUUID(),
      patientId,
      prescriber: this.caller.id,
      medication: order.medication,
      dosage: order.dosage,
    });
  }

  @authorize({allowedRoles: ['pharmacist']})
  @get('/prescriptions')
  @response(200, {
    description: 'Prescriptions that wait to be dispensed',
    content: {'application/json': {schema: {type: 'array', items: getModelSchemaRef(Prescription)}}},
  })
  async findOpen(): Promise<Prescription[]> {
    const all = await this.prescriptions.find({order: ['id']});
    return all.filter(prescription => !prescription.dispensedBy);
  }

  @authorize({allowedRoles: ['pharmacist']})
  @post('/prescriptions/{id}/dispense')
  @response(200, {description: 'The prescription', content: ONE})
  async dispense(@param.path.string('id') id: string): Promise<Prescription> {
    const prescription = await this.prescriptions.findById(id);
    if (prescription.dispensedBy) throw new HttpErrors.Conflict('the prescription was dispensed before');
    prescription.dispensedBy = this.caller.id;
    await this.prescriptions.update(prescription);
    return prescription;
  }
}
