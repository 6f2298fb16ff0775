import {X509Certificate} from 'node:crypto';
import {accessOf, describeAccess} from '../access';
import type {ScanContext} from '../context';
import type {Check, Outcome} from './check';
import {Owasp, fail, notTested, pass, refusalExpected} from './check';

/** A name no server has (RFC 2606 section 2). */
const INVENTED = 'mtls-scan.invalid';

/** Most names tried in place of the scanned one. */
const MAX_NAMES = 6;

/** SNI and Host: the name a client says decides neither whether nor by which rules it is judged. */
export const NAME_CHECKS: readonly Check[] = [
  {
    id: 'name-sni',
    title: 'no spelling of the server name opens a way around',
    severity: 'critical',
    risk: 'an unknown, upper-case or dotted name falls to a default context with weaker rules (CVE-2026-48928)',
    remedy:
      'one trust policy per listener; otherwise lower the name, refuse a trailing dot and harden the default context',
    cwe: 178,
    owasp: Owasp.BROKEN_AUTHENTICATION,
    run: spellings,
  },
  {
    id: 'name-host',
    title: 'Host must agree with the server name',
    severity: 'medium',
    risk: 'a request authenticated for one virtual host is served by another',
    remedy: 'answer 421 when Host and SNI differ (this library does)',
    cwe: 290,
    owasp: Owasp.MISCONFIGURATION,
    run: foreignHost,
  },
];

/** Names to say instead of the scanned one: other spellings, none, an invented one, those of the certificate. */
export async function otherNames({target, options, tls}: ScanContext): Promise<readonly string[]> {
  const {servername} = target;
  const spelled = servername === undefined ? [] : [servername.toUpperCase(), `${servername}.`, 'none'];
  const certified = (await tls.flights()).flatMap(flight => flight.certificates.slice(0, 1)).flatMap(dnsNames);
  const names = new Set([...options.otherNames, ...spelled, INVENTED, ...certified]);
  return [...names].filter(name => name !== servername).slice(0, MAX_NAMES + options.otherNames.length);
}

function dnsNames(certificate: Buffer): readonly string[] {
  try {
    const names = new X509Certificate(certificate).subjectAltName ?? '';
    return [...names.matchAll(/DNS:([a-z0-9.-]+)/g)].map(match => match[1] ?? '');
  } catch {
    return [];
  }
}

/** Every client that is refused under the right name: the one without certificate, and the given one where it is. */
async function spellings(context: ScanContext): Promise<Outcome> {
  const {identity} = context.options;
  const given = await context.authenticated();
  const refused = [
    ...(accessOf(await context.anonymous()) === 'served' ? [] : [{}]),
    ...(identity === undefined || given === undefined || accessOf(given) === 'served' ? [] : [{identity}]),
  ];
  if (refused.length === 0) return notTested('no client is refused under the right name');
  const evidence: string[] = [];
  const open: string[] = [];
  for (const client of refused) {
    const who = 'identity' in client ? 'with the given certificate' : 'without certificate';
    for (const servername of await otherNames(context)) {
      const outcome = await context.http({...client, servername});
      (accessOf(outcome) === 'served' ? open : evidence).push(`${servername}, ${who}: ${describeAccess(outcome)}`);
    }
  }
  return open.length > 0 ? fail(...open) : pass(...evidence);
}

async function foreignHost(context: ScanContext): Promise<Outcome> {
  const straight = (await context.authenticated()) ?? (await context.anonymous());
  if (accessOf(straight) !== 'served')
    return notTested('no request was served; give a client certificate (--cert and --key)');
  const {identity} = context.options;
  const outcome = await context.http({headers: {Host: INVENTED}, ...(identity === undefined ? {} : {identity})});
  return refusalExpected(outcome, `Host ${INVENTED}`);
}
