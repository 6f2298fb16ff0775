import {X509Certificate} from 'node:crypto';
import {rootCertificates} from 'node:tls';
import {parseCertificate} from '../x509/certificate';
import type {CertificateFacts} from '../x509/certificate';

/** The certificates a server sent, read twice: facts by this library, signatures and host name by Node.js. */
export interface ServerChain {
  readonly leaf: CertificateFacts;
  readonly leafCertificate: X509Certificate;
  readonly certificates: readonly X509Certificate[];
}

/** Where the path from the leaf ends. */
export type ChainEnd =
  | {readonly kind: 'trusted'; readonly anchor: string; readonly unused: number}
  | {readonly kind: 'self-signed'}
  | {readonly kind: 'broken'; readonly at: string};

/** Reads what came in a Certificate message; undefined when there was nothing or it does not parse. */
export function readServerChain(certificates: readonly Buffer[]): ServerChain | undefined {
  const [first] = certificates;
  if (first === undefined) return undefined;
  try {
    return {
      leaf: parseCertificate(first),
      leafCertificate: new X509Certificate(first),
      certificates: certificates.map(der => new X509Certificate(der)),
    };
  } catch {
    return undefined;
  }
}

/** Follows the certificates in the order they were sent until an anchor has signed one. */
export function followChain(chain: ServerChain, anchorsPem: string | undefined): ChainEnd {
  const anchors = (anchorsPem === undefined ? rootCertificates : splitPem(anchorsPem)).map(
    pem => new X509Certificate(pem),
  );
  for (const [index, certificate] of chain.certificates.entries()) {
    const anchor = anchors.find(each => isIssuedBy(certificate, each));
    if (anchor !== undefined) {
      const isRootSent = chain.certificates[index + 1]?.fingerprint256 === anchor.fingerprint256;
      const unused = chain.certificates.length - index - 1 - (isRootSent ? 1 : 0);
      return {kind: 'trusted', anchor: oneLine(anchor.subject), unused};
    }
    if (isIssuedBy(certificate, certificate)) return {kind: 'self-signed'};
    const next = chain.certificates[index + 1];
    if (next === undefined || !isIssuedBy(certificate, next)) break;
  }
  return {kind: 'broken', at: oneLine(chain.certificates.at(-1)?.issuer ?? '')};
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function splitPem(text: string): readonly string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}

function oneLine(name: string): string {
  return name.replaceAll('\n', ', ');
}
