import type {Refusal} from '../errors';
import type {CertificateFacts} from '../x509/certificate';
import type {Extensions} from '../x509/extensions';
import {describeName} from './name-text';
import {firstRefusal, isSelfIssued} from './path';
import type {CandidatePath, Step} from './path';

/** What a certificate should be and what it is instead. */
interface Breach {
  readonly required: string;
  readonly found: string;
}

/**
 * Rules that RFC 5280 lays down for whoever issues certificates. Section 6 does not ask a verifier to look at them;
 * a certificate that breaks one was made by software that should not be trusted with the rest either.
 */
const RULES: readonly ((step: Step) => Breach | undefined)[] = [
  checkVersion,
  checkSerialNumber,
  checkSubject,
  checkHostNames,
  checkCriticality,
  checkSubjectKeyIdentifier,
  checkAuthorityKeyIdentifier,
  checkCaOnlyFields,
  checkNoRevocationAvailable,
];

/** RFC 5280 section 4, for every certificate of the path, and section 4.2: unknown critical extensions. */
export function checkProfile({steps}: CandidatePath): Refusal | undefined {
  return firstRefusal(steps, step => checkUnknownCritical(step) ?? checkRules(step));
}

function checkUnknownCritical({certificate, where}: Step): Refusal | undefined {
  const [first] = certificate.extensions.unknownCritical;
  if (first === undefined) return undefined;
  return {
    code: 'ERR_MTLS_CRITICAL_EXTENSION',
    required: 'critical extensions that this library understands',
    found: certificate.extensions.unknownCritical.join(', '),
    where,
  };
}

function checkRules(step: Step): Refusal | undefined {
  for (const rule of RULES) {
    const breach = rule(step);
    if (breach !== undefined) return {code: 'ERR_MTLS_PROFILE', ...breach, where: step.where};
  }
  return undefined;
}

/** Section 4.1.2.1: a certificate with extensions is version 3, and none can do without extensions here. */
function checkVersion({certificate: {version}}: Step): Breach | undefined {
  return version === 3 ? undefined : {required: 'version 3', found: `version ${version}`};
}

/**
 * Section 4.1.2.2: positive, at most 20 octets in DER, where the first bit is the sign. Roots that large CAs still use
 * have number 0; an operator who chose one did not choose it by number.
 */
function checkSerialNumber({certificate: {serialNumber}, role}: Step): Breach | undefined {
  if (role === 'anchor' && serialNumber === '0') return undefined;
  return /^(?!0$)(?:[0-9a-f]{1,39}|[0-7][0-9a-f]{39})$/.test(serialNumber)
    ? undefined
    : {required: 'a positive serial number of at most 20 octets', found: serialNumber};
}

/** Sections 4.1.2.6 and 4.2.1.6: a CA has a subject; a leaf without one has critical alternative names. */
function checkSubject({certificate, role}: Step): Breach | undefined {
  if (certificate.subject.rdns.length > 0) return undefined;
  if (role !== 'leaf') return {required: 'a subject in a CA certificate', found: 'an empty one'};
  return criticalityOf(certificate, '2.5.29.17') === 'critical'
    ? undefined
    : {required: 'critical alternative names where the subject is empty', found: 'none that are critical'};
}

/** Section 4.2.1.6: preferred name syntax, which has no underscore; the parser lets one pass. */
function checkHostNames({certificate: {subjectAltNames}}: Step): Breach | undefined {
  const odd = subjectAltNames.find(name => name.kind === 'dns' && name.value.includes('_'));
  return odd && {required: 'DNS names of letters, digits and hyphens', found: describeName(odd)};
}

const MUST_BE_CRITICAL: ReadonlyMap<string, string> = new Map([
  ['2.5.29.30', 'nameConstraints'],
  ['2.5.29.54', 'inhibitAnyPolicy'],
]);

/** The RFC wants these critical too, but CAs in wide use do not write them so (NIST PKITS 4.6.4 and 4.8). */
const MUST_BE_CRITICAL_IN_ANCHORS: ReadonlyMap<string, string> = new Map([
  ['2.5.29.19', 'basicConstraints'],
  ['2.5.29.36', 'policyConstraints'],
]);

const MUST_NOT_BE_CRITICAL: ReadonlyMap<string, string> = new Map([
  ['2.5.29.9', 'subjectDirectoryAttributes'],
  ['2.5.29.14', 'subjectKeyIdentifier'],
  ['2.5.29.35', 'authorityKeyIdentifier'],
  ['2.5.29.46', 'freshestCRL'],
  ['2.5.29.56', 'noRevAvail'],
  ['1.3.6.1.5.5.7.1.1', 'authorityInfoAccess'],
  ['1.3.6.1.5.5.7.1.11', 'subjectInfoAccess'],
]);

/**
 * Criticality makes software that does not know an extension refuse; this library knows all of these. So it insists
 * where the operator chose the certificate, and below where no well-made certificate differs.
 */
function checkCriticality({certificate, role}: Step): Breach | undefined {
  for (const {oid, critical} of certificate.extensions.all) {
    const inAnchors = role === 'anchor' ? MUST_BE_CRITICAL_IN_ANCHORS.get(oid) : undefined;
    const must = MUST_BE_CRITICAL.get(oid) ?? inAnchors;
    if (must !== undefined && !critical) return {required: `a critical ${must}`, found: 'one that is not critical'};
    const mustNot = MUST_NOT_BE_CRITICAL.get(oid);
    if (mustNot !== undefined && critical)
      return {required: `a ${mustNot} that is not critical`, found: 'a critical one'};
  }
  return undefined;
}

/** Section 4.2.1.2: every CA certificate has one. */
function checkSubjectKeyIdentifier({certificate, role}: Step): Breach | undefined {
  return role === 'leaf' || certificate.extensions.subjectKeyIdentifier !== undefined
    ? undefined
    : {required: 'a subjectKeyIdentifier in a CA certificate', found: 'none'};
}

/**
 * Section 4.2.1.1: every certificate but a self-signed one has a key identifier of its issuer, which section 4.2.1.2
 * wants to be the one that stands in the issuer.
 */
function checkAuthorityKeyIdentifier(step: Step): Breach | undefined {
  const {authorityKeyIdentifier} = step.certificate.extensions;
  const isOwnIssuer = step.role === 'anchor' && isSelfIssued(step.certificate);
  if (authorityKeyIdentifier === undefined)
    return isOwnIssuer ? undefined : {required: 'an authorityKeyIdentifier', found: 'none'};
  const {keyIdentifier} = authorityKeyIdentifier;
  if (keyIdentifier === undefined) return {required: 'a key identifier in authorityKeyIdentifier', found: 'none'};
  const issuer = isOwnIssuer ? step.certificate : step.role === 'anchor' ? undefined : step.issuer;
  const expected = issuer?.extensions.subjectKeyIdentifier;
  return expected === undefined || expected.equals(keyIdentifier)
    ? undefined
    : {required: `the key identifier of the issuer, ${expected.toString('hex')}`, found: keyIdentifier.toString('hex')};
}

/** Sections 4.2.1.9 and 4.2.1.10: what is for CAs stands in CA certificates. */
function checkCaOnlyFields({certificate, role}: Step): Breach | undefined {
  if (role !== 'leaf' || isCa(certificate)) return undefined;
  const {extensions} = certificate;
  const found =
    (extensions.keyUsage?.includes('keyCertSign') === true && 'keyCertSign') ||
    (extensions.basicConstraints?.pathLength !== undefined && 'a path length') ||
    (extensions.nameConstraints !== undefined && 'nameConstraints');
  return found === false ? undefined : {required: 'a CA certificate where it stands', found};
}

const OCSP = '1.3.6.1.5.5.7.48.1';

/** RFC 9608 section 2: a certificate without revocation information is no CA and points to no such information. */
function checkNoRevocationAvailable({certificate: {extensions}, role}: Step): Breach | undefined {
  if (!extensions.noRevocationAvailable) return undefined;
  const contradiction = role === 'leaf' ? revocationPointerOf(extensions) : 'a CA certificate';
  return contradiction === undefined ? undefined : {required: 'noRevAvail without it', found: contradiction};
}

function revocationPointerOf(extensions: Extensions): string | undefined {
  if (extensions.crlDistributionPoints !== undefined) return 'cRLDistributionPoints';
  if (extensions.freshestCrl !== undefined) return 'freshestCRL';
  return extensions.authorityInfoAccess?.some(({method}) => method === OCSP) === true ? 'an OCSP responder' : undefined;
}

function criticalityOf({extensions}: CertificateFacts, oid: string): 'critical' | 'not critical' | 'absent' {
  const extension = extensions.all.find(candidate => candidate.oid === oid);
  if (extension === undefined) return 'absent';
  return extension.critical ? 'critical' : 'not critical';
}

function isCa({extensions}: CertificateFacts): boolean {
  return extensions.basicConstraints?.ca === true;
}
