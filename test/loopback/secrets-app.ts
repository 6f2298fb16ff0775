/** Started by secrets.test.ts: an application that serves one request, then prints itself in every way there is. */
import {inspect} from 'node:util';
import {authorize} from '@loopback/authorization';
import {get} from '@loopback/rest';
import {MtlsBindings} from '../../src/loopback/keys';
import {Folder, issueServer} from '../server/harness';
import {Clinic, guest, nurse} from './support/clinic';

const PASSPHRASE = 'correct horse battery staple';

class PingController {
  @authorize({allowedRoles: ['nurse']})
  @get('/ping')
  ping(): string {
    return 'pong';
  }
}

async function main(): Promise<void> {
  const folder = new Folder();
  const credential = issueServer();
  const credentials = {
    key: folder.write('server.key', credential.exportKeyPem(PASSPHRASE)),
    cert: folder.write('server.crt', credential.chainPem),
    passphrase: folder.write('passphrase', PASSPHRASE),
  };
  const clinic = new Clinic({setup: app => void app.controller(PingController), options: {server: credentials}});
  await clinic.app.start();
  const answers = [await clinic.get(nurse, '/ping'), await clinic.get(guest, '/ping')];
  const {app, server} = clinic;
  const secure = await app.get(MtlsBindings.SERVER);
  const views: readonly unknown[] = [
    answers,
    app.inspect(),
    server.inspect(),
    app.options,
    server.config,
    await app.getConfig(MtlsBindings.COMPONENT),
    await app.get(MtlsBindings.ACCESS),
  ];
  for (const view of views) process.stdout.write(`${JSON.stringify(view)}\n`);
  for (const view of [app, server, server.httpServer, secure, secure.https, secure.snapshot]) {
    process.stdout.write(
      `${inspect(view, {depth: 14, showHidden: true, maxArrayLength: null, maxStringLength: null})}\n`,
    );
  }
  process.stdout.write(`status ${answers.map(({status}) => status).join(' ')}\n`);
  await clinic.stop();
  folder.remove();
}

main().catch((error: unknown) => {
  process.stderr.write(inspect(error));
  process.exitCode = 1;
});
