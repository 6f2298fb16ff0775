import type {Refusal} from '../errors';
import type {VerifiedPeer} from '../trust/decision';
import {alternativeValues, COMMON_NAME, subjectValues} from './attributes';
import type {IdSource} from './principal';

/** Every source of an identifier, and the values a certificate offers there. */
export const ID_SOURCES: Readonly<Record<IdSource, (peer: VerifiedPeer) => readonly string[]>> = Object.freeze({
  'san.uri': (peer: VerifiedPeer) => alternativeValues(peer, 'uri'),
  'san.dns': (peer: VerifiedPeer) => alternativeValues(peer, 'dns').map(name => name.toLowerCase()),
  'san.email': (peer: VerifiedPeer) => alternativeValues(peer, 'email').map(withLowerCaseDomain),
  'san.upn': (peer: VerifiedPeer) => alternativeValues(peer, 'upn').map(withLowerCaseDomain),
  'san.ip': (peer: VerifiedPeer) => alternativeValues(peer, 'ip'),
  'subject.commonName': (peer: VerifiedPeer) => subjectValues(peer, COMMON_NAME),
  fingerprint: (peer: VerifiedPeer) => [peer.facts.fingerprint],
});

/** The one identifier the certificate offers at the source; none or several different ones are a refusal. */
export function identifierOf(peer: VerifiedPeer, source: IdSource): {readonly id: string} | {readonly why: Refusal} {
  const candidates = [...new Set(ID_SOURCES[source](peer))];
  const [id] = candidates;
  if (id === undefined) {
    return {why: {code: 'ERR_MTLS_IDENTITY_MISSING', required: `one ${source}`, found: 'none', where: 'leaf'}};
  }
  if (candidates.length > 1) {
    return {why: ambiguous(`exactly one ${source}`, `${candidates.length} different ones`)};
  }
  // RFC 6125 section 7.2: a wildcard names many hosts, so it identifies none.
  if (source === 'san.dns' && id.includes('*')) return {why: ambiguous('the DNS name of one host', 'a wildcard')};
  return {id};
}

/** RFC 5280 section 7.5: the domain of a mailbox has no case. */
function withLowerCaseDomain(mailbox: string): string {
  const at = mailbox.lastIndexOf('@');
  return mailbox.slice(0, at + 1) + mailbox.slice(at + 1).toLowerCase();
}

function ambiguous(required: string, found: string): Refusal {
  return {code: 'ERR_MTLS_IDENTITY_AMBIGUOUS', required, found, where: 'leaf'};
}
