import {MtlsError} from '../errors';
import {DerReader, parseDer, readInteger, readSmallInteger, readTime, Tag} from './der';
import type {DerNode} from './der';
import {parseGeneralNames} from './general-name';
import type {GeneralName} from './names';
import {parseRawExtensions} from './extensions';

/** RFC 5280 section 5.3.1, in the words of the RFC; the index is the number, 7 is not used. */
export const CRL_REASONS = Object.freeze([
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  undefined,
  'removeFromCRL',
  'privilegeWithdrawn',
  'aACompromise',
] as const);

/** Why a certificate is revoked. */
export type CrlReason = NonNullable<(typeof CRL_REASONS)[number]>;

/** What a CRL says about one certificate. */
export interface CrlEntry {
  readonly revocationDate: Date;
  /** `unspecified` when the entry gives none. */
  readonly reason: CrlReason;
  /** RFC 5280 section 5.3.2: when the key is thought to have been lost. */
  readonly invalidityDate?: Date;
  /** RFC 5280 section 5.3.3: who issued this and the following certificates, in an indirect CRL. */
  readonly certificateIssuer?: readonly GeneralName[];
  /** OIDs of critical extensions that are not understood. */
  readonly unknownCritical: readonly string[];
}

const REASON_CODE = '2.5.29.21';
const INVALIDITY_DATE = '2.5.29.24';
const CERTIFICATE_ISSUER = '2.5.29.29';

/**
 * Reads one entry of revokedCertificates (RFC 5280 section 5.1.2.6).
 *
 * @throws MtlsError `ERR_MTLS_DER`, `ERR_MTLS_CRL_MALFORMED`, `ERR_MTLS_EXTENSION_DUPLICATE`
 */
export function parseCrlEntry(node: DerNode): CrlEntry {
  const reader = new DerReader(node);
  readInteger(reader.read());
  const revocationDate = readTime(reader.read());
  const extensions = reader.done ? [] : parseRawExtensions(reader.read(Tag.SEQUENCE));
  reader.finish();

  let entry: CrlEntry = {revocationDate, reason: 'unspecified', unknownCritical: []};
  for (const {oid, critical, value} of extensions) {
    if (oid === REASON_CODE) entry = {...entry, reason: reasonOf(readSmallInteger(parseDer(value), Tag.ENUMERATED))};
    else if (oid === INVALIDITY_DATE)
      entry = {...entry, invalidityDate: readTime(parseDer(value, Tag.GENERALIZED_TIME))};
    else if (oid === CERTIFICATE_ISSUER) entry = {...entry, certificateIssuer: parseGeneralNames(parseDer(value))};
    else if (critical) entry = {...entry, unknownCritical: [...entry.unknownCritical, oid]};
  }
  return entry;
}

/** The reason of a number in a CRL entry or an OCSP answer. */
export function reasonOf(number: number): CrlReason {
  const reason = CRL_REASONS[number];
  if (reason === undefined) {
    throw new MtlsError({code: 'ERR_MTLS_CRL_MALFORMED', required: 'a reason code of RFC 5280', found: `${number}`});
  }
  return reason;
}
