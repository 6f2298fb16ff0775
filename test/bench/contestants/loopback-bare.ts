import {get, param, RestApplication} from '@loopback/rest';
import {ANSWER, ready} from './answer';
import {serverTls} from './tls';

class PatientController {
  @get('/patients/{id}')
  findById(@param.path.string('id') id: string): object {
    return {...ANSWER, id};
  }
}

/** LoopBack without any security: HTTPS, nobody is asked who they are. */
async function main(): Promise<void> {
  const app = new RestApplication({rest: {port: 0, host: '127.0.0.1', protocol: 'https', ...serverTls()}});
  app.controller(PatientController);
  await app.start();
  ready(Number(new URL(app.restServer.url ?? '').port));
}

void main();
