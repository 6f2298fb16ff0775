import type {KeyObject} from 'node:crypto';
import type {RawExtension} from '../x509/extensions';
import {bitString, context, integer, retag, sequence, time} from './der';
import {encodeExtension, encodeExtensions} from './extensions';
import type {ExtensionName, ExtensionValues} from './extensions';
import {keyIdentifierOf, spkiOf} from './keys';
import type {KeyKind} from './keys';
import {encodeName} from './names';
import type {NameSpec} from './names';
import {randomSerialNumber, serialValue} from './serial-number';
import type {SerialNumber} from './serial-number';
import {signed} from './signed';
import type {Signer, SigningSpec} from './signed';
import {fromNow} from './validity';
import type {Lifetime, Validity} from './validity';

/** What a certificate shall say. Extensions are properties by name; what is left out gets the default of the profile. */
export interface CertificateSpec extends Partial<ExtensionValues>, SigningSpec {
  readonly subject: NameSpec;
  /** What kind of key to make, or a key to reuse. A public key will do. Default `ecdsa-p256`. */
  readonly key?: KeyKind | KeyObject;
  /** Default 30 days from now, 3650 for an authority. */
  readonly validity?: Validity | Lifetime;
  /** Default random. */
  readonly serialNumber?: SerialNumber;
  /** Default 3. Versions 1 and 2 get no extensions but `otherExtensions`. */
  readonly version?: 1 | 2 | 3;
  /** Extensions of the profile that shall be left out. */
  readonly without?: readonly ExtensionName[];
  /** Criticality where it shall not be what RFC 5280 asks for. */
  readonly criticality?: Readonly<Partial<Record<ExtensionName, 'critical' | 'not critical'>>>;
  /** Extensions this CA has no name for, or a second time one that it has. */
  readonly otherExtensions?: readonly RawExtension[];
  /** `[1] issuerUniqueID` and `[2] subjectUniqueID`, which RFC 5280 section 4.1.2.8 tells CAs not to write. */
  readonly uniqueIdentifiers?: {readonly issuer?: Buffer; readonly subject?: Buffer};
}

/** DER of a certificate (RFC 5280 section 4.1) for a key, either half of it. */
export function encodeCertificate(spec: CertificateSpec, subjectKey: KeyObject, signer: Signer, now: Date): Buffer {
  const {version = 3, serialNumber = randomSerialNumber(), uniqueIdentifiers: unique = {}} = spec;
  const {notBefore, notAfter} = validityOf(spec, now);
  const extensions = [
    ...(version === 3 ? namedExtensions(spec, subjectKey, signer) : []),
    ...(spec.otherExtensions ?? []),
  ];
  return signed(signer, spec, algorithm =>
    sequence(
      ...(version === 1 ? [] : [context(0, integer(version - 1))]),
      integer(serialValue(serialNumber)),
      algorithm,
      encodeName(spec.mistakes?.issuer ?? signer.name),
      sequence(time(notBefore), time(notAfter)),
      encodeName(spec.subject),
      spkiOf(subjectKey),
      ...(unique.issuer ? [retag(1, bitString(unique.issuer))] : []),
      ...(unique.subject ? [retag(2, bitString(unique.subject))] : []),
      ...(extensions.length === 0 ? [] : [context(3, sequence(...extensions.map(encodeExtension)))]),
    ),
  );
}

function validityOf({validity = {days: 30}}: CertificateSpec, now: Date): Validity {
  return 'notBefore' in validity ? validity : fromNow(validity, now);
}

function namedExtensions(spec: CertificateSpec, subjectKey: KeyObject, signer: Signer): readonly RawExtension[] {
  const values: Partial<ExtensionValues> = {
    subjectKeyIdentifier: keyIdentifierOf(subjectKey),
    ...(signer.keyIdentifier ? {authorityKeyIdentifier: {keyIdentifier: signer.keyIdentifier}} : {}),
    ...spec,
  };
  return encodeExtensions(values, criticalityOf(spec), spec.without);
}

/** RFC 5280 section 4.2.1.6: without a subject the alternative names are all there is, so they are critical. */
function criticalityOf(spec: CertificateSpec): CertificateSpec['criticality'] {
  const nameless = Array.isArray(spec.subject) && spec.subject.length === 0;
  return {...(nameless ? {subjectAltNames: 'critical'} : {}), ...spec.criticality};
}
