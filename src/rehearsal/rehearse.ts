import {once, setMaxListeners} from 'node:events';
import type {IncomingMessage, RequestListener, ServerResponse} from 'node:http';
import type {Server} from 'node:https';
import {isIPv6} from 'node:net';
import {setImmediate as nextTurn, setTimeout as delay} from 'node:timers/promises';
import type {ConfigFault} from '../errors';
import type {Material} from '../server/material';
import {peerOf} from '../server/peer';
import {GOOD_NAME, makeArsenal} from './arsenal';
import {attacksOn} from './attacks';
import type {Attack, Field} from './attacks';
import {exchange} from './client';
import type {Address} from './client';
import {sessionAt, sessionOfNobody} from './elsewhere';
import {ANCHOR_NAME, buildTarget, withRehearsalCa} from './stage';
import type {BuildTarget} from './stage';

/** How long a rehearsal may take in a process that serves requests meanwhile, in milliseconds. */
const LIMIT_MS = 30_000;

/** Attempts at a time. Handshakes of both sides are work of this process, which has others to answer. */
const AT_A_TIME = 3;

/** What was tried, and how it ended. */
export interface Trial {
  /** `a client without a certificate`, for example. */
  readonly name: string;
  readonly expected: 'refused' | 'served';
  readonly found: 'refused' | 'served' | 'undecided';
}

/** Attacks a listener made of this material, and gives a fault for everything that went otherwise than it must. */
export async function rehearse(
  material: Material,
  build: BuildTarget = buildTarget,
  limitMs = LIMIT_MS,
): Promise<readonly ConfigFault[]> {
  const trials = await runTrials(material, build, limitMs);
  return trials.filter(({expected, found}) => expected !== found).map(trial => faultOf(trial, limitMs));
}

/**
 * Makes a listener of this material on the loopback interface, with a CA of the moment beside its own, and lets real
 * clients try to get in, each on connections of its own. One of them has everything in order.
 */
export async function runTrials(
  material: Material,
  build: BuildTarget = buildTarget,
  limitMs = LIMIT_MS,
): Promise<readonly Trial[]> {
  const arsenal = await makeArsenal(new Date());
  const visitors = new Map<string, string>();
  const target = build(await withRehearsalCa(material, arsenal), reception(visitors));
  const over = new AbortController();
  setMaxListeners(0, over.signal);
  try {
    target.https.listen(0, '127.0.0.1');
    await once(target.https, 'listening');
    const late = delay(limitMs, LATE, {signal: over.signal}).catch((): typeof LATE => LATE);
    let paths = 0;
    const address = addressOf(target.https.address(), material, over.signal);
    const field: Field = {
      address,
      arsenal,
      winSessionAsNobody: () => sessionOfNobody(target.https, material, address),
      winSessionElsewhere: async () => {
        const elsewhere = build(await withRehearsalCa(material, arsenal.stranger), reception(new Map()));
        return sessionAt(elsewhere, address, arsenal.bad.anotherCa);
      },
      newPath: () => `/rehearsal/${++paths}`,
      wasReached: path => visitors.has(path),
    };
    const resumption = material.sessions === undefined ? 'refuse' : 'allow';
    return await inTurns([
      ...attacksOn(resumption).map(attack => () => tryAttack(attack, field, late)),
      ...VERSIONS[resumption].map(version => () => tryGood(field, version, visitors, material, late)),
    ]);
  } finally {
    over.abort();
    target.https.close();
    target.https.closeAllConnections();
    target.stop();
  }
}

/** What a good client may speak. */
const VERSIONS = {refuse: ['TLSv1.2', 'TLSv1.3'], allow: ['TLSv1.3']} as const;

/** What hangs decides nothing. */
const LATE = 'late' as const;

/** Runs a few tasks at a time, and lets the event loop do something else before each of them. */
async function inTurns<T>(tasks: readonly (() => Promise<T>)[]): Promise<readonly T[]> {
  const results: T[] = [];
  const queue = tasks.entries();
  const worker = async (): Promise<void> => {
    for (const [index, task] of queue) {
      await nextTurn();
      results[index] = await task();
    }
  };
  await Promise.all(Array.from({length: AT_A_TIME}, worker));
  return results;
}

/** Notes who comes through. */
function reception(visitors: Map<string, string>): RequestListener {
  return (request: IncomingMessage, response: ServerResponse) => {
    const principal = peerOf(request.socket)?.principal;
    visitors.set(request.url ?? '', `${principal?.id ?? 'nobody'} of ${principal?.certificate.anchor ?? 'nowhere'}`);
    response.end();
  };
}

/** A name that the server certificate covers: it has one, or the material would not have been loaded. */
function addressOf(bound: ReturnType<Server['address']>, {credentials}: Material, signal: AbortSignal): Address {
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const names = credentials.chain[0].subjectAltNames;
  const dns = names.find(({kind}) => kind === 'dns');
  const ip = names.find(({kind}) => kind === 'ip');
  if (dns?.kind === 'dns') {
    const serverName = dns.value.replace(/^\*\./, 'rehearsal.');
    return {port, host: serverName, serverName, signal};
  }
  const address = ip?.kind === 'ip' ? ip.value : 'localhost';
  return {port, host: isIPv6(address) ? `[${address}]` : address, serverName: undefined, signal};
}

async function tryAttack({name, attempt}: Attack, field: Field, late: Promise<typeof LATE>): Promise<Trial> {
  const outcome = await Promise.race([attempt(field), late]);
  const found = outcome === 'repelled' ? 'refused' : outcome === 'succeeded' ? 'served' : 'undecided';
  return {name, expected: 'refused', found};
}

/** The good client has to be served, as itself, by the very certificate that is about to be used. */
async function tryGood(
  {address, arsenal, newPath}: Field,
  version: (typeof VERSIONS)['refuse' | 'allow'][number],
  visitors: ReadonlyMap<string, string>,
  {credentials}: Material,
  late: Promise<typeof LATE>,
): Promise<Trial> {
  const path = newPath();
  const only = {minVersion: version, maxVersion: version};
  const outcome = await Promise.race([exchange(address, path, arsenal.good, only), late]);
  const isServed =
    typeof outcome === 'object' &&
    outcome.answer.startsWith('HTTP/1.1 200') &&
    visitors.get(path) === `${GOOD_NAME} of ${ANCHOR_NAME}` &&
    outcome.serverCertificate?.equals(credentials.chain[0].der) === true;
  const found = outcome === LATE ? 'undecided' : isServed ? 'served' : 'refused';
  return {name: `a client with everything in order, over ${version}`, expected: 'served', found};
}

function faultOf({name, expected, found}: Trial, limitMs: number): ConfigFault {
  const outcomes = {
    served: 'a request that reached the application',
    refused: 'a refusal',
    undecided: `no outcome within ${limitMs} ms`,
  } as const;
  return {
    code: 'ERR_MTLS_REHEARSAL',
    where: 'rehearsal',
    required: expected === 'refused' ? `no service for ${name}` : `service for ${name}`,
    found: outcomes[found],
    remedy:
      expected === 'refused' && found === 'served'
        ? 'do not run this combination of Node.js, OpenSSL and loopback4-mtls; report it as a vulnerability'
        : 'look at the load of this machine and at its loopback interface; mtls self-test repeats the attempt',
  };
}
