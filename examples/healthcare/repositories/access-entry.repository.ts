import {inject} from '@loopback/core';
import {DefaultCrudRepository} from '@loopback/repository';
import {ClinicDataSource} from '../datasources/clinic.datasource';
import {AccessEntry} from '../models/access-entry.model';

export class AccessEntryRepository extends DefaultCrudRepository<AccessEntry, string> {
  constructor(@inject('datasources.clinic') clinic: ClinicDataSource) {
    super(AccessEntry, clinic);
  }
}
