import {X509Certificate} from 'node:crypto';
import type {ConfigFault} from '../errors';
import type {SignatureAlgorithm} from '../x509/algorithm';
import type {CertificateFacts} from '../x509/certificate';
import {childrenOf, contextTag, parseDer, readOid} from '../x509/der';

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const MIN_RSA_BITS = 2048;

/** P-256, P-384, P-521. */
const CURVES: readonly string[] = ['1.2.840.10045.3.1.7', '1.3.132.0.34', '1.3.132.0.35'];

/** Signature algorithms that use SHA-1, or MD5 (RFC 3279 section 2.2). */
const WEAK_SIGNATURES: readonly string[] = [
  '1.2.840.113549.1.1.4',
  '1.2.840.113549.1.1.5',
  '1.2.840.10045.4.1',
  '1.2.840.10040.4.3',
];

const RSA_PSS = '1.2.840.113549.1.1.10';
const SHA1 = '1.3.14.3.2.26';

/** What is wrong with a certificate, or nothing. */
type Inspection = (certificate: CertificateFacts, now: Date) => Omit<ConfigFault, 'code' | 'where'> | undefined;

const OF_EVERY: readonly Inspection[] = [notExpired, alreadyValid, strongKey, strongSignature];
const OF_LEAF: readonly Inspection[] = [forServers, named];

/** What clients, or this library's own policy, would refuse in a server's chain; leaf first. Empty when it is sound. */
export function inspectChain(
  chain: readonly [CertificateFacts, ...CertificateFacts[]],
  where: string,
  now: Date,
): readonly ConfigFault[] {
  const [leaf] = chain;
  const found = [
    ...chain.flatMap((certificate, index) => inspect(certificate, OF_EVERY, nameOf(index), now)),
    ...inspect(leaf, OF_LEAF, nameOf(0), now),
    ...chain.slice(1).flatMap((issuer, index) => inspectLink(chain[index] ?? leaf, issuer, index)),
  ];
  return found.map(fault => ({code: 'ERR_MTLS_CREDENTIALS', where, ...fault}));
}

type Found = Omit<ConfigFault, 'code' | 'where'>;

function inspect(
  certificate: CertificateFacts,
  inspections: readonly Inspection[],
  name: string,
  now: Date,
): readonly Found[] {
  return inspections.flatMap(inspection => {
    const fault = inspection(certificate, now);
    return fault === undefined ? [] : [{...fault, found: `${fault.found} (${name})`}];
  });
}

function nameOf(index: number): string {
  return index === 0 ? 'server certificate' : `certificate ${index + 1} of the chain`;
}

function notExpired({notAfter}: CertificateFacts, now: Date): Found | undefined {
  if (now <= notAfter) return undefined;
  return {required: 'notAfter in the future', found: notAfter.toISOString(), remedy: 'renew the certificate'};
}

function alreadyValid({notBefore}: CertificateFacts, now: Date): Found | undefined {
  if (notBefore <= now) return undefined;
  const found = notBefore.toISOString();
  return {required: 'notBefore in the past', found, remedy: 'check the clock, or wait until it is valid'};
}

function strongKey({publicKey}: CertificateFacts): Found | undefined {
  const remedy = 'issue it for an RSA key of 2048 bits or more, P-256, P-384, P-521, Ed25519 or Ed448';
  switch (publicKey.kind) {
    case 'rsa':
    case 'rsa-pss':
      if (publicKey.bits >= MIN_RSA_BITS) return undefined;
      return {required: `an RSA key of at least ${MIN_RSA_BITS} bits`, found: `${publicKey.bits} bits`, remedy};
    case 'ec':
      if (publicKey.curve !== undefined && CURVES.includes(publicKey.curve)) return undefined;
      return {required: 'P-256, P-384 or P-521', found: `curve ${publicKey.curve ?? 'without a name'}`, remedy};
    case 'ed25519':
    case 'ed448':
      return undefined;
    case 'unknown':
      return {required: 'a known key algorithm', found: publicKey.algorithm, remedy};
  }
}

function strongSignature({signatureAlgorithm}: CertificateFacts): Found | undefined {
  const {oid} = signatureAlgorithm;
  if (!WEAK_SIGNATURES.includes(oid) && !(oid === RSA_PSS && usesSha1(signatureAlgorithm))) return undefined;
  const remedy = 'have it issued again; a root does not belong into the chain';
  return {required: 'a signature with SHA-256 or better', found: `algorithm ${oid} with MD5 or SHA-1`, remedy};
}

/** RFC 4055 section 3.1: SHA-1 is what RSASSA-PSS parameters mean where they name no hash. OpenSSL 3.5 lets it pass. */
function usesSha1({parameters}: SignatureAlgorithm): boolean {
  const hash = parameters && childrenOf(parseDer(parameters)).find(({tag}) => tag === contextTag(0, 'constructed'));
  const [identifier] = hash === undefined ? [] : childrenOf(hash);
  const [oid] = identifier === undefined ? [] : childrenOf(identifier);
  return oid === undefined || readOid(oid) === SHA1;
}

function forServers({extensions}: CertificateFacts): Found | undefined {
  if (extensions.extendedKeyUsage?.includes(SERVER_AUTH) === true) return undefined;
  const found = extensions.extendedKeyUsage?.join(', ') ?? 'no extendedKeyUsage';
  return {required: 'extendedKeyUsage serverAuth', found, remedy: 'have it issued for servers'};
}

/** RFC 9525 section 6.3: clients match names of the SAN only, never the common name. */
function named({subjectAltNames}: CertificateFacts): Found | undefined {
  if (subjectAltNames.some(({kind}) => kind === 'dns' || kind === 'ip')) return undefined;
  const required = 'a DNS name or IP address in subjectAltName';
  return {required, found: 'none', remedy: 'have it issued with the names of the server'};
}

/** RFC 8446 section 4.4.2: each certificate is followed by the one that certifies it. */
function inspectLink(subject: CertificateFacts, issuer: CertificateFacts, index: number): readonly Found[] {
  const names = subject.issuer.comparable === issuer.subject.comparable;
  const signed = names && new X509Certificate(subject.der).verify(new X509Certificate(issuer.der).publicKey);
  if (signed) return [];
  return [
    {
      required: `the issuer of certificate ${index + 1} behind it`,
      found: `another certificate as number ${index + 2}`,
      remedy: 'order the file from the server certificate upwards and leave out what does not belong',
    },
  ];
}
