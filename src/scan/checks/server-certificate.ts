import {isIP} from 'node:net';
import type {CertificateFacts} from '../../x509/certificate';
import {parseOcspResponse} from '../../x509/ocsp';
import type {SingleResponse} from '../../x509/ocsp';
import type {ScanContext} from '../context';
import type {ServerChain} from '../server-chain';
import {followChain, readServerChain} from '../server-chain';
import type {Check, CheckDescription, Outcome} from './check';
import {Owasp, fail, notTested, pass, warn} from './check';

const DAY_MS = 86_400_000;

/** CA/Browser Forum ballot SC-081v3: 200 days since March 2026. A private CA can do better. */
const MAX_LIFETIME_DAYS = 398;
const RENEW_BEFORE_DAYS = 14;

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const OCSP_METHOD = '1.3.6.1.5.5.7.48.1';
const MUST_STAPLE = 5;

const REISSUE = 'issue a new server certificate';

/** What the server proves about itself. */
export const SERVER_CERTIFICATE_CHECKS: readonly Check[] = [
  about('chain', 'high', 295, {
    title: 'the chain leads to a trusted CA',
    risk: 'clients either refuse the server or learn to ignore warnings, and then anyone can be the server',
    remedy: 'send the intermediates behind the server certificate in `cert`; name the CA with --ca when it is private',
    judge: judgeChain,
  }),
  about('name', 'high', 297, {
    title: 'the certificate is for this host',
    risk: 'clients that check names refuse it; clients that do not can be intercepted',
    remedy: `${REISSUE} with the host name as DNS (or address as IP) subject alternative name`,
    judge: ({leafCertificate}, {target}) => {
      const {host} = target;
      const options = {subject: 'never', wildcards: true} as const;
      const matched = isIP(host) === 0 ? leafCertificate.checkHost(host, options) : leafCertificate.checkIP(host);
      const names = leafCertificate.subjectAltName ?? 'none';
      return matched === undefined
        ? fail(`${host} is not among the names: ${names}`)
        : pass(`${host} is covered by ${names}`);
    },
  }),
  about('alternative-names', 'medium', 297, {
    title: 'the names are in the subject alternative name',
    risk: 'clients since RFC 9525 ignore the common name',
    remedy: `${REISSUE} with subject alternative names`,
    judge: ({leaf}) =>
      leaf.subjectAltNames.length > 0 ? pass(`${leaf.subjectAltNames.length} names`) : fail('the extension is missing'),
  }),
  about('validity', 'critical', 298, {
    title: 'the certificate is valid now',
    risk: 'clients refuse it, or have learnt to ignore dates',
    remedy: `${REISSUE} and renew it by machine, two thirds into its life`,
    judge: ({leaf}, {options}) => {
      const left = (leaf.notAfter.getTime() - options.now.getTime()) / DAY_MS;
      const evidence = `valid from ${leaf.notBefore.toISOString()} to ${leaf.notAfter.toISOString()}`;
      if (left < 0 || leaf.notBefore > options.now) return fail(evidence);
      const lifetime = (leaf.notAfter.getTime() - leaf.notBefore.getTime()) / DAY_MS;
      return left < Math.min(RENEW_BEFORE_DAYS, lifetime / 3)
        ? warn(`${evidence}: ${left.toFixed(1)} days left`)
        : pass(evidence);
    },
  }),
  about('lifetime', 'low', 298, {
    title: `the certificate lives at most ${MAX_LIFETIME_DAYS} days`,
    risk: 'a stolen key stays useful for years',
    remedy: `${REISSUE} with a short life and renew it by machine`,
    judge: ({leaf}) => {
      const days = (leaf.notAfter.getTime() - leaf.notBefore.getTime()) / DAY_MS;
      const evidence = `${days.toFixed(0)} days`;
      return days > MAX_LIFETIME_DAYS ? warn(evidence) : pass(evidence);
    },
  }),
  about('key', 'high', 326, {
    title: 'the server key is strong',
    risk: 'the key can be computed and the server impersonated',
    remedy: `${REISSUE} with a P-256 or Ed25519 key, or RSA of at least 2048 bits`,
    judge: judgeKey,
  }),
  about('signature', 'high', 328, {
    title: 'no certificate of the chain is signed with MD5 or SHA-1',
    risk: 'a collision forges certificates',
    remedy: `${REISSUE} signed with SHA-256 or better`,
    judge: judgeSignatures,
  }),
  about('purpose', 'medium', 295, {
    title: 'the certificate is for TLS servers, and no CA',
    risk: 'strict clients refuse it; a CA key on a web server can issue anything when stolen',
    remedy: `${REISSUE} with the extended key usage serverAuth and without the CA flag`,
    judge: ({leaf: {extensions}}) => {
      if (extensions.basicConstraints?.ca === true) return fail('it is a CA certificate');
      const purposes = extensions.extendedKeyUsage;
      if (purposes === undefined) return warn('it names no extended key usage');
      return purposes.includes(SERVER_AUTH) ? pass('serverAuth') : fail(`extended key usage ${purposes.join(', ')}`);
    },
  }),
  about('stapling', 'low', 299, {
    title: 'a good OCSP answer is stapled',
    risk: 'clients cannot tell quickly whether the server certificate is revoked',
    remedy: 'turn stapling on and renew the answer in time, or use certificates that live for days',
    judge: judgeStaple,
  }),
  about('must-staple', 'high', 299, {
    title: 'must-staple is honoured',
    risk: 'clients that understand RFC 7633 refuse the server',
    remedy: 'turn stapling on, or issue the certificate without the TLS feature',
    judge: ({leaf}, _context, staple) => {
      if (leaf.extensions.tlsFeatures?.includes(MUST_STAPLE) !== true)
        return pass('the certificate does not ask for it');
      return staple === undefined ? fail('the certificate asks for a staple and none came') : pass('a staple came');
    },
  }),
];

type Judge = (chain: ServerChain, context: ScanContext, staple: Buffer | undefined) => Outcome;

function about(
  subject: string,
  severity: CheckDescription['severity'],
  cwe: number,
  {judge, ...text}: Pick<CheckDescription, 'title' | 'risk' | 'remedy'> & {readonly judge: Judge},
): Check {
  return {
    id: `server-${subject}`,
    severity,
    cwe,
    owasp: Owasp.MISCONFIGURATION,
    ...text,
    run: async context => {
      const [flight] = await context.tls.flights();
      if (flight === undefined) return notTested('no server certificate was seen');
      const chain = readServerChain(flight.certificates);
      return chain === undefined
        ? fail('the server certificate does not follow RFC 5280')
        : judge(chain, context, flight.staple);
    },
  };
}

function judgeChain(chain: ServerChain, {options}: ScanContext): Outcome {
  const end = followChain(chain, options.serverAuthorities);
  const sent = `${chain.certificates.length} certificates were sent`;
  switch (end.kind) {
    case 'trusted':
      return end.unused > 0
        ? warn(`${sent}, ${end.unused} of them for nothing`)
        : pass(`${sent}; issued under ${end.anchor}`);
    case 'self-signed':
      return fail('the chain ends in a self-signed certificate that is not trusted');
    case 'broken':
      return fail(`${sent}; none is issued by a trusted CA, the last names ${end.at}`);
  }
}

function judgeStaple({leaf}: ServerChain, {options: {now}}: ScanContext, staple: Buffer | undefined): Outcome {
  if (staple === undefined) {
    const responders = leaf.extensions.authorityInfoAccess?.filter(each => each.method === OCSP_METHOD) ?? [];
    return responders.length > 0
      ? warn('none, although the certificate names a responder')
      : pass('none, and the certificate names no responder');
  }
  const answer = answerAbout(leaf, staple);
  if (answer === undefined) return fail('the stapled answer says nothing about this certificate');
  if (answer.status.kind !== 'good') return fail(`the stapled answer says ${answer.status.kind}`);
  const {thisUpdate, nextUpdate} = answer;
  const evidence = `good from ${thisUpdate.toISOString()} to ${nextUpdate?.toISOString() ?? 'an unknown time'}`;
  return thisUpdate > now || (nextUpdate !== undefined && nextUpdate < now) ? fail(evidence) : pass(evidence);
}

/** What a stapled answer says about the certificate. Its signature is for clients to verify. */
function answerAbout({serialNumber}: CertificateFacts, staple: Buffer): SingleResponse | undefined {
  try {
    const response = parseOcspResponse(staple);
    if (response.status !== 'successful') return undefined;
    return response.basic.responses.find(({certId}) => certId.serialNumber === serialNumber);
  } catch {
    return undefined;
  }
}

function judgeKey({leaf: {publicKey}}: ServerChain): Outcome {
  const evidence = `${publicKey.kind} ${publicKey.bits} bits`;
  switch (publicKey.kind) {
    case 'rsa':
    case 'rsa-pss':
      return publicKey.bits < 2048 ? fail(evidence) : pass(evidence);
    case 'ec':
      return publicKey.bits < 256 ? fail(evidence) : pass(evidence);
    case 'ed25519':
    case 'ed448':
      return pass(publicKey.kind);
    case 'unknown':
      return notTested(`key algorithm ${publicKey.algorithm} is not known here`);
  }
}

/** OIDs of signature algorithms over MD5 and SHA-1 (RFC 3279 section 2.2). */
const BROKEN_SIGNATURES: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.4': 'MD5 with RSA',
  '1.2.840.113549.1.1.5': 'SHA-1 with RSA',
  '1.2.840.10045.4.1': 'SHA-1 with ECDSA',
  '1.2.840.10040.4.3': 'SHA-1 with DSA',
};

function judgeSignatures({certificates}: ServerChain): Outcome {
  const broken = certificates
    .filter(certificate => certificate.subject !== certificate.issuer || certificates.length === 1)
    .flatMap(certificate => readServerChain([certificate.raw])?.leaf ?? [])
    .flatMap(facts => BROKEN_SIGNATURES[facts.signatureAlgorithm.oid] ?? []);
  return broken.length > 0 ? fail(...broken) : pass('none in the chain');
}
