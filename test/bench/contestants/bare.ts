import {get, param, RestApplication} from '@loopback/rest';
import {patient} from './answer';

class PatientController {
  @get('/patients/{id}')
  findById(@param.path.string('id') id: string): object {
    return patient(id);
  }
}

/** Starts LoopBack without any security, and gives back its port. */
export async function startBare(rest: object): Promise<number> {
  const app = new RestApplication({shutdown: {signals: []}, rest: {port: 0, host: '127.0.0.1', ...rest}});
  app.controller(PatientController);
  await app.start();
  return Number(new URL(app.restServer.url ?? '').port);
}
