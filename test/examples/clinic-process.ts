import {HealthcareApplication} from '../../examples/healthcare/application';

/** The healthcare example in a process of its own, for signals. Tells its port, or why it did not start. */
async function main([certs = '', dataFile = '']: readonly string[]): Promise<void> {
  const app = new HealthcareApplication({certs, dataFile, rest: {port: 0, host: '127.0.0.1'}});
  await app.boot();
  await app.start();
  process.send?.(Number(new URL(app.restServer.url ?? '').port));
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.send?.(String(error));
  // Nothing ends the process: it does so by itself when nothing of a server that did not start is left.
  process.exitCode = 1;
});
