import {authorize} from '@loopback/authorization';
import {repository} from '@loopback/repository';
import {get, getModelSchemaRef, param, response} from '@loopback/rest';
import {AccessEntry} from '../models/access-entry.model';
import {AccessEntryRepository} from '../repositories/access-entry.repository';

/** Who asked for what: for auditors only. */
@authorize({allowedRoles: ['auditor']})
export class AuditTrailController {
  private readonly entries: AccessEntryRepository;

  constructor(@repository(AccessEntryRepository) entries: AccessEntryRepository) {
    this.entries = entries;
  }

  @get('/audit-trail')
  @response(200, {
    description: 'The newest entries first',
    content: {'application/json': {schema: {type: 'array', items: getModelSchemaRef(AccessEntry)}}},
  })
  async find(
    @param.query.integer('limit', {schema: {type: 'integer', minimum: 1, maximum: 500, default: 100}}) limit = 100,
  ): Promise<AccessEntry[]> {
    return this.entries.find({order: ['at DESC'], limit});
  }
}
