import {X509Certificate} from 'node:crypto';
import {MtlsError} from '../errors';
import {originOf, readSource} from '../tls/source';
import type {Report, Source, SourceReader} from '../tls/source';
import type {TrustAnchor} from '../trust/anchor';
import type {CertificateFacts} from '../x509/certificate';
import type {Fingerprint} from '../x509/fingerprint';
import {parseCertificates} from '../x509/pem';
import {formatDistinguishedName} from '../x509/rfc4514';
import type {ResolvedAnchor} from './grammar';
import type {RevocationPolicyOptions} from './revocation-options';

/** The anchors of the configuration, and those that have a revocation policy of their own. */
export interface LoadedAnchors {
  readonly anchors: readonly TrustAnchor[];
  readonly revocation: ReadonlyMap<Fingerprint, RevocationPolicyOptions>;
}

/**
 * Reads the client CAs. A file that is missing, empty, malformed or holds anything but root CAs is a fault: it never
 * leaves the server trusting more, and never silently less.
 */
export async function loadAnchors(
  configured: readonly ResolvedAnchor[],
  now: Date,
  report: Report,
  read: SourceReader = readSource,
): Promise<LoadedAnchors> {
  const anchors: TrustAnchor[] = [];
  const revocation = new Map<Fingerprint, RevocationPolicyOptions>();
  for (const options of configured) {
    for (const certificate of await loadCertificates(options.ca, options.where, report, read)) {
      if (!isUsableRoot(certificate, options, now, report)) continue;
      if (anchors.some(({certificate: {fingerprint}}) => fingerprint === certificate.fingerprint)) {
        report(twice(certificate, options.where));
        continue;
      }
      anchors.push(anchorOf(certificate, options));
      if (options.revocation !== undefined) revocation.set(certificate.fingerprint, options.revocation);
    }
  }
  return {anchors: Object.freeze(anchors), revocation};
}

/** Reads the intermediates. None of them may be a root: OpenSSL would trust it. */
export async function loadIntermediates(
  sources: readonly Source[],
  report: Report,
  read: SourceReader = readSource,
): Promise<readonly CertificateFacts[]> {
  const where = 'clients.intermediates';
  const loaded = await Promise.all(sources.map(source => loadCertificates(source, where, report, read)));
  return Object.freeze(loaded.flat().filter(certificate => isUsableIntermediate(certificate, where, report)));
}

async function loadCertificates(
  source: Source,
  where: string,
  report: Report,
  read: SourceReader,
): Promise<readonly CertificateFacts[]> {
  const content = await read(source, where, report);
  if (content === undefined) return [];
  try {
    return parseCertificates(content.bytes);
  } catch (error) {
    if (!(error instanceof MtlsError)) throw error;
    const {required, found, where: at} = error.refusal;
    report({
      code: 'ERR_MTLS_CONFIG',
      where,
      required,
      found: `${found} in ${originOf(source)}${at === undefined ? '' : `, ${at}`}`,
      remedy: 'name a file with CA certificates in PEM, and nothing else in it',
    });
    return [];
  }
}

/**
 * Whether OpenSSL can end a path at this certificate. Node.js offers a server no partial chains, so the end has to be
 * self-signed; a subordinate CA alone is trusted by naming its root and limiting it with `expectedIssuers`.
 */
function isUsableRoot(certificate: CertificateFacts, {where, ca}: ResolvedAnchor, now: Date, report: Report): boolean {
  const subject = formatDistinguishedName(certificate.subject);
  const fail = (required: string, found: string, remedy: string): false => {
    report({code: 'ERR_MTLS_CONFIG', where, required, found: `${found}: ${subject} in ${originOf(ca)}`, remedy});
    return false;
  };
  if (!isCa(certificate))
    return fail('a CA certificate', 'one without basicConstraints CA', 'name the CA that issued it');
  if (!isSelfSigned(certificate))
    return fail(
      'a self-signed root',
      'a subordinate CA',
      'put it into clients.intermediates and its root here; expectedIssuers can limit the root to it',
    );
  if (certificate.notAfter < now)
    return fail('a CA that is valid', `one that ended ${certificate.notAfter.toISOString()}`, 'replace it');
  return true;
}

function isUsableIntermediate(certificate: CertificateFacts, where: string, report: Report): boolean {
  const usable = isCa(certificate) && !isSelfSigned(certificate);
  if (usable) return true;
  report({
    code: 'ERR_MTLS_CONFIG',
    where,
    required: 'a subordinate CA certificate',
    found: `${isCa(certificate) ? 'a root' : 'no CA'}: ${formatDistinguishedName(certificate.subject)}`,
    remedy: isCa(certificate) ? 'put it into clients.ca, if clients below it are to be trusted' : 'remove it',
  });
  return false;
}

function twice(certificate: CertificateFacts, where: string): Parameters<Report>[0] {
  return {
    code: 'ERR_MTLS_CONFIG',
    where,
    required: 'each client CA once',
    found: `${formatDistinguishedName(certificate.subject)} a second time`,
    remedy: 'remove one of the two, so that it is clear which limits apply',
  };
}

function anchorOf(certificate: CertificateFacts, options: ResolvedAnchor): TrustAnchor {
  const {pins, expectedIssuers, maxLifetimeHours, requiredPolicies} = options;
  return Object.freeze({
    name: options.name ?? formatDistinguishedName(certificate.subject),
    certificate,
    authority: Object.freeze({...options.mayVouchFor}),
    ...(pins && {pins}),
    ...(expectedIssuers && {expectedIssuers}),
    ...(maxLifetimeHours !== undefined && {maxLifetimeHours}),
    ...(requiredPolicies && {requiredPolicies}),
  });
}

function isCa({extensions}: CertificateFacts): boolean {
  return extensions.basicConstraints?.ca === true;
}

function isSelfSigned({der, issuer, subject}: CertificateFacts): boolean {
  if (issuer.comparable !== subject.comparable) return false;
  const certificate = new X509Certificate(der);
  return certificate.verify(certificate.publicKey);
}
