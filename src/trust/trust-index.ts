import type {CertificateFacts} from '../x509/certificate';
import type {TrustAnchor} from './anchor';
import type {TrustMaterial} from './snapshot';

/** A certificate that may have issued another one, as far as its name tells. */
export type Candidate =
  | {readonly kind: 'anchor'; readonly certificate: CertificateFacts; readonly anchor: TrustAnchor}
  | {readonly kind: 'intermediate'; readonly certificate: CertificateFacts};

/** The configured certificates, ready to be looked up. */
export interface TrustIndex {
  /**
   * Anchors before intermediates.
   * @param name comparable form of the subject
   */
  issuersNamed(name: string): readonly Candidate[];
  isConfigured(certificate: CertificateFacts): boolean;
  /** Whether it is an anchor with limits under another certificate: a path may end at it but not lead through it. */
  endsPaths(certificate: CertificateFacts): boolean;
}

const NOBODY: readonly Candidate[] = Object.freeze([]);

const indexes = new WeakMap<TrustMaterial, TrustIndex>();

/** The index of the material, built at the first use. */
export function trustIndex(trust: TrustMaterial): TrustIndex {
  const known = indexes.get(trust);
  if (known !== undefined) return known;
  const built = buildIndex(trust);
  indexes.set(trust, built);
  return built;
}

function buildIndex({anchors, intermediates}: TrustMaterial): TrustIndex {
  const limited = new Set(anchors.filter(isLimited).map(anchor => authorityOf(anchor.certificate)));
  const passable = intermediates.filter(certificate => !limited.has(authorityOf(certificate)));
  const candidates: readonly Candidate[] = [
    ...anchors.map(anchor => ({kind: 'anchor', certificate: anchor.certificate, anchor}) as const),
    ...passable.map(certificate => ({kind: 'intermediate', certificate}) as const),
  ];
  const names = new Map<string, Candidate[]>();
  for (const candidate of candidates) {
    const name = candidate.certificate.subject.comparable;
    const named = names.get(name);
    if (named === undefined) names.set(name, [candidate]);
    else named.push(candidate);
  }
  const configured = new Set(
    [...anchors.map(anchor => anchor.certificate), ...passable].map(facts => facts.fingerprint),
  );
  return {
    issuersNamed: name => names.get(name) ?? NOBODY,
    isConfigured: certificate => configured.has(certificate.fingerprint),
    endsPaths: certificate => limited.has(authorityOf(certificate)),
  };
}

/**
 * Limits belong to the key and name of an anchor. Were a cross-certificate of that key accepted as an intermediate of
 * another anchor, the limits could be walked around.
 */
function isLimited({authority, pins, expectedIssuers, maxLifetimeHours, requiredPolicies}: TrustAnchor): boolean {
  const {subjectAltNames, organizations, extendedKeyUsages, roles} = authority;
  const lists = [subjectAltNames, organizations, extendedKeyUsages, roles, pins, expectedIssuers, requiredPolicies];
  return maxLifetimeHours !== undefined || lists.some(list => list !== undefined);
}

function authorityOf({spkiFingerprint, subject}: CertificateFacts): string {
  return `${spkiFingerprint} ${subject.comparable}`;
}
