import {createHash} from 'crypto';
import {parseCertificate} from 'loopback4-mtls/core';
import {dangerouslyAllowUnknownRevocation} from 'loopback4-mtls/danger';
import {StockApplication} from './application';

// The sub-paths resolve, with types, under LoopBack's default module resolution.
export const doors = [parseCertificate, dangerouslyAllowUnknownRevocation, createHash];

async function main(): Promise<void> {
  const app = new StockApplication({
    rest: {port: 0, host: '127.0.0.1', gracePeriodForClose: 500, openApiSpec: {setServersFromRequest: true}},
  });
  await app.boot();
  await app.start();
  console.log(`listening ${app.restServer.url}`);
  process.on('SIGINT', () => {
    app.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });
}

main().catch(error => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
