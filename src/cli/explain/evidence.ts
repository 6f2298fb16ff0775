import type {CheckName, PathReport, RevocationReport} from '../../trust/explain-peer';
import {describeName} from '../../trust/name-text';
import type {CandidatePath, Step} from '../../trust/path';
import {CLIENT_AUTH} from '../../trust/policy';
import type {PublicKeyFacts} from '../../x509/public-key';

/** What a passed check saw, in one line. */
export function evidenceOf(check: CheckName, {path, revocation}: PathReport): string {
  return check === 'revocation' ? revocation.map(describeStatus).join('; ') : EVIDENCE[check](path);
}

/** What one source of revocation data says about one certificate. */
export function describeStatus({where, status}: RevocationReport): string {
  switch (status.status) {
    case 'good':
      return `${where} not revoked by ${status.source}, until ${status.freshUntil.toISOString()}`;
    case 'revoked':
      return `${where} revoked ${status.since.toISOString()} by ${status.source}: ${status.reason}`;
    case 'unknown':
      return `${where} unknown: required ${status.required}, found ${status.found}`;
  }
}

const EVIDENCE: Readonly<Record<Exclude<CheckName, 'revocation'>, (path: CandidatePath) => string>> = {
  strength: ({steps}) => steps.map(step => `${placeOf(step)} ${describeKey(step.certificate.publicKey)}`).join(', '),
  signatures: ({links}) =>
    links.map(({where}, index) => `${where} signed by ${links[index - 1]?.where ?? 'the anchor'}`).join(', '),
  profile: ({steps}) => `${steps.length} certificates follow RFC 5280`,
  validity: ({steps}) => {
    const first = steps.reduce((a, b) => (b.certificate.notAfter < a.certificate.notAfter ? b : a));
    return `${placeOf(first)} is the first to end, ${first.certificate.notAfter.toISOString()}`;
  },
  authorities: ({steps}) =>
    steps
      .filter(({role}) => role !== 'leaf')
      .map(describeAuthority)
      .join(', '),
  purpose: ({leaf: {extensions}}) => {
    const usages = (extensions.extendedKeyUsage ?? []).map(oid => (oid === CLIENT_AUTH ? 'clientAuth' : oid));
    return `extendedKeyUsage ${usages.join(', ') || 'absent'}; keyUsage ${extensions.keyUsage?.join(', ') ?? 'absent'}`;
  },
  'name constraints': ({steps, leaf}) => {
    const constraining = steps.filter(({certificate}) => certificate.extensions.nameConstraints !== undefined);
    const names = leaf.subjectAltNames.map(describeName).join(', ') || 'no alternative name';
    return constraining.length === 0
      ? 'no CA constrains names'
      : `${names}, inside what ${constraining.map(placeOf).join(' and ')} permits`;
  },
  'anchor limits': ({anchor}) => {
    const {pins, expectedIssuers, maxLifetimeHours, authority} = anchor;
    const limits = Object.entries({...authority, pins, expectedIssuers, maxLifetimeHours});
    const set = limits.flatMap(([name, value]) => (value === undefined ? [] : [name]));
    return set.length === 0 ? 'the anchor has no limits' : `inside ${set.join(', ')}`;
  },
  policies: ({anchor, leaf}) => {
    const carried = leaf.extensions.certificatePolicies?.join(', ') ?? 'none';
    return `required ${anchor.requiredPolicies?.join(' or ') ?? 'none'}, carried ${carried}`;
  },
};

/** The name of the anchor stands with the path already. */
function placeOf({role, where}: Step): string {
  return role === 'anchor' ? role : where;
}

function describeAuthority(step: Step): string {
  const pathLength = step.certificate.extensions.basicConstraints?.pathLength;
  return `${placeOf(step)} is a CA${pathLength === undefined ? '' : `, path length ${pathLength}`}`;
}

const CURVES: Readonly<Record<string, string>> = {
  '1.2.840.10045.3.1.7': 'P-256',
  '1.3.132.0.34': 'P-384',
  '1.3.132.0.35': 'P-521',
};

/** A key that was strong enough. */
function describeKey({kind, bits, curve = ''}: PublicKeyFacts): string {
  if (kind === 'ec') return CURVES[curve] ?? curve;
  return kind === 'rsa' || kind === 'rsa-pss' ? `${kind.toUpperCase()} ${bits}` : kind;
}
