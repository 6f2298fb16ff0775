import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {ServerOptions} from 'node:https';
import {required} from './answer';

/** The TLS options of every contestant that asks for client certificates. */
export function mutualTls(): ServerOptions {
  return {...serverTls(), ca: read('clients-ca.crt'), requestCert: true, rejectUnauthorized: true};
}

/** The TLS options of a contestant that asks nobody. */
export function serverTls(): ServerOptions {
  return {key: read('server.key'), cert: read('server.crt'), minVersion: 'TLSv1.3'};
}

function read(name: string): string {
  return readFileSync(join(required('BENCH_CERTS'), name), 'utf8');
}
