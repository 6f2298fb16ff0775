import {accessOf, describeAccess} from '../access';
import {nameText} from '../certificate-names';
import type {ScanContext} from '../context';
import type {Check, Outcome} from './check';
import {Owasp, fail, notTested, pass, warn} from './check';

/** More CA names than an operator chooses by hand: the server trusts a public root store. */
const MANY_AUTHORITIES = 30;

/** Whether the server asks for a client certificate, insists on it and lets a good one in. */
export const CLIENT_CERTIFICATE_CHECKS: readonly Check[] = [
  {
    id: 'client-certificate-requested',
    title: 'a client certificate is requested',
    severity: 'critical',
    risk: 'without a CertificateRequest no client can authenticate, so this is not mutual TLS',
    remedy: 'set requestCert to exactly true (the string "true" asks for nothing) and rejectUnauthorized to true',
    cwe: 306,
    owasp: Owasp.BROKEN_AUTHENTICATION,
    run: requested,
  },
  {
    id: 'client-certificate-required',
    title: 'a client without certificate is refused',
    severity: 'critical',
    risk: 'anyone can call the API',
    remedy: 'set rejectUnauthorized to true, or ssl_verify_client to on in nginx, so that the handshake fails',
    cwe: 306,
    owasp: Owasp.BROKEN_AUTHENTICATION,
    run: async ({anonymous}) => {
      const outcome = await anonymous();
      switch (accessOf(outcome)) {
        case 'refused by TLS':
          return pass(describeAccess(outcome));
        case 'refused by the application':
          return warn(describeAccess(outcome), 'the handshake succeeded; only application code stands in the way');
        case 'served':
          return fail(describeAccess(outcome));
        case 'no answer':
          return notTested(describeAccess(outcome));
      }
    },
  },
  {
    id: 'client-certificate-accepted',
    title: 'the given client certificate works',
    severity: 'high',
    risk: 'good clients are locked out, and what only they can see was not looked at',
    remedy: 'check that the certificate is issued by an accepted CA, for clientAuth, and mapped to an identity',
    cwe: 287,
    owasp: Owasp.BROKEN_AUTHENTICATION,
    run: async ({authenticated}) => {
      const outcome = await authenticated();
      if (outcome === undefined) return notTested('no client certificate was given (--cert and --key)');
      return accessOf(outcome) === 'served' ? pass(describeAccess(outcome)) : fail(describeAccess(outcome));
    },
  },
  {
    id: 'client-certificate-authorities',
    title: 'few CA names are told to strangers',
    severity: 'medium',
    risk: 'a public root store as client CA lets anyone buy a way in; names of internal CAs help an attacker',
    remedy: 'name your own client CA in `ca`; an absent or empty `ca` means the public web roots',
    cwe: 295,
    owasp: Owasp.MISCONFIGURATION,
    run: authorities,
  },
];

async function requested({tls}: ScanContext): Promise<Outcome> {
  const flights = await tls.flights();
  if (flights.length === 0) return notTested('no handshake could be read');
  const silent = flights.filter(flight => flight.certificateRequest === undefined);
  if (silent.length === flights.length) return fail('no handshake held a CertificateRequest');
  return silent.length > 0
    ? fail('only some protocol versions ask for one')
    : pass('every handshake held a CertificateRequest');
}

async function authorities({tls}: ScanContext): Promise<Outcome> {
  const requests = (await tls.flights()).flatMap(flight => flight.certificateRequest ?? []);
  if (requests.length === 0) return notTested('no CertificateRequest was seen');
  const names = [...new Set(requests.flatMap(request => request.authorities).map(nameText))];
  if (names.length > MANY_AUTHORITIES)
    return fail(`${names.length} CA names: a public root store`, ...names.slice(0, 5));
  return names.length === 0
    ? warn('no CA name is sent: the list may be hidden on purpose, or the public roots may be trusted')
    : pass(`${names.length} CA names are sent`, ...names);
}
