import type {RequestListener} from 'node:http';
import {createMtlsServer} from '../../src/server/mtls-server';
import type {MtlsOptions} from '../../src/server/options';

/** A worker of {@link ./cluster}: serves with the options of its environment, answers with its process id. */
async function main(): Promise<void> {
  const options = JSON.parse(process.env['WORKER_OPTIONS'] ?? '{}') as Partial<MtlsOptions>;
  const listener: RequestListener = (_, response) => void response.end(String(process.pid));
  const server = await createMtlsServer(options, listener);
  process.on('message', entry => void server.revoke(entry as object).then(() => process.send?.('revoked')));
  // To node:cluster the first port 0 of every worker is the same one.
  await server.listen({port: 0, host: '127.0.0.1'});
}

void main();
