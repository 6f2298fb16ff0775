import assert from 'node:assert/strict';
import {authorize} from '@loopback/authorization';
import {del, get} from '@loopback/rest';
import type {RestApplication} from '@loopback/rest';
import {requireCertificate} from '../../src/loopback/decorators';
import {MtlsBindings} from '../../src/loopback/keys';
import {formatAccessMatrix, reachOf} from '../../src/loopback/matrix';
import {ownedBy} from '../../src/loopback/voting';
import {Clinic} from './support/clinic';

@authorize({allowedRoles: ['nurse', 'admin']})
class PatientController {
  @get('/patients')
  list(): string {
    return 'all';
  }

  @authorize({allowedRoles: ['nurse', 'admin'], voters: [ownedBy(() => true)]})
  @get('/patients/{id}')
  find(): string {
    return 'one';
  }

  @authorize({allowedRoles: ['admin'], deniedRoles: ['guest']})
  @requireCertificate({maxAgeHours: 24})
  @del('/patients/{id}')
  remove(): string {
    return 'none';
  }
}

class BareController {
  @get('/bare')
  read(): string {
    return 'secret';
  }
}

const access = {
  'GET /openapi.json': {allowedRoles: ['admin']},
  'UPGRADE /live': {allowedRoles: ['nurse']},
  '/legacy/**': {allowedRoles: ['$authenticated'], deniedRoles: ['guest']},
};

function setup(app: RestApplication): void {
  app.controller(PatientController);
  app.mountExpressRouter('/legacy', (_request, _response, next) => {
    next();
  });
}

describe('access matrix', () => {
  it('shows who reaches what, without starting anything', async () => {
    const clinic = new Clinic({setup, options: {access}});
    const matrix = await clinic.app.get(MtlsBindings.ACCESS);
    assert.deepEqual(formatAccessMatrix(matrix).split('\n'), [
      'endpoint               served by                 admin  guest  nurse',
      'ANY /legacy/**         Express router            yes    -      yes',
      'UPGRADE /live          upgrade                   -      -      yes',
      'GET /openapi.json      OpenAPI document          yes    -      -',
      'GET /patients          PatientController.list    yes    -      yes',
      'DELETE /patients/{id}  PatientController.remove  if     -      -',
      'GET /patients/{id}     PatientController.find    if     -      if',
    ]);
    assert.equal(clinic.server.listening, false);
    await clinic.stop();
  });

  it('shows endpoints without a rule as closed, with what is wrong', async () => {
    const clinic = new Clinic({
      setup: app => {
        setup(app);
        app.controller(BareController);
      },
    });
    const {matrix, faults} = await clinic.server.audit();
    const rows = matrix.rows.filter(({problems}) => problems.length > 0);
    assert.deepEqual(
      rows.map(({verb, path, kind}) => [verb, path, kind]),
      [
        ['GET', '/bare', 'controller'],
        ['ANY', '/legacy', 'express'],
      ],
    );
    assert.deepEqual(
      rows.flatMap(row => matrix.roles.map(role => reachOf(row, role))),
      Array.from({length: 6}, () => 'deny'),
    );
    assert.equal(faults.length, 2);
    await clinic.stop();
  });
});
