import {inject} from '@loopback/core';
import {DefaultCrudRepository} from '@loopback/repository';
import {ClinicDataSource} from '../datasources/clinic.datasource';
import {MedicalRecord} from '../models/medical-record.model';

export class MedicalRecordRepository extends DefaultCrudRepository<MedicalRecord, string> {
  constructor(@inject('datasources.clinic') clinic: ClinicDataSource) {
    super(MedicalRecord, clinic);
  }
}
