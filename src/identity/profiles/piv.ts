import {parseDer, readOctetString} from '../../x509/der';
import {MtlsError} from '../../errors';
import type {VerifiedPeer} from '../../trust/decision';
import {alternativeValues, COMMON_NAME, subjectValues} from '../attributes';
import type {IdentityResolver} from '../rules';
import {parseFascN} from './fasc-n';
import type {FascN} from './fasc-n';
import {onlyOne} from './refuse';

/** Who holds a PIV or Common Access Card, as its authentication certificate says. Each list may be empty. */
export interface PivHolder {
  readonly upns: readonly string[];
  readonly fascNs: readonly FascN[];
  /** Lower case, without `urn:uuid:`. */
  readonly cardUuids: readonly string[];
  /** Ten-digit person identifiers of the Department of Defense, wherever the certificate carries one. */
  readonly edipis: readonly string[];
}

/** How PIV certificates become principals. */
export interface PivOptions {
  /** What identifies a person. The FASC-N and the UUID belong to the card and change with it. */
  readonly id: 'upn' | 'edipi' | 'fasc-n' | 'card-uuid';
  /** Certificate policies of which one must survive the path. Default: id-fpki-common-authentication. */
  readonly policies?: readonly string[];
  /** What the person may do; undefined refuses. */
  readonly roles: (
    id: string,
    holder: PivHolder,
    signal: AbortSignal,
  ) => readonly string[] | undefined | Promise<readonly string[] | undefined>;
}

/** FIPS 201-3 section 4.2.2: the policy of the PIV authentication certificate. */
export const PIV_AUTHENTICATION = '2.16.840.1.101.3.2.1.3.13';
/** OtherName of the FASC-N (FIPS 201-3 appendix B). */
const FASC_N = '2.16.840.1.101.3.6.6';

/** A resolver for PIV and CAC authentication certificates. */
export function piv(options: PivOptions): IdentityResolver {
  const policies = options.policies ?? [PIV_AUTHENTICATION];
  return async (peer, signal) => {
    if (!policies.some(policy => peer.path.policies.includes(policy))) {
      const found = peer.path.policies.join(', ') || 'none';
      throw new MtlsError({code: 'ERR_MTLS_CERTIFICATE_POLICY', required: policies.join(' or '), found, where: 'leaf'});
    }
    const holder = pivHolderOf(peer);
    const id = identify(holder, options.id);
    const roles = await options.roles(id, holder, signal);
    return roles === undefined ? undefined : {id, roles};
  };
}

/**
 * Reads who holds the card.
 *
 * @throws MtlsError `ERR_MTLS_DER`, `ERR_MTLS_IDENTITY_PROFILE` when a FASC-N is malformed
 */
export function pivHolderOf(peer: VerifiedPeer): PivHolder {
  const upns = alternativeValues(peer, 'upn');
  const fascNs = peer.facts.subjectAltNames.flatMap(name => {
    return name.kind === 'other' && name.type === FASC_N ? [parseFascN(readOctetString(parseDer(name.value)))] : [];
  });
  const cardUuids = alternativeValues(peer, 'uri').flatMap(uri => {
    const [, uuid] = /^urn:uuid:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i.exec(uri) ?? [];
    return uuid === undefined ? [] : [uuid.toLowerCase()];
  });
  const edipis = [
    ...fascNs.map(({personIdentifier}) => personIdentifier),
    ...upns.flatMap(upn => captured(/^(\d{10})(?:\d{6})?@mil$/i, upn)),
    ...subjectValues(peer, COMMON_NAME).flatMap(name => captured(/\.(\d{10})$/, name)),
  ];
  return Object.freeze({upns, fascNs, cardUuids, edipis});
}

function captured(pattern: RegExp, text: string): readonly string[] {
  return pattern.exec(text)?.slice(1, 2) ?? [];
}

function identify(holder: PivHolder, source: PivOptions['id']): string {
  switch (source) {
    case 'upn':
      return onlyOne(holder.upns, 'UPN');
    case 'edipi':
      return onlyOne(holder.edipis, 'EDIPI');
    case 'card-uuid':
      return onlyOne(holder.cardUuids, 'card UUID');
    case 'fasc-n':
      return onlyOne(
        holder.fascNs.map(fields => Object.values(fields).join('-')),
        'FASC-N',
      );
  }
}
