/**
 * `npm run bench:crl`: what a large CRL costs here, in @peculiar/x509 and in OpenSSL as Node drives it, in one run. Each
 * contestant is a process of its own. The table holds the costs and their ratio to this library.
 */
import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {makeAuthority, makeCrl} from './certificates';
import {measureHandshakes} from './handshakes';
import type {LoadCost} from './load';
import {encodePem} from '../../../src/x509/pem';

const {values} = parseArgs({
  options: {entries: {type: 'string', default: '1000000'}, rounds: {type: 'string', default: '20'}},
});
const entries = Number(values.entries);
const COLUMNS = [
  ['CPU ms', 'cpuMs'],
  ['memory MB', 'memoryMb'],
  ['longest block ms', 'longestBlockMs'],
  ['hit us', 'hitUs'],
  ['miss us', 'missUs'],
] as const satisfies readonly (readonly [string, keyof LoadCost])[];

/** About the largest CRL that @peculiar/x509 2 reads: its ASN.1 parser stops at a number of nodes. */
const SMALL = 1_000;
const folder = mkdtempSync(join(tmpdir(), 'mtls-bench-crl-'));

async function main(): Promise<void> {
  try {
    prepare();
    loads('small.crl', SMALL, ['ours', '@peculiar/x509', 'OpenSSL in Node']);
    loads('large.crl', entries, ['ours', 'OpenSSL in Node']);
    console.log('\nThe same in PEM');
    loads('large.pem', entries, ['ours']);
    await handshakes();
  } finally {
    rmSync(folder, {recursive: true});
  }
}

function prepare(): void {
  const authority = makeAuthority();
  const now = new Date();
  const server = authority.issueServer({subject: {commonName: 'Server'}, subjectAltNames: ['dns:localhost']});
  const client = authority.issueClient({
    subject: {commonName: 'Client'},
    subjectAltNames: ['uri:spiffe://bench/client'],
  });
  const large = makeCrl(authority, entries, now);
  const files: Readonly<Record<string, string | Buffer>> = {
    'ca.der': authority.certificate,
    'ca.crt': authority.pem,
    'small.crl': makeCrl(authority, SMALL, now),
    'none.crl': makeCrl(authority, 0, now),
    'large.crl': large,
    'large.pem': encodePem(large, 'X509 CRL'),
    'server.key': server.exportKeyPem(),
    'server.crt': server.chainPem,
    'client.key': client.exportKeyPem(),
    'client.crt': client.chainPem,
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content, {mode: 0o600});
}

/** @param names those that can read a CRL of this size */
function loads(file: string, count: number, names: readonly string[]): void {
  console.log(`\nLoading a CRL of ${count} entries, Node.js ${process.version}`);
  const costs = names.map(name => {
    const flags = ['--expose-gc', '--max-old-space-size=8192'];
    // What the other process prints is what `load.ts` returns.
    return run('load.js', flags, [name, folder, file, String(count)]) as LoadCost;
  });
  for (const [index, name] of names.entries()) {
    const row = COLUMNS.map(([title, of]) => `${title} ${withRatio(costs[index]?.[of], costs[0]?.[of])}`);
    console.log(`${name.padEnd(18)} ${row.join(', ')}`);
  }
}

function withRatio(value: number | undefined, reference: number | undefined): string {
  if (value === undefined || reference === undefined) return '-';
  // Less than a page is no memory at all.
  if (reference <= 0) return round(value);
  return `${round(value)} (x${round(value / reference)})`;
}

async function handshakes(): Promise<void> {
  console.log(`\nCPU of the server for a full handshake, without and with ${entries} entries`);
  const rounds = Number(values.rounds);
  for (const [name, plan] of [
    ['ours', {pairs: 8, rounds, perRound: 40, warmUp: 400}],
    // A fifth of a second each: fewer have to do.
    ['OpenSSL in Node', {pairs: 2, rounds: 5, perRound: 4, warmUp: 10}],
  ] as const) {
    const {withoutMs, withMs, ratio, ratioFrom, ratioTo} = await measureHandshakes(name, folder, plan);
    const interval = `95 % interval ${ratioFrom.toFixed(3)} to ${ratioTo.toFixed(3)}`;
    console.log(
      `${name.padEnd(18)} ${round(withoutMs)} ms and ${round(withMs)} ms (x${ratio.toFixed(3)}, ${interval})`,
    );
  }
}

function run(script: string, flags: readonly string[], args: readonly string[]): unknown {
  const {status, stdout, stderr} = spawnSync(process.execPath, [...flags, join(__dirname, script), ...args], {
    encoding: 'utf8',
    timeout: 600_000,
  });
  if (status !== 0) throw new Error(stderr.slice(0, 500));
  return JSON.parse(stdout);
}

function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

void main();
