import {accessOf, describeAccess} from '../access';
import type {ScanContext} from '../context';
import {mint} from '../probe/wrong-certificates';
import type {Defect} from '../probe/wrong-certificates';
import type {Check, Outcome, Severity} from './check';
import {Owasp, fail, notTested, pass, warn} from './check';

const REQUIRE = 'set rejectUnauthorized to true and name your own client CA in `ca`';
const OWN_CHECK = 'check it in the verifier: Node.js and OpenSSL do not by default; this library does';

/** One check per defect: severity, what it opens, what closes it, CWE. */
const DEFECTS: readonly (readonly [Defect, string, Severity, string, string, number])[] = [
  ['self-signed', 'a self-signed certificate', 'critical', 'anyone makes one in a second', REQUIRE, 295],
  ['unknown-ca', 'a certificate of an unknown CA', 'critical', 'anyone founds a CA in a second', REQUIRE, 295],
  [
    'wrong-chain',
    'a certificate of a CA that only has the right name',
    'critical',
    'names of CAs are public, so whoever compares names instead of signatures lets anyone in',
    `${REQUIRE}; never decide by issuer name`,
    347,
  ],
  ['expired', 'an expired certificate', 'high', 'credentials that should be dead still work', REQUIRE, 298],
  ['not-yet-valid', 'a certificate that is not valid yet', 'medium', 'dates are not checked', REQUIRE, 298],
  [
    'server-purpose',
    'a certificate for servers only',
    'high',
    'every server of the CA can act as client',
    'require the extended key usage clientAuth',
    295,
  ],
  [
    'weak-key',
    'a certificate with a 1024-bit RSA key',
    'high',
    'the key can be computed and the client impersonated',
    `end \`ciphers\` in @SECLEVEL=2; on Node.js 20 and 22 the default lets it pass`,
    326,
  ],
  [
    'weak-signature',
    'a certificate signed with SHA-1',
    'high',
    'a collision forges certificates',
    'end `ciphers` in @SECLEVEL=2',
    328,
  ],
  ['ca-as-leaf', 'a CA certificate as client', 'medium', 'the key of a CA is used online', OWN_CHECK, 295],
  [
    'nul-in-name',
    'a certificate with NUL in its names',
    'medium',
    'readers that stop at NUL see another name than the CA vouched for',
    'parse names from DER and refuse control characters',
    158,
  ],
  [
    'oversized-chain',
    'a chain of 24 intermediates',
    'low',
    'each connection costs the server dozens of signature checks',
    'limit the length of the path (`clients.maxIntermediates` here)',
    400,
  ],
];

/** What the server does with certificates it must not accept. */
export const WRONG_CERTIFICATE_CHECKS: readonly Check[] = DEFECTS.map(
  ([defect, what, severity, risk, remedy, cwe]) => ({
    id: `client-${defect}`,
    title: `${what} is refused`,
    severity,
    risk,
    remedy,
    cwe,
    owasp: cwe === 400 ? Owasp.RESOURCE_CONSUMPTION : Owasp.BROKEN_AUTHENTICATION,
    run: context => present(defect, context),
  }),
);

async function present(defect: Defect, context: ScanContext): Promise<Outcome> {
  const {options, tls, http} = context;
  const requests = (await tls.flights()).flatMap(flight => flight.certificateRequest ?? []);
  const [impersonate] = requests.flatMap(request => request.authorities);
  const identity = mint(defect, {
    now: options.now,
    ...(options.issuer === undefined ? {} : {issuer: options.issuer}),
    ...(impersonate === undefined ? {} : {impersonate}),
  });
  const outcome = await http({identity});
  const evidence = [describeAccess(outcome), ...(needsIssuer(defect) ? provenance(context) : [])];
  switch (accessOf(outcome)) {
    case 'refused by TLS':
      return pass(...evidence);
    case 'refused by the application':
      return warn(...evidence, 'the handshake succeeded; only application code stands in the way');
    case 'served':
      return requests.length === 0
        ? notTested('the server asked for no certificate, so none was sent')
        : fail(...evidence);
    case 'no answer':
      return notTested(describeAccess(outcome));
  }
}

/** Defects that only show alone when the certificate comes from a CA the server trusts. */
function needsIssuer(defect: Defect): boolean {
  return defect !== 'self-signed' && defect !== 'unknown-ca' && defect !== 'wrong-chain';
}

function provenance({options}: ScanContext): readonly string[] {
  return options.issuer === undefined
    ? ['it was also from an unknown CA; give a trusted one (--issuer) to test this alone']
    : ['it was issued by the given CA'];
}
