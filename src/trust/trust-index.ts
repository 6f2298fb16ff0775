import type {CertificateFacts} from '../x509/certificate';
import type {TrustAnchor} from './anchor';
import type {TrustMaterial} from './snapshot';

/** Who of the configured certificates bears one subject. */
export interface Issuers {
  readonly anchors: readonly TrustAnchor[];
  readonly intermediates: readonly CertificateFacts[];
}

/** The configured certificates, ready to be looked up. */
export interface TrustIndex {
  /** @param name comparable form of the subject */
  issuersNamed(name: string): Issuers;
  isConfigured(certificate: CertificateFacts): boolean;
  /** Whether it is an anchor with limits under another certificate: a path may end at it but not lead through it. */
  endsPaths(certificate: CertificateFacts): boolean;
}

const NOBODY: Issuers = Object.freeze({anchors: [], intermediates: []});

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
  const names = new Map<string, {readonly anchors: TrustAnchor[]; readonly intermediates: CertificateFacts[]}>();
  const named = ({subject}: CertificateFacts) => {
    const issuers = names.get(subject.comparable) ?? {anchors: [], intermediates: []};
    names.set(subject.comparable, issuers);
    return issuers;
  };
  for (const anchor of anchors) named(anchor.certificate).anchors.push(anchor);
  for (const certificate of passable) named(certificate).intermediates.push(certificate);
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
