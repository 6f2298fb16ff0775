import type {CertificateRecord} from '../../pki/records';
import {EXIT, parseOptions} from '../command';
import type {Command} from '../command';
import {columns} from '../table';
import {FOLDER_HELP, FOLDER_OPTIONS, openCa} from './options';

export const list: Command = {
  name: 'list',
  summary: 'List what was issued and what became of it',
  help: `
Usage: mtls pki list [options]

Status: valid, expired, revoked, or renewed for a certificate that has a successor and is still valid.

${FOLDER_HELP}

Examples:
  mtls pki list
  mtls pki list --json | jq '.[] | select(.status == "revoked")'

Exit codes: 0 listed, 1 the folder cannot be read, 2 usage.`,
  options: FOLDER_OPTIONS,
  run: (args, io) => {
    const {values} = parseOptions('pki list', args, {options: FOLDER_OPTIONS});
    const now = io.now();
    const {certificates} = openCa(values, io);
    const rows = certificates.map(record => ({...record, status: statusOf(record, certificates, now)}));
    io.stdout.write(values.json ? `${JSON.stringify(rows, undefined, 2)}\n` : table(rows));
    return EXIT.ok;
  },
};

type Status = 'valid' | 'expired' | 'revoked' | 'renewed';

function statusOf(record: CertificateRecord, all: readonly CertificateRecord[], now: Date): Status {
  if (record.revoked) return 'revoked';
  if (record.notAfter <= now) return 'expired';
  return all.findLast(other => other.name === record.name) === record ? 'valid' : 'renewed';
}

function table(rows: readonly (CertificateRecord & {readonly status: Status})[]): string {
  return columns([
    ['NAME', 'PURPOSE', 'ISSUER', 'STATUS', 'NOT AFTER', 'SERIAL NUMBER'],
    ...rows.map(row => [row.name, row.purpose, row.issuer, row.status, minuteOf(row.notAfter), row.serialNumber]),
  ]);
}

function minuteOf(date: Date): string {
  return `${date.toISOString().slice(0, 16)}Z`;
}
