import type {AuthenticationEvent, PeerSummary} from '../audit/events';
import type {Publish} from '../audit/publish';
import type {Principal} from '../identity/principal';
import type {VerifiedPath} from '../trust/decision';
import type {CertificateFacts} from '../x509/certificate';
import {formatDistinguishedName} from '../x509/rfc4514';

/** Where a connection comes from, captured when it was accepted: a destroyed socket no longer tells. */
export interface RemoteEnd {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
}

/** The other end of a connection as events show it. */
export function peerSummary({remoteAddress, remotePort}: RemoteEnd, leaf: CertificateFacts | undefined): PeerSummary {
  if (leaf === undefined) return {remoteAddress, remotePort};
  return {
    remoteAddress,
    remotePort,
    fingerprint: leaf.fingerprint,
    subject: formatDistinguishedName(leaf.subject),
    issuer: formatDistinguishedName(leaf.issuer),
    serialNumber: leaf.serialNumber,
    notAfter: leaf.notAfter.toISOString(),
  };
}

/** The same of a connection that has a principal: what was made ready for the principal is not made again. */
export function principalSummary({remoteAddress, remotePort}: RemoteEnd, {certificate}: Principal): PeerSummary {
  const {fingerprint, subject, issuer, serialNumber, notAfter} = certificate;
  return {remoteAddress, remotePort, fingerprint, subject, issuer, serialNumber, notAfter};
}

/** Tells whom a verified client was mapped to, and by which rules. */
export function tellPrincipal(
  {id, roles}: Principal,
  known: Pick<AuthenticationEvent, 'peer' | 'rules' | 'generation'>,
  tell: Publish,
): void {
  tell({family: 'authentication', principal: id, roles, ...known});
}

/** Tells that a client is let in by revocation data past its nextUpdate, where that is so. */
export function tellGrace({grace}: VerifiedPath, peer: PeerSummary, tell: Publish): void {
  if (grace === undefined) return;
  tell({family: 'revocation', phase: 'grace', source: grace.source, peer, until: grace.until.toISOString()});
}
