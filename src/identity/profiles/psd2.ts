import {MtlsError} from '../../errors';
import {DerReader, childrenOf, parseDer, readOid, Tag} from '../../x509/der';
import type {DerNode} from '../../x509/der';
import {readText} from '../../x509/strings';
import type {VerifiedPeer} from '../../trust/decision';
import {subjectValues} from '../attributes';
import type {IdentityResolver} from '../rules';
import {offProfile, onlyOne} from './refuse';

/** Role of a payment service provider (ETSI TS 119 495 clause 4.2). */
export type PspRole = 'PSP_AS' | 'PSP_PI' | 'PSP_AI' | 'PSP_IC';

/** What the PSD2 statement of a certificate says. */
export interface Psd2Statement {
  readonly roles: readonly PspRole[];
  /** Name of the national competent authority. */
  readonly authorityName: string;
  /** Its identifier, for example `DE-BAFIN`. */
  readonly authorityId: string;
}

/** RFC 3739 section 3.2.6. */
const QC_STATEMENTS = '1.3.6.1.5.5.7.1.3';
/** ETSI TS 119 495 annex A. */
const PSD2_STATEMENT = '0.4.0.19495.2';
const ROLES: ReadonlyMap<string, PspRole> = new Map([
  ['0.4.0.19495.1.1', 'PSP_AS'],
  ['0.4.0.19495.1.2', 'PSP_PI'],
  ['0.4.0.19495.1.3', 'PSP_AI'],
  ['0.4.0.19495.1.4', 'PSP_IC'],
]);
const ORGANIZATION_IDENTIFIER = '2.5.4.97';
/** TS 119 495 clause 5.2.1: `PSD`, country, authority, and the number the authority gave. */
const AUTHORIZATION_NUMBER = /^PSD([A-Z]{2}-[A-Z]{2,8})-[!-~]+$/;

/**
 * A resolver for PSD2 certificates (QWAC): the principal is the authorization number of the payment service provider,
 * its roles are those of the certificate (`PSP_AS`, `PSP_PI`, `PSP_AI`, `PSP_IC`). Limit the roles that a CA may give
 * with `mayVouchFor.roles` of its anchor.
 */
export function psd2(): IdentityResolver {
  return peer => {
    const statement = psd2StatementOf(peer);
    if (statement === undefined) return undefined;
    const id = onlyOne(subjectValues(peer, ORGANIZATION_IDENTIFIER), 'organizationIdentifier');
    const [, authority] = AUTHORIZATION_NUMBER.exec(id) ?? [];
    if (authority === undefined) throw offProfile('an authorization number `PSDxx-yyyy-...`', 'another identifier');
    if (authority !== statement.authorityId) {
      const required = 'one competent authority in number and statement';
      const found = `${authority} and ${statement.authorityId}`;
      throw new MtlsError({code: 'ERR_MTLS_IDENTITY_CONTRADICTION', required, found, where: 'leaf'});
    }
    return {id, roles: statement.roles};
  };
}

/**
 * The PSD2 statement of a certificate, or undefined when it has none.
 *
 * @throws MtlsError `ERR_MTLS_DER`, `ERR_MTLS_IDENTITY_PROFILE`
 */
export function psd2StatementOf(peer: VerifiedPeer): Psd2Statement | undefined {
  const extension = peer.facts.extensions.all.find(({oid}) => oid === QC_STATEMENTS);
  if (extension === undefined) return undefined;
  const found: Psd2Statement[] = [];
  for (const node of childrenOf(parseDer(extension.value, Tag.SEQUENCE), Tag.SEQUENCE)) {
    const reader = new DerReader(node);
    if (readOid(reader.read(Tag.OID)) !== PSD2_STATEMENT) continue;
    found.push(readStatement(reader.read(Tag.SEQUENCE)));
    reader.finish();
  }
  if (found.length > 1) throw offProfile('one PSD2 statement', `${found.length}`);
  return found[0];
}

/** `PSD2QcType ::= SEQUENCE { rolesOfPSP, nCAName, nCAId }` */
function readStatement(node: DerNode): Psd2Statement {
  const reader = new DerReader(node);
  const roles = childrenOf(reader.read(Tag.SEQUENCE), Tag.SEQUENCE).map(readRole);
  const authorityName = readText(reader.read(Tag.UTF8_STRING));
  const authorityId = readText(reader.read(Tag.UTF8_STRING));
  reader.finish();
  if (roles.length === 0) throw offProfile('at least one role of a payment service provider', 'none');
  return Object.freeze({roles: Object.freeze(roles), authorityName, authorityId});
}

/** Clause 5.2.2: the name is the one that belongs to the OID; a certificate that says two things says nothing. */
function readRole(node: DerNode): PspRole {
  const reader = new DerReader(node);
  const oid = readOid(reader.read(Tag.OID));
  const name = readText(reader.read(Tag.UTF8_STRING));
  reader.finish();
  const role = ROLES.get(oid);
  if (role === undefined) throw offProfile(`a role among ${[...ROLES.values()].join(', ')}`, oid);
  if (name !== role) throw offProfile(`the name ${role} beside its OID`, 'another name');
  return role;
}
