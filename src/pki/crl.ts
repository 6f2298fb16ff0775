import {CRL_REASONS} from '../x509/crl-entry';
import type {CrlReason} from '../x509/crl-entry';
import {Tag} from '../x509/der';
import type {RawExtension} from '../x509/extensions';
import {context, encode, enumerated, generalizedTime, integer, sequence, time} from './der';
import {encodeDistributionPoints, encodeIssuingDistributionPoint} from './distribution-points';
import type {DistributionPointSpec, IssuingDistributionPointSpec} from './distribution-points';
import {encodeAuthorityKeyIdentifier, encodeExtension} from './extensions';
import type {AuthorityKeyIdentifierSpec} from './extensions';
import {encodeGeneralName} from './general-names';
import {encodeName} from './names';
import type {NameSpec} from './names';
import {serialValue} from './serial-number';
import type {SerialNumber} from './serial-number';
import {keyIdentifierOf} from './keys';
import {signed} from './signed';
import type {Signer, SigningSpec} from './signed';
import {endOf} from './validity';

/** One revoked certificate. */
export interface CrlEntrySpec {
  readonly serialNumber: SerialNumber;
  readonly revokedAt: Date;
  readonly reason?: CrlReason;
  readonly invalidSince?: Date;
  /** In an indirect CRL: who issued this certificate and those of the entries that follow. */
  readonly certificateIssuer?: NameSpec;
  readonly otherExtensions?: readonly RawExtension[];
}

/** What a CRL shall say. */
export interface CrlSpec extends SigningSpec {
  /** Default none. */
  readonly entries?: Iterable<CrlEntrySpec>;
  /** Default now. */
  readonly thisUpdate?: Date;
  /** Default seven days after `thisUpdate`. */
  readonly nextUpdate?: Date;
  /** Default: `thisUpdate` in seconds, so that it grows. */
  readonly number?: bigint | number;
  /** Makes it a delta CRL: the number of the base it builds on. */
  readonly deltaOf?: bigint | number;
  readonly issuingDistributionPoint?: IssuingDistributionPointSpec;
  readonly freshestCrl?: readonly DistributionPointSpec[];
  readonly authorityKeyIdentifier?: AuthorityKeyIdentifierSpec;
  readonly otherExtensions?: readonly RawExtension[];
  /** Defaults that shall be left out. */
  readonly without?: readonly ('nextUpdate' | 'number' | 'authorityKeyIdentifier')[];
  /** Default 2. Version 1 gets no extensions but `otherExtensions`. */
  readonly version?: 1 | 2;
}

/** DER of a CRL (RFC 5280 section 5.1). */
export function encodeCrl(spec: CrlSpec, signer: Signer, now: Date): Buffer {
  const {thisUpdate = now, version = 2, without = []} = spec;
  const {nextUpdate = endOf({days: 7}, thisUpdate)} = spec;
  const entries = Array.from(spec.entries ?? [], encodeEntry);
  const extensions = [
    ...(version === 2 ? namedExtensions(spec, signer, thisUpdate) : []),
    ...(spec.otherExtensions ?? []),
  ];
  return signed(signer, spec, algorithm =>
    sequence(
      ...(version === 1 ? [] : [integer(1)]),
      algorithm,
      encodeName(spec.mistakes?.issuer ?? signer.name),
      time(thisUpdate),
      ...(without.includes('nextUpdate') ? [] : [time(nextUpdate)]),
      // RFC 5280 section 5.1.2.6: without entries the list is absent.
      ...(entries.length === 0 ? [] : [encode(Tag.SEQUENCE, Buffer.concat(entries))]),
      ...(extensions.length === 0 ? [] : [context(0, sequence(...extensions.map(encodeExtension)))]),
    ),
  );
}

function encodeEntry(entry: CrlEntrySpec): Buffer {
  const extensions = entryExtensions(entry);
  return sequence(
    integer(serialValue(entry.serialNumber)),
    time(entry.revokedAt),
    ...(extensions.length === 0 ? [] : [sequence(...extensions.map(encodeExtension))]),
  );
}

function entryExtensions(entry: CrlEntrySpec): readonly RawExtension[] {
  const {reason, invalidSince, certificateIssuer, otherExtensions = []} = entry;
  return [
    ...present(reason, '2.5.29.21', 'not critical', value => enumerated(CRL_REASONS.indexOf(value))),
    ...present(invalidSince, '2.5.29.24', 'not critical', generalizedTime),
    ...present(certificateIssuer, '2.5.29.29', 'critical', value =>
      sequence(encodeGeneralName({kind: 'directory', value})),
    ),
    ...otherExtensions,
  ];
}

function namedExtensions(spec: CrlSpec, signer: Signer, thisUpdate: Date): readonly RawExtension[] {
  const {without = [], number = Math.floor(thisUpdate.getTime() / 1000)} = spec;
  const issuerKey = spec.authorityKeyIdentifier ?? {keyIdentifier: signer.keyIdentifier ?? keyIdentifierOf(signer.key)};
  return [
    ...present(
      without.includes('authorityKeyIdentifier') ? undefined : issuerKey,
      '2.5.29.35',
      'not critical',
      encodeAuthorityKeyIdentifier,
    ),
    ...present(without.includes('number') ? undefined : number, '2.5.29.20', 'not critical', integer),
    ...present(spec.deltaOf, '2.5.29.27', 'critical', integer),
    ...present(spec.issuingDistributionPoint, '2.5.29.28', 'critical', encodeIssuingDistributionPoint),
    ...present(spec.freshestCrl, '2.5.29.46', 'not critical', encodeDistributionPoints),
  ];
}

function present<T>(
  value: T | undefined,
  dotted: string,
  criticality: 'critical' | 'not critical',
  write: (value: T) => Buffer,
): readonly RawExtension[] {
  return value === undefined ? [] : [{oid: dotted, critical: criticality === 'critical', value: write(value)}];
}
