import {mkdirSync} from 'node:fs';
import {join, relative} from 'node:path';
import {formatAccessMatrix, MtlsBindings} from '../../src/index';
import {CERTS, createApplication, DATA} from './application';
import {seed} from './seed';

/** One request per role, with the answer the matrix promises. */
const TRIES: readonly {readonly who: string; readonly path: string; readonly expect: string}[] = [
  {who: 'clinician-alice', path: '/patients', expect: '200, her own patients'},
  {who: 'clinician-alice', path: '/patients/p-1001', expect: '200'},
  {who: 'clinician-alice', path: '/patients/p-1002', expect: '403, not in her care'},
  {who: 'clinician-bob', path: '/patients/p-1002/records', expect: '200'},
  {who: 'pharmacist-carol', path: '/prescriptions', expect: '200'},
  {who: 'auditor-dan', path: '/audit-trail?limit=5', expect: '200'},
  {who: 'admin-erin', path: '/openapi.json', expect: '200'},
  {who: 'device-monitor-1', path: '/patients/p-1001', expect: '403, a device only adds vital signs'},
  {who: 'stranger-mallory', path: '/patients', expect: 'no answer: no rule knows this certificate'},
];

async function main(): Promise<void> {
  mkdirSync(DATA, {recursive: true, mode: 0o700});
  const port = Number(process.env['PORT'] ?? 8443);
  const app = createApplication({port, host: '127.0.0.1', gracePeriodForClose: 2000});
  await app.boot();
  await app.start();
  await seed(app);
  const matrix = formatAccessMatrix(await app.get(MtlsBindings.ACCESS));
  print(`The healthcare API listens on ${app.restServer.url ?? ''}\n\n${matrix}\n\nTry it:\n\n${tries(port)}\n`);
}

function tries(port: number): string {
  const certs = relative(process.cwd(), CERTS);
  return TRIES.map(({who, path, expect}) => {
    const client = `--cert ${join(certs, `${who}.crt`)} --key ${join(certs, `${who}.key`)}`;
    const url = `https://localhost:${port}${path}`;
    return `  # ${expect}\n  curl -si --cacert ${join(certs, 'server-ca.crt')} ${client} '${url}'`;
  }).join('\n');
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
