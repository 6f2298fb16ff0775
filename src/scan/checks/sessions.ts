import {accessOf, describeAccess} from '../access';
import type {ScanContext} from '../context';
import type {HttpOutcome, HttpProbe} from '../probe/http-exchange';
import {readSession} from '../probe/session-facts';
import type {Check, Outcome} from './check';
import {Owasp, fail, notTested, pass, warn} from './check';
import {otherNames} from './names';

const NO_RESUMPTION =
  'set SSL_OP_NO_TICKET in secureOptions and no session store; a full handshake costs about a millisecond';

/** Longest time a session may go on without a new look at the certificate, in seconds. */
const MAX_LIFETIME_SECONDS = 300;

/** Whether resumption keeps the decision about the client: neither wider nor narrower. */
export const SESSION_CHECKS: readonly Check[] = [
  {
    id: 'session-without-certificate',
    title: 'resumption does not make up for a missing certificate',
    severity: 'critical',
    risk: 'a client without certificate reconnects and counts as authorised (Node.js 20 and 22)',
    remedy: `${NO_RESUMPTION}; never decide by socket.authorized alone`,
    cwe: 287,
    owasp: Owasp.BROKEN_AUTHENTICATION,
    run: withoutCertificate,
  },
  {
    id: 'session-identity',
    title: 'resumption does not lose the identity',
    severity: 'medium',
    risk: 'clients fail at random, and code that tolerates a missing identity treats them as somebody else',
    remedy: NO_RESUMPTION,
    cwe: 613,
    owasp: Owasp.BROKEN_AUTHENTICATION,
    run: identityKept,
  },
  {
    id: 'session-names',
    title: 'a session of one name is not resumed under another',
    severity: 'high',
    risk: 'who may enter one virtual host enters all of them (CVE-2025-23419)',
    remedy: `${NO_RESUMPTION}; one trust policy per listener`,
    cwe: 863,
    owasp: Owasp.BROKEN_AUTHENTICATION,
    run: acrossNames,
  },
  {
    id: 'session-lifetime',
    title: 'sessions do not outlive the decision',
    severity: 'medium',
    risk: 'a revoked or expired certificate goes on working for as long as its session, without its key',
    remedy: `${NO_RESUMPTION}, or set sessionTimeout to at most ${MAX_LIFETIME_SECONDS}`,
    cwe: 613,
    owasp: Owasp.BROKEN_AUTHENTICATION,
    run: lifetime,
  },
  {
    id: 'session-early-data',
    title: 'no 0-RTT data',
    severity: 'medium',
    risk: 'requests in early data can be replayed, and they come before the client has proved anything',
    remedy: 'turn early data off in the proxy or TLS library',
    cwe: 294,
    owasp: Owasp.BROKEN_AUTHENTICATION,
    run: earlyData,
  },
];

async function withoutCertificate(context: ScanContext): Promise<Outcome> {
  const first = await context.anonymous();
  if (accessOf(first) === 'served') return notTested('a client without certificate is served anyway');
  const again = await resume(context, first, {});
  if (again === undefined) return pass('a refused client gets no session');
  const evidence = [`first: ${describeAccess(first)}`, `with the session: ${describeAccess(again)}`];
  return accessOf(again) === 'served' ? fail(...evidence) : pass(...evidence);
}

async function identityKept(context: ScanContext): Promise<Outcome> {
  const first = await context.authenticated();
  if (first === undefined) return notTested('no client certificate was given (--cert and --key)');
  if (accessOf(first) !== 'served') return notTested('the given client certificate was refused');
  const {identity} = context.options;
  const again = await resume(context, first, identity === undefined ? {} : {identity});
  if (again === undefined) return pass('the server offers no session');
  const bare = await resume(context, first, {});
  const evidence = [
    `with the session and the certificate: ${describeResumption(again)}`,
    ...(bare === undefined ? [] : [`with the session alone: ${describeResumption(bare)}`]),
  ];
  if (accessOf(again) !== 'served') return fail(...evidence);
  if (bare?.kind === 'answered' && bare.resumption === 'full' && accessOf(bare) === 'served') return fail(...evidence);
  return pass(...evidence);
}

/** The session of a client that is served under the scanned name, offered under names that refuse a full handshake. */
async function acrossNames(context: ScanContext): Promise<Outcome> {
  const first = (await context.authenticated()) ?? (await context.anonymous());
  if (sessionOf(first) === undefined) return pass('the server offers no session');
  const {identity} = context.options;
  const probe = identity === undefined ? {} : {identity};
  const evidence: string[] = [];
  let widened = false;
  for (const servername of await otherNames(context)) {
    const again = await resume(context, first, {...probe, servername});
    if (again?.kind !== 'answered' || again.resumption === 'full') continue;
    const full = await context.http({...probe, servername});
    evidence.push(`${servername}: ${describeResumption(again)}; with a full handshake ${describeAccess(full)}`);
    widened ||= accessOf(again) === 'served' && accessOf(full) !== 'served';
  }
  if (widened) return fail(...evidence);
  return evidence.length > 0 ? warn(...evidence) : pass('no session was resumed under another name');
}

async function lifetime(context: ScanContext): Promise<Outcome> {
  const first = (await context.authenticated()) ?? (await context.anonymous());
  const session = sessionOf(first);
  if (session === undefined) return pass('the server offers no session');
  const again = await resume(
    context,
    first,
    context.options.identity === undefined ? {} : {identity: context.options.identity},
  );
  if (again?.kind !== 'answered' || again.resumption === 'full') return pass('sessions are handed out but not resumed');
  const seconds = readSession(session)?.lifetimeSeconds;
  if (seconds === undefined) return notTested('the lifetime of the session could not be read');
  const evidence = `sessions are resumed for ${seconds} seconds`;
  return seconds > MAX_LIFETIME_SECONDS || seconds === 0 ? fail(evidence) : pass(evidence);
}

async function earlyData(context: ScanContext): Promise<Outcome> {
  if (!(await context.tls.speaks('TLS 1.3'))) return pass('only TLS 1.3 has 0-RTT');
  const first = (await context.authenticated()) ?? (await context.anonymous());
  const session = sessionOf(first);
  if (session === undefined) return pass('the server offers no session');
  const facts = readSession(session);
  if (facts === undefined) return notTested('the session could not be read');
  return facts.maxEarlyDataBytes > 0
    ? fail(`the session allows ${facts.maxEarlyDataBytes} octets of early data`)
    : pass('the session allows none');
}

/** Offers the last session of an earlier answer; undefined when there was none. */
async function resume(context: ScanContext, earlier: HttpOutcome, probe: HttpProbe): Promise<HttpOutcome | undefined> {
  const session = sessionOf(earlier);
  return session === undefined ? undefined : context.http({...probe, session});
}

function sessionOf(outcome: HttpOutcome): Buffer | undefined {
  return outcome.sessions.at(-1);
}

function describeResumption(outcome: HttpOutcome): string {
  const how = outcome.kind === 'answered' ? `${outcome.resumption === 'full' ? 'full handshake' : 'resumed'}, ` : '';
  return how + describeAccess(outcome);
}
