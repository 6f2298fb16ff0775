/**
 * One contestant loads one CRL in a process of its own and tells what it cost, as JSON: `load.js NAME FOLDER FILE ENTRIES`.
 */
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join, resolve} from 'node:path';
import {performance} from 'node:perf_hooks';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {createSecureContext} from 'node:tls';
import {verifyCrl} from '../../../src/trust/crl-signature';
import {parseCertificate} from '../../../src/x509/certificate';
import {parseCrl} from '../../../src/x509/crl';
import {derBlocks, encodePem} from '../../../src/x509/pem';
import {runStepsSlowly} from '../../../src/x509/steps';
import {median} from '../statistics';
import {serialNumbers} from './certificates';

/** What loading and asking cost. */
export interface LoadCost {
  readonly cpuMs: number;
  readonly memoryMb: number;
  /** CPU used between two turns of the event loop at most. */
  readonly longestBlockMs: number;
  /** Of a serial number that is on the CRL, and of one that is not; absent where there is nothing to call. */
  readonly hitUs?: number;
  readonly missUs?: number;
}

/** As much of @peculiar/x509 as is used here; it is no dependency of this library. */
interface Peculiar {
  readonly X509Certificate: new (der: Buffer) => object;
  readonly X509Crl: new (der: Buffer) => {
    verify(options: {readonly publicKey: object}): Promise<boolean>;
    findRevoked(serialNumber: string): object | null;
  };
}

function loadPeculiar(): Peculiar {
  const load = createRequire(resolve(__dirname, '../../../../test/bench/package.json'));
  // It wants the polyfill that LoopBack brings along.
  load('reflect-metadata');
  return load('@peculiar/x509') as Peculiar;
}

type Find = (serial: string) => unknown;
type Contestant = (der: Buffer, ca: Buffer, turn: () => Promise<unknown>) => Promise<Find | undefined>;

const CONTESTANTS: Readonly<Record<string, Contestant>> = {
  // A file is read by its content: the same for DER and PEM.
  ours: async (bytes, ca, turn) => {
    const [der = bytes] = await runStepsSlowly(derBlocks(bytes, 'X509 CRL'), turn);
    const facts = parseCrl(der);
    const crl = await verifyCrl(facts, [parseCertificate(ca)], 'benchmark', turn);
    if ('code' in crl) throw new Error(crl.found);
    return serial => crl.index.find(serial, facts.issuer);
  },
  // Its key objects are those of WebCrypto, so the signature is checked there; nothing else of it is asynchronous.
  '@peculiar/x509': async (der, ca) => {
    const {X509Certificate, X509Crl} = loadPeculiar();
    const crl = new X509Crl(der);
    if (!(await crl.verify({publicKey: new X509Certificate(ca)}))) throw new Error('signature');
    // The list is parsed when it is first asked for.
    if (crl.findRevoked('00') !== null) throw new Error('found what is not there');
    return serial => crl.findRevoked(serial);
  },
  'OpenSSL in Node': (der, ca) => {
    createSecureContext({ca: encodePem(ca, 'CERTIFICATE'), crl: encodePem(der, 'X509 CRL')});
    return Promise.resolve(undefined);
  },
};

async function main(name: string, folder: string, file: string, entries: number): Promise<LoadCost> {
  const contestant = CONTESTANTS[name];
  if (contestant === undefined) throw new Error(`unknown contestant ${name}`);
  const ca = readFileSync(join(folder, 'ca.der'));
  // Code is compiled and libraries are loaded before anything is measured.
  await contestant(readFileSync(join(folder, 'small.crl')), ca, nextTurn);
  const der = readFileSync(join(folder, file));
  global.gc?.();
  const before = process.memoryUsage();
  let longestBlockMs = 0;
  let turnedAt = process.cpuUsage();
  const endBlock = (): void => {
    longestBlockMs = Math.max(longestBlockMs, cpuMsSince(turnedAt));
  };
  const start = process.cpuUsage();
  const find = await contestant(der, ca, async () => {
    endBlock();
    await nextTurn();
    turnedAt = process.cpuUsage();
  });
  endBlock();
  const cpuMs = cpuMsSince(start);
  global.gc?.();
  const memoryMb = (process.memoryUsage().rss - before.rss) / 1e6;
  return {cpuMs, memoryMb, longestBlockMs, ...(find && lookUps(find, entries))};
}

function cpuMsSince(start: NodeJS.CpuUsage): number {
  const {user, system} = process.cpuUsage(start);
  return (user + system) / 1000;
}

function lookUps(find: Find, entries: number): Pick<LoadCost, 'hitUs' | 'missUs'> {
  // A linear search over a million entries is not asked as often as a table.
  const start = performance.now();
  find('00ff');
  const budget = performance.now() - start > 1 ? 20 : 200_000;
  const hits = scattered(entries, Math.min(budget, entries));
  const misses = hits.map(serial => `${serial.slice(0, -2)}${serial.endsWith('00') ? '01' : '00'}`);
  return {hitUs: timeOf(find, hits), missUs: timeOf(find, misses)};
}

/**
 * Serial numbers from all over the list in no order: neighbours would lie in the same cache lines. The texts are made
 * one after the other, so that what is measured is not the way to them.
 */
function scattered(entries: number, count: number): readonly string[] {
  const all = Buffer.concat([...serialNumbers(entries)]);
  const size = all.length / entries;
  return Array.from({length: count}, (_, index) => {
    const start = ((index * 7_368_787) % entries) * size;
    return all.toString('hex', start, start + size);
  });
}

/** Of five rounds the middle one, in microseconds: the first still compiles. */
function timeOf(find: Find, serials: readonly string[]): number {
  const rounds = Array.from({length: 5}, () => {
    const start = performance.now();
    for (const serial of serials) find(serial);
    return ((performance.now() - start) * 1000) / serials.length;
  });
  return median(rounds);
}

const [name = '', folder = '', file = '', entries = '0'] = process.argv.slice(2);
void main(name, folder, file, Number(entries)).then(cost => {
  process.stdout.write(JSON.stringify(cost));
});
