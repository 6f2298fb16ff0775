import {authorize} from '@loopback/authorization';
import {bind, BindingScope, inject} from '@loopback/core';
import {get, MiddlewareSequence, param, RestApplication} from '@loopback/rest';
import {join} from 'node:path';
import {MtlsBindings, MtlsComponent, type MtlsPrincipal} from '../../../src/index';
import {patient, ready, required} from './answer';

@authorize({allowedRoles: ['clinician']})
class TransientController {
  protected readonly caller: MtlsPrincipal;

  constructor(@inject(MtlsBindings.PRINCIPAL) caller: MtlsPrincipal) {
    this.caller = caller;
  }

  @get('/patients/{id}')
  findById(@param.path.string('id') id: string): object {
    return patient(id);
  }
}

@bind({scope: BindingScope.SINGLETON})
@authorize({allowedRoles: ['clinician']})
class SingletonController {
  @get('/patients/{id}')
  findById(@param.path.string('id') id: string): object {
    return patient(id);
  }
}

/** A sequence of its own keeps an application on LoopBack's stock path. */
class OwnSequence extends MiddlewareSequence {}

/** This library with full security. The first argument chooses: compiled, singleton or stock. */
async function main(shape: string): Promise<void> {
  const certs = required('BENCH_CERTS');
  const app = new RestApplication({rest: {port: 0, host: '127.0.0.1'}});
  app.configure(MtlsBindings.COMPONENT).to({
    server: {key: join(certs, 'server.key'), cert: join(certs, 'server.crt')},
    clients: {ca: join(certs, 'clients-ca.crt'), crl: join(certs, 'clients.crl')},
    identity: {rules: [{when: {organizationalUnit: 'Clinicians'}, roles: ['clinician'], id: 'san.uri'}]},
    audit: {sink: 'none'},
  });
  app.component(MtlsComponent);
  if (shape === 'stock') app.sequence(OwnSequence);
  app.controller(shape === 'singleton' ? SingletonController : TransientController);
  await app.start();
  ready(Number(new URL(app.restServer.url ?? '').port));
}

void main(process.argv[2] ?? 'compiled');
