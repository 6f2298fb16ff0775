import {randomUUID} from 'node:crypto';
import {authorize} from '@loopback/authorization';
import {inject} from '@loopback/core';
import {repository} from '@loopback/repository';
import {get, getModelSchemaRef, param, post, requestBody, response} from '@loopback/rest';
import {MtlsBindings, type MtlsPrincipal} from '../../../src/index';
import {onlyCareTeam} from '../care-team';
import {MedicalRecord} from '../models/medical-record.model';
import {MedicalRecordRepository} from '../repositories/medical-record.repository';

const NEW_RECORD = getModelSchemaRef(MedicalRecord, {
  title: 'NewMedicalRecord',
  exclude: ['id', 'patientId', 'author', 'writtenAt'],
});

/** The history of a patient: clinicians of the care team read and write it, devices add vital signs. */
@authorize({allowedRoles: ['clinician', 'device']})
export class MedicalRecordController {
  private readonly caller: MtlsPrincipal;
  private readonly records: MedicalRecordRepository;

  constructor(
    @inject(MtlsBindings.PRINCIPAL) caller: MtlsPrincipal,
    @repository(MedicalRecordRepository) records: MedicalRecordRepository,
  ) {
    this.caller = caller;
    this.records = records;
  }

  @authorize({allowedRoles: ['clinician'], voters: [onlyCareTeam]})
  @get('/patients/{id}/records')
  @response(200, {
    description: 'The history, oldest first',
    content: {'application/json': {schema: {type: 'array', items: getModelSchemaRef(MedicalRecord)}}},
  })
  async find(@param.path.string('id') patientId: string): Promise<MedicalRecord[]> {
    return this.records.find({where: {patientId}, order: ['writtenAt']});
  }

  @authorize({allowedRoles: ['clinician'], voters: [onlyCareTeam]})
  @post('/patients/{id}/records')
  @response(200, {description: 'The entry', content: {'application/json': {schema: getModelSchemaRef(MedicalRecord)}}})
  async create(
    @param.path.string('id') patientId: string,
    @requestBody({content: {'application/json': {schema: NEW_RECORD}}}) entry: Pick<MedicalRecord, 'kind' | 'text'>,
  ): Promise<MedicalRecord> {
    return this.write(patientId, entry.kind, entry.text);
  }

  @authorize({allowedRoles: ['device'], voters: [onlyCareTeam]})
  @post('/patients/{id}/vitals')
  @response(200, {description: 'The entry', content: {'application/json': {schema: getModelSchemaRef(MedicalRecord)}}})
  async createVitals(
    @param.path.string('id') patientId: string,
    @requestBody({
      content: {
        'application/json': {
          schema: {
            type: 'object',
            required: ['heartRate', 'oxygenSaturation'],
            additionalProperties: false,
            properties: {
              heartRate: {type: 'integer', minimum: 0, maximum: 400},
              oxygenSaturation: {type: 'number', minimum: 0, maximum: 100},
            },
          },
        },
      },
    })
    vitals: {heartRate: number; oxygenSaturation: number},
  ): Promise<MedicalRecord> {
    return this.write(
      patientId,
      'vitals',
      `heart rate ${vitals.heartRate}/min, oxygen saturation ${vitals.oxygenSaturation} %`,
    );
  }

  private async write(patientId: string, kind: string, text: string): Promise<MedicalRecord> {
    return this.records.create({
      id: randomUUID(),
      patientId,
      author: this.caller.id,
      writtenAt: new Date().toISOString(),
      kind,
      text,
    });
  }
}
