import {Entity, model, property} from '@loopback/repository';

/** A patient and who cares for them. */
@model()
export class Patient extends Entity {
  @property({type: 'string', id: true, required: true})
  id!: string;

  @property({type: 'string', required: true})
  name!: string;

  @property({type: 'string', required: true, jsonSchema: {format: 'date'}})
  birthDate!: string;

  /** Ids of the clinicians who may see this patient, as their certificates state them. */
  @property.array(String, {required: true})
  careTeam!: string[];
}
