import {inject} from '@loopback/core';
import {DefaultCrudRepository} from '@loopback/repository';
import {ClinicDataSource} from '../datasources/clinic.datasource';
import {Patient} from '../models/patient.model';

export class PatientRepository extends DefaultCrudRepository<Patient, string> {
  constructor(@inject('datasources.clinic') clinic: ClinicDataSource) {
    super(Patient, clinic);
  }
}
