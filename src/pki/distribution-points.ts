import {boolean, context, namedBits, retag, sequence} from './der';
import {encodeGeneralName} from './general-names';
import type {GeneralNameSpec} from './general-names';
import {encodeRdn} from './names';
import type {AttributeSpec} from './names';

/** RFC 5280 section 4.2.1.13: the bits of ReasonFlags by name. */
const REASON_FLAGS = {
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  privilegeWithdrawn: 7,
  aACompromise: 8,
} as const;

export type ReasonFlag = keyof typeof REASON_FLAGS;

/** Where a CRL is: names in full, or one RDN below the name of the issuer. */
export type DistributionPointName =
  | {readonly fullName: readonly GeneralNameSpec[]; readonly relativeName?: never}
  | {readonly relativeName: readonly AttributeSpec[]; readonly fullName?: never};

/** A distribution point: a URL, or all of RFC 5280 section 4.2.1.13. */
export type DistributionPointSpec =
  | string
  | {
      readonly name?: DistributionPointName;
      readonly reasons?: readonly ReasonFlag[];
      readonly crlIssuer?: readonly GeneralNameSpec[];
    };

/** RFC 5280 section 5.2.5. */
export interface IssuingDistributionPointSpec {
  readonly name?: DistributionPointName;
  readonly covers?: 'user certificates' | 'CA certificates' | 'attribute certificates';
  readonly onlySomeReasons?: readonly ReasonFlag[];
  readonly indirect?: boolean;
}

/** DER of CRLDistributionPoints. */
export function encodeDistributionPoints(points: readonly DistributionPointSpec[]): Buffer {
  return sequence(...points.map(encodeDistributionPoint));
}

function encodeDistributionPoint(spec: DistributionPointSpec): Buffer {
  if (typeof spec === 'string') return encodeDistributionPoint({name: {fullName: [`uri:${spec}`]}});
  return sequence(
    ...encodePointName(spec.name),
    ...encodeReasons(1, spec.reasons),
    ...(spec.crlIssuer ? [context(2, ...spec.crlIssuer.map(encodeGeneralName))] : []),
  );
}

/** DER of IssuingDistributionPoint. */
export function encodeIssuingDistributionPoint(spec: IssuingDistributionPointSpec): Buffer {
  return sequence(
    ...encodePointName(spec.name),
    ...(spec.covers === 'user certificates' ? [retag(1, boolean(true))] : []),
    ...(spec.covers === 'CA certificates' ? [retag(2, boolean(true))] : []),
    ...encodeReasons(3, spec.onlySomeReasons),
    ...(spec.indirect ? [retag(4, boolean(true))] : []),
    ...(spec.covers === 'attribute certificates' ? [retag(5, boolean(true))] : []),
  );
}

/** `[0]` is explicit around the CHOICE of `[0] fullName` and `[1] nameRelativeToCRLIssuer`. */
function encodePointName(name: DistributionPointName | undefined): readonly Buffer[] {
  if (name === undefined) return [];
  if (name.fullName) return [context(0, context(0, ...name.fullName.map(encodeGeneralName)))];
  return [context(0, retag(1, encodeRdn(name.relativeName)))];
}

function encodeReasons(number: number, reasons: readonly ReasonFlag[] | undefined): readonly Buffer[] {
  return reasons ? [retag(number, namedBits(reasons.map(reason => REASON_FLAGS[reason])))] : [];
}
