import type {CommandGroup} from '../command';
import {client} from './client';
import {crl} from './crl';
import {example} from './example';
import {init} from './init';
import {intermediate} from './intermediate';
import {list} from './list';
import {ocsp} from './ocsp';
import {p12} from './p12';
import {renew} from './renew';
import {revoke} from './revoke';
import {server} from './server';

/** The development CA: certificates for trying things out, never for production. */
export const pki: CommandGroup = {
  name: 'pki',
  summary: 'A small CA for development and tests, in a folder',
  commands: [init, intermediate, server, client, renew, revoke, crl, p12, ocsp, list, example],
  notes: `
Examples:
  mtls pki example
  mtls pki init clients-ca && mtls pki client alice --ou Clinicians --days 30 && mtls pki p12 alice

Keys are written with mode 0600 and are not encrypted: this CA is for development, not for production.`,
};
