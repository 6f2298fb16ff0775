import {Entity, model, property} from '@loopback/repository';

/** One entry of a patient's history. Entries are added, never changed. */
@model()
export class MedicalRecord extends Entity {
  @property({type: 'string', id: true})
  id!: string;

  @property({type: 'string'})
  patientId!: string;

  /** Principal id of whoever wrote the entry. */
  @property({type: 'string'})
  author!: string;

  @property({type: 'string'})
  writtenAt!: string;

  @property({type: 'string', required: true, jsonSchema: {enum: ['note', 'diagnosis', 'vitals']}})
  kind!: string;

  @property({type: 'string', required: true, jsonSchema: {minLength: 1, maxLength: 4000}})
  text!: string;
}
