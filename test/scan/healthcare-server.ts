import {HealthcareApplication} from '../../examples/healthcare/application';
import {seed} from '../../examples/healthcare/seed';

/** The example as a process of its own: arguments are the folder with certificates and the data file. Prints its URL. */
async function run([certs = '', dataFile = '']: readonly string[]): Promise<void> {
  const app = new HealthcareApplication({certs, dataFile, rest: {port: 0, host: '127.0.0.1'}});
  await app.boot();
  await app.start();
  await seed(app);
  process.stdout.write(`${app.restServer.url ?? ''}\n`);
}

void run(process.argv.slice(2));
