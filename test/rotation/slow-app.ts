import {RestApplication} from '@loopback/rest';
import {MtlsComponent} from '../../src/loopback/component';
import {MtlsBindings} from '../../src/loopback/keys';

/** An application that needs a second to answer, for a process of its own. Its configuration comes from `MTLS_CONFIG`. */
async function main(): Promise<void> {
  const app = new RestApplication({rest: {port: 0, host: '127.0.0.1'}});
  app.configure(MtlsBindings.COMPONENT).to({
    access: {'GET /slow': {allowedRoles: ['clinician']}},
    audit: {sink: 'none'},
  });
  app.component(MtlsComponent);
  app.restServer.route('get', '/slow', {responses: {}}, async () => {
    process.send?.('asked');
    await new Promise(resolve => setTimeout(resolve, 1_000));
    return 'finished';
  });
  await app.start();
  process.send?.(Number(new URL(app.restServer.url ?? '').port));
}

void main();
