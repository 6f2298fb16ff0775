import {Entity, model, property} from '@loopback/repository';

/** One line of the audit trail: who asked for what, and whether they got it. */
@model()
export class AccessEntry extends Entity {
  @property({type: 'string', id: true})
  id!: string;

  @property({type: 'string', required: true})
  at!: string;

  @property({type: 'string'})
  principal?: string;

  @property({type: 'string', required: true})
  verdict!: string;

  @property({type: 'string', required: true})
  request!: string;
}
