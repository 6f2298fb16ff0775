import type {CertificateFacts} from '../x509/certificate';
import type {DistributionPoint} from '../x509/distribution-point';
import type {GeneralName} from '../x509/names';
import {comparableName} from '../x509/names';
import type {VerifiedCrl} from './crl-signature';

/** A place where the CRLs for a certificate may be found, as far as the certificate tells. */
export type PointToMatch = DistributionPoint;

const ALL_REASONS: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8];

/**
 * The distribution points of a certificate, and behind them the one RFC 5280 section 6.3.3 assumes at the end: the
 * certificate issuer by its own name, for all reasons.
 */
export function pointsOf(subject: CertificateFacts): readonly PointToMatch[] {
  const own: PointToMatch = {fullName: [{kind: 'directory', value: subject.issuer}], crlIssuer: []};
  return [...(subject.extensions.crlDistributionPoints ?? []), own];
}

/** The reasons a CRL speaks about at a point (RFC 5280 section 6.3.3 (d)). */
export function reasonsOf(crl: VerifiedCrl, point: PointToMatch): readonly number[] {
  const some = crl.facts.extensions.issuingDistributionPoint?.onlySomeReasons ?? ALL_REASONS;
  return ALL_REASONS.filter(reason => some.includes(reason) && (point.reasons ?? ALL_REASONS).includes(reason));
}

/** Why a CRL does not cover a certificate at a point (RFC 5280 section 6.3.3 (b)); undefined when it does. */
export function coversPoint(crl: VerifiedCrl, point: PointToMatch, subject: CertificateFacts): string | undefined {
  const scope = crl.facts.extensions.issuingDistributionPoint;
  if (point.crlIssuer.length > 0 && scope?.indirectCrl !== true)
    return 'the certificate names it as indirect CRL, it is not';
  if (scope === undefined) return undefined;
  const isCa = subject.extensions.basicConstraints?.ca === true;
  switch (scope.covers) {
    case 'everything':
      break;
    case 'user certificates':
      if (isCa) return 'it covers user certificates only';
      break;
    case 'CA certificates':
      if (!isCa) return 'it covers CA certificates only';
      break;
    case 'attribute certificates':
      return 'it covers attribute certificates only';
  }
  if (scope.point === undefined) return undefined;
  const wanted = namesOf(point, crl);
  const offered = namesOf({...scope.point, crlIssuer: []}, crl);
  return offered.some(name => wanted.includes(name))
    ? undefined
    : 'its distribution point is not one of the certificate';
}

/** Names of a point in a form that compares; where the point has none, the CRL issuer's names stand in. */
function namesOf(point: PointToMatch, crl: VerifiedCrl): readonly string[] {
  if (point.relativeName !== undefined) {
    return [`directory:${comparableName([...crl.facts.issuer.rdns, point.relativeName])}`];
  }
  return (point.fullName.length > 0 ? point.fullName : point.crlIssuer).map(comparableGeneralName);
}

function comparableGeneralName(name: GeneralName): string {
  switch (name.kind) {
    case 'directory':
      return `directory:${name.value.comparable}`;
    case 'dns':
    case 'email':
    case 'uri':
    case 'upn':
    case 'registeredId':
    case 'ip':
      return `${name.kind}:${name.value}`;
    case 'other':
      return `other:${name.type}:${name.value.toString('hex')}`;
    case 'unsupported':
      return `unsupported:${name.tag}:${name.value.toString('hex')}`;
  }
}
