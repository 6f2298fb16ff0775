import type {VerifiedPath, VerifiedPeer} from '../trust/decision';
import type {GeneralName} from '../x509/names';
import {formatDistinguishedName} from '../x509/rfc4514';
import {COMMON_NAME, subjectValues} from './attributes';
import type {CertificateSummary, Principal} from './principal';

/** Makes the principal of a peer from what its rules or its resolver decided. */
export function principalOf(
  peer: VerifiedPeer,
  decided: Pick<Principal, 'id' | 'idSource' | 'roles'> & {readonly name?: string},
): Principal {
  const [commonName = decided.id, ...others] = subjectValues(peer, COMMON_NAME);
  return Object.freeze({
    id: decided.id,
    idSource: decided.idSource,
    name: decided.name ?? (others.length === 0 ? commonName : decided.id),
    roles: Object.freeze([...decided.roles]),
    certificate: summarize(peer.path),
  });
}

function summarize({leaf, anchor, policies}: VerifiedPath): CertificateSummary {
  return Object.freeze({
    fingerprint: leaf.fingerprint,
    serialNumber: leaf.serialNumber,
    subject: formatDistinguishedName(leaf.subject),
    issuer: formatDistinguishedName(leaf.issuer),
    anchor: anchor.name,
    notBefore: leaf.notBefore.toISOString(),
    notAfter: leaf.notAfter.toISOString(),
    subjectAltNames: Object.freeze(leaf.subjectAltNames.flatMap(formatAlternativeName)),
    extendedKeyUsages: Object.freeze([...(leaf.extensions.extendedKeyUsage ?? [])]),
    policies: Object.freeze([...policies]),
  });
}

function formatAlternativeName(name: GeneralName): readonly string[] {
  switch (name.kind) {
    case 'dns':
    case 'email':
    case 'uri':
    case 'ip':
    case 'upn':
    case 'registeredId':
      return [`${name.kind}:${name.value}`];
    case 'directory':
      return [`directory:${formatDistinguishedName(name.value)}`];
    case 'other':
    case 'unsupported':
      return [];
  }
}
