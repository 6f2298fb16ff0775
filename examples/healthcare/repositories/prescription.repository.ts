import {inject} from '@loopback/core';
import {DefaultCrudRepository} from '@loopback/repository';
import {ClinicDataSource} from '../datasources/clinic.datasource';
import {Prescription} from '../models/prescription.model';

export class PrescriptionRepository extends DefaultCrudRepository<Prescription, string> {
  constructor(@inject('datasources.clinic') clinic: ClinicDataSource) {
    super(Prescription, clinic);
  }
}
