import {MtlsError} from '../../errors';
import {Secret} from '../../tls/secret';
import {parsePkcs12} from '../../tls/pkcs12';
import {parseCertificate} from '../../x509/certificate';
import {parseCertificateRequest} from '../../x509/certificate-request';
import {parseCrl} from '../../x509/crl';
import {childrenOf, parseDer, Tag} from '../../x509/der';
import type {DerNode} from '../../x509/der';
import {parseOcspResponse} from '../../x509/ocsp';
import {decodePem} from '../../x509/pem';
import type {PemLabel} from '../../x509/pem';
import {CliError} from '../command';
import {describeChain} from './certificate';
import type {ChainMember} from './certificate';
import type {Description} from './description';
import {describeOcsp} from './ocsp-answer';
import {describeRequest} from './request';
import {describeCrl} from './revocation-list';

/** What a file can hold. */
type Kind = 'certificate' | 'request' | 'crl' | 'ocsp' | 'pkcs12';

const LABELS: Readonly<Record<string, {readonly kind: Kind; readonly label: PemLabel}>> = {
  CERTIFICATE: {kind: 'certificate', label: 'CERTIFICATE'},
  'CERTIFICATE REQUEST': {kind: 'request', label: 'CERTIFICATE REQUEST'},
  'X509 CRL': {kind: 'crl', label: 'X509 CRL'},
};

/**
 * Describes what a file holds, PEM or DER.
 *
 * @throws CliError when it is nothing known, `MtlsError` when it does not follow its definition
 */
export function describeFile(bytes: Buffer, passphrase: string | undefined, now: Date): readonly Description[] {
  const label = /-----BEGIN ([A-Z0-9 ]+)-----/.exec(bytes.toString('latin1'))?.[1];
  if (label?.endsWith('PRIVATE KEY') === true) {
    throw new CliError('this is a private key, of which nothing is shown', 'give the certificate instead');
  }
  if (label === undefined) return describeDer(kindOfDer(bytes), [bytes], passphrase, now);
  const known = LABELS[label];
  if (known === undefined) throw unknown(`PEM of the kind ${label}`);
  return describeDer(known.kind, decodePem(bytes.toString('latin1'), known.label), passphrase, now);
}

function describeDer(
  kind: Kind,
  values: readonly Buffer[],
  passphrase: string | undefined,
  now: Date,
): readonly Description[] {
  switch (kind) {
    case 'certificate':
      return describeChain(values.length === 1 ? values.map(parseCertificate) : values.map(readMember), now);
    case 'request':
      return values.map(der => describeRequest(parseCertificateRequest(der)));
    case 'crl':
      return values.map(der => describeCrl(parseCrl(der), now));
    case 'ocsp':
      return values.flatMap(der => describeOcsp(parseOcspResponse(der), now));
    case 'pkcs12':
      return values.flatMap(der => describePkcs12(der, passphrase, now));
  }
}

/** In a bundle, one certificate that cannot be read does not hide the others. */
function readMember(der: Buffer): ChainMember {
  try {
    return parseCertificate(der);
  } catch (error) {
    if (error instanceof MtlsError) return error;
    throw error;
  }
}

function describePkcs12(der: Buffer, passphrase: string | undefined, now: Date): readonly Description[] {
  if (passphrase === undefined) throw new CliError('PKCS#12 is encrypted', 'give --passphrase-file FILE');
  const {key, certificates} = parsePkcs12(der, new Secret(passphrase));
  const summary: Description = {
    title: 'PKCS#12',
    facts: [
      ['private key', key.asymmetricKeyType ?? 'unknown'],
      ['certificates', String(certificates.length)],
    ],
    warnings: [],
  };
  return [summary, ...describeChain(certificates, now)];
}

/**
 * Tells DER structures apart by their first values: OCSP starts with an ENUMERATED (RFC 6960), PKCS#12 with an INTEGER
 * (RFC 7292). The other three are a signed SEQUENCE: of a certificate it starts with [0] or, in version 1, has the
 * validity as fourth value; a request has the version 0 and a [0] at its end; a CRL has a time behind its issuer.
 */
function kindOfDer(bytes: Buffer): Kind {
  const [first, , signature] = childrenIn(bytes);
  if (first?.tag === Tag.ENUMERATED) return 'ocsp';
  if (first?.tag === Tag.INTEGER) return 'pkcs12';
  if (first?.tag !== Tag.SEQUENCE || signature?.tag !== Tag.BIT_STRING) throw unknown('DER of no known kind');
  const tags = childrenOf(first).map(node => node.tag);
  if (tags.some(tag => tag === Tag.UTC_TIME || tag === Tag.GENERALIZED_TIME)) return 'crl';
  return tags[0] === Tag.INTEGER && tags[3] === 0xa0 ? 'request' : 'certificate';
}

function childrenIn(bytes: Buffer): readonly DerNode[] {
  try {
    return childrenOf(parseDer(bytes, Tag.SEQUENCE));
  } catch (error) {
    if (error instanceof MtlsError) throw unknown('neither PEM nor DER');
    throw error;
  }
}

function unknown(found: string): CliError {
  return new CliError(
    `this is ${found}`,
    'inspect reads certificates, certification requests, CRLs, OCSP answers and PKCS#12, as PEM or DER',
  );
}
