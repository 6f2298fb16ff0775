import {MtlsError} from '../../errors';
import {isSignedBy} from '../../trust/signature';
import {signatureSchemeOf} from '../../trust/signature-scheme';
import {DEFAULT_TRUST} from '../../trust/policy';
import type {SignatureAlgorithm} from '../../x509/algorithm';
import type {CertificateFacts} from '../../x509/certificate';
import type {Extensions} from '../../x509/extensions';
import type {PublicKeyFacts} from '../../x509/public-key';
import type {Description} from './description';
import {generalNameText, keyText, nameText, oidText, signatureText, timeText} from './words';

const DAY_MS = 86_400_000;

/** Public CAs may go no further since 2020 (CA/Browser Forum ballot SC-31). */
const LONG_LIFE_DAYS = 398;
const RENEW_BEFORE_DAYS = 14;

/** RFC 5280 section 4.1.2.2: at most 20 octets. */
const MAX_SERIAL_DIGITS = 40;

const OCSP = '1.3.6.1.5.5.7.48.1';
const MUST_STAPLE = 5;

/** A certificate, or why it cannot be read. */
export type ChainMember = CertificateFacts | MtlsError;

/** Describes certificates in the order they stand, and whether each is issued by the next. */
export function describeChain(chain: readonly ChainMember[], now: Date): readonly Description[] {
  return chain.map((member, index) => {
    const {title, facts, warnings} =
      member instanceof MtlsError ? unreadable(member) : describeCertificate(member, now);
    return {
      title: chain.length === 1 ? title : `${title} ${index + 1} of ${chain.length}`,
      facts,
      warnings: [...warnings, ...linkWarnings(member, chain[index + 1])],
    };
  });
}

function unreadable(error: MtlsError): Description {
  return {title: 'Certificate', facts: [], warnings: [`it will be refused: ${error.message}`]};
}

function linkWarnings(member: ChainMember, next: ChainMember | undefined): readonly string[] {
  if (next === undefined || member instanceof MtlsError || next instanceof MtlsError) return [];
  return isSignedBy(member, next) ? [] : ['it is not issued by the certificate that follows'];
}

/** Describes one certificate. */
export function describeCertificate(certificate: CertificateFacts, now: Date): Description {
  const {extensions} = certificate;
  return {
    title: 'Certificate',
    facts: [
      ['subject', nameText(certificate.subject)],
      ['issuer', isSelfIssued(certificate) ? 'itself' : nameText(certificate.issuer)],
      ['serial number', certificate.serialNumber],
      ['not before', timeText(certificate.notBefore, now)],
      ['not after', timeText(certificate.notAfter, now)],
      ['key', keyText(certificate.publicKey)],
      ['signature', signatureText(certificate.signatureAlgorithm)],
      ...extensionFacts(extensions),
      ['SHA-256', certificate.fingerprint],
      ['SHA-256 of key', certificate.spkiFingerprint],
    ],
    warnings: [
      ...validityWarnings(certificate, now),
      ...keyWarnings(certificate.publicKey),
      ...(isSelfIssued(certificate) ? [] : signatureWarnings(certificate.signatureAlgorithm)),
      ...serialWarnings(certificate),
      ...(isAuthority(extensions) ? authorityWarnings(extensions) : leafWarnings(extensions)),
      ...extensions.unknownCritical.map(oid => `critical extension ${oid} is not understood: it will be refused`),
    ],
  };
}

/** Facts of extensions, asked for or granted. */
export function extensionFacts(extensions: Extensions): Description['facts'] {
  const {basicConstraints, keyUsage, extendedKeyUsage, subjectAltName = [], certificatePolicies = []} = extensions;
  const points = extensions.crlDistributionPoints?.flatMap(point => point.fullName.map(generalNameText)) ?? [];
  const responders = extensions.authorityInfoAccess?.filter(({method}) => method === OCSP) ?? [];
  const facts: Description['facts'] = [
    ['names', subjectAltName.map(generalNameText)],
    ['CA', basicConstraints?.ca === true ? [pathText(basicConstraints.pathLength)] : []],
    ['key usage', keyUsage === undefined ? [] : [keyUsage.join(', ')]],
    ['for', extendedKeyUsage?.map(oidText) ?? []],
    ['policies', certificatePolicies.map(oidText)],
    ['CRL', points],
    ['OCSP', responders.map(({location}) => generalNameText(location))],
    ['must staple', extensions.tlsFeatures?.includes(MUST_STAPLE) === true ? ['yes (RFC 7633)'] : []],
    ['revocation', extensions.noRevocationAvailable ? ['none is published (RFC 9608)'] : []],
  ];
  return facts.filter(([, value]) => value.length > 0);
}

function pathText(pathLength: number | undefined): string {
  return pathLength === undefined ? 'yes, with any number of CAs below' : `yes, with at most ${pathLength} CAs below`;
}

/** What is wrong with a key by the default policy of this library. */
export function keyWarnings({kind, bits, curve}: PublicKeyFacts): readonly string[] {
  const {minRsaBits, maxRsaBits, curves} = DEFAULT_TRUST;
  switch (kind) {
    case 'rsa':
    case 'rsa-pss':
      if (bits < minRsaBits) return [`the key is weak: RSA needs at least ${minRsaBits} bits`];
      return bits > maxRsaBits ? [`the key is larger than the ${maxRsaBits} bits this library takes`] : [];
    case 'ec':
      return curve !== undefined && curves.includes(curve) ? [] : ['the curve is none of P-256, P-384 and P-521'];
    case 'ed25519':
    case 'ed448':
      return [];
    case 'unknown':
      return ['the kind of key is not known here'];
  }
}

/** Whether a signature may still be believed. */
export function signatureWarnings(algorithm: SignatureAlgorithm): readonly string[] {
  if (signatureSchemeOf(algorithm) !== undefined) return [];
  return [`the signature algorithm ${signatureText(algorithm)} is weak or not known here`];
}

function validityWarnings({notBefore, notAfter, extensions}: CertificateFacts, now: Date): readonly string[] {
  if (notAfter < now) return ['it has expired'];
  if (notBefore > now) return ['it is not valid yet'];
  const lifeDays = (notAfter.getTime() - notBefore.getTime()) / DAY_MS;
  const leftDays = (notAfter.getTime() - now.getTime()) / DAY_MS;
  const isShort = leftDays < Math.min(RENEW_BEFORE_DAYS, lifeDays / 3);
  const isLong = lifeDays > LONG_LIFE_DAYS && !isAuthority(extensions);
  return [
    ...(isShort ? ['it expires soon: renew it'] : []),
    ...(isLong ? [`it lives ${lifeDays.toFixed(0)} days: a stolen key stays useful that long`] : []),
  ];
}

function serialWarnings({serialNumber}: CertificateFacts): readonly string[] {
  const isPositive = !serialNumber.startsWith('-') && serialNumber !== '0';
  return isPositive && serialNumber.length <= MAX_SERIAL_DIGITS
    ? []
    : ['the serial number is not a positive integer of at most 20 octets'];
}

function authorityWarnings({basicConstraints, keyUsage}: Extensions): readonly string[] {
  return [
    ...(keyUsage?.includes('keyCertSign') === true ? [] : ['it is a CA without the key usage keyCertSign']),
    ...(basicConstraints?.pathLength === undefined ? ['CAs below it may have CAs below them without end'] : []),
  ];
}

function leafWarnings(extensions: Extensions): readonly string[] {
  const {subjectAltName, extendedKeyUsage, crlDistributionPoints, authorityInfoAccess = []} = extensions;
  const isRevocable =
    crlDistributionPoints !== undefined ||
    extensions.noRevocationAvailable ||
    authorityInfoAccess.some(({method}) => method === OCSP);
  return [
    ...(subjectAltName === undefined ? ['it has no subject alternative name: nothing stable to identify it by'] : []),
    ...(extendedKeyUsage === undefined ? ['it does not say what it is for: it will be refused as a client'] : []),
    ...(extendedKeyUsage?.includes('2.5.29.37.0') === true ? ['anyExtendedKeyUsage allows it to be anything'] : []),
    ...(isRevocable ? [] : ['it names no CRL and no OCSP responder']),
  ];
}

function isAuthority({basicConstraints}: Extensions): boolean {
  return basicConstraints?.ca === true;
}

function isSelfIssued({issuer, subject}: CertificateFacts): boolean {
  return issuer.comparable === subject.comparable;
}
