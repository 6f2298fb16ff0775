import {Entity, model, property} from '@loopback/repository';

/** A prescription: written by a clinician, dispensed once by a pharmacist. */
@model()
export class Prescription extends Entity {
  @property({type: 'string', id: true})
  id!: string;

  @property({type: 'string'})
  patientId!: string;

  @property({type: 'string'})
  prescriber!: string;

  @property({type: 'string', required: true, jsonSchema: {minLength: 1, maxLength: 200}})
  medication!: string;

  @property({type: 'string', required: true, jsonSchema: {minLength: 1, maxLength: 200}})
  dosage!: string;

  /** Principal id of the pharmacist, once dispensed. */
  @property({type: 'string'})
  dispensedBy?: string;
}
