import type {KeyObject} from 'node:crypto';
import {inspect} from 'node:util';
import type {RawExtension} from '../x509/extensions';
import {encodeCertificate} from './certificate';
import type {CertificateContent, Validity} from './certificate';
import {Credential} from './credential';
import {encodeExtensions} from './extensions';
import type {ExtensionName, ExtensionValues} from './extensions';
import {generateKey, keyIdentifierOf, spkiOf} from './keys';
import type {KeyKind} from './keys';
import {encodeName} from './names';
import type {NameSpec} from './names';
import {randomSerialNumber, serialValue} from './serial-number';
import type {SerialNumber} from './serial-number';
import type {SignatureScheme} from './signing';

/** How long from now, in one unit. */
export type Lifetime = {readonly days: number} | {readonly minutes: number};

/** What a certificate shall say. Extensions are properties by name; what is left out gets the default of the profile. */
export interface CertificateSpec extends Partial<ExtensionValues> {
  readonly subject: NameSpec;
  /** What kind of key to make, or a key to reuse. A public key will do. Default `ecdsa-p256`. */
  readonly key?: KeyKind | KeyObject;
  /** Default 30 days from now, 3650 for an authority. */
  readonly validity?: Validity | Lifetime;
  /** Default random. */
  readonly serialNumber?: SerialNumber;
  /** Default 3. Versions 1 and 2 have no extensions but `otherExtensions`. */
  readonly version?: CertificateContent['version'];
  /** Extensions of the profile that shall be left out. */
  readonly without?: readonly ExtensionName[];
  /** Criticality where it shall not be what RFC 5280 asks for. */
  readonly criticality?: Readonly<Partial<Record<ExtensionName, 'critical' | 'not critical'>>>;
  /** Extensions this CA has no name for, or a second time one that it has. */
  readonly otherExtensions?: readonly RawExtension[];
  readonly uniqueIdentifiers?: NonNullable<CertificateContent['uniqueIdentifiers']>;
  /** Default: what fits the key of the issuer. */
  readonly scheme?: SignatureScheme;
  /** What to do wrong on purpose, for tests of those who must notice. */
  readonly mistakes?: Mistakes;
}

/** Ways in which an issued certificate can be wrong. */
export interface Mistakes {
  /** Another issuer name than that of the signer. */
  readonly issuer?: NameSpec;
  /** Another key than that of the issuer. */
  readonly signingKey?: KeyObject;
  /** Another algorithm outside the signed bytes than inside. */
  readonly outerScheme?: SignatureScheme;
  /** One bit changed after signing. */
  readonly corrupt?: 'content' | 'signature';
}

/** A certificate that may issue others, with the limits it carries. */
export interface AuthoritySpec extends CertificateSpec {
  /** Most intermediates below it; without it there is no limit. */
  readonly pathLength?: number;
}

/** Tells the time; a test passes one that stands still. */
export type Clock = () => Date;

const CLIENT = {
  basicConstraints: {ca: false},
  keyUsage: ['digitalSignature'],
  extendedKeyUsage: ['clientAuth'],
} as const satisfies Partial<ExtensionValues>;

const SERVER = {...CLIENT, extendedKeyUsage: ['serverAuth']} as const satisfies Partial<ExtensionValues>;

const OCSP_RESPONDER = {
  ...CLIENT,
  extendedKeyUsage: ['ocspSigning'],
  ocspNoCheck: true,
} as const satisfies Partial<ExtensionValues>;

/** Makes a root: an authority that signs itself. */
export function createAuthority(spec: AuthoritySpec, clock: Clock = () => new Date()): Authority {
  const key = keyOf(spec);
  const name = encodeName(spec.subject);
  const certificate = certify(authorityProfile(spec), key, {name, key}, clock());
  const credential = new Credential(certificate, [], key);
  return new Authority({credential, name, keyIdentifier: keyIdentifierFor(spec, key), presents: []}, clock);
}

/** What an authority is made of. */
export interface AuthorityParts {
  readonly credential: Credential;
  /** DER of its name, as it goes into what it issues. */
  readonly name: Buffer;
  readonly keyIdentifier: Buffer;
  /** What its leaves present after their own certificate: this authority and those above it, without the root. */
  readonly presents: readonly Buffer[];
}

/** A CA of the development PKI. It holds its key; it prints none. */
export class Authority {
  readonly credential: Credential;
  readonly name: Buffer;
  readonly keyIdentifier: Buffer;
  readonly presents: readonly Buffer[];
  readonly #clock: Clock;

  constructor(parts: AuthorityParts, clock: Clock) {
    this.credential = parts.credential;
    this.name = parts.name;
    this.keyIdentifier = parts.keyIdentifier;
    this.presents = parts.presents;
    this.#clock = clock;
  }

  /** DER of its certificate. */
  get certificate(): Buffer {
    return this.credential.certificate;
  }

  /** Its certificate as PEM. */
  get pem(): string {
    return this.credential.pem;
  }

  /** Its private key. */
  get key(): KeyObject {
    return this.credential.key;
  }

  /** Issues an intermediate authority. */
  issueAuthority(spec: AuthoritySpec): Authority {
    const key = keyOf(spec);
    const credential = this.issue({...authorityProfile(spec), key});
    const name = encodeName(spec.subject);
    const presents = [credential.certificate, ...this.presents];
    return new Authority({credential, name, keyIdentifier: keyIdentifierFor(spec, key), presents}, this.#clock);
  }

  /** Issues a certificate for TLS client authentication. */
  issueClient(spec: CertificateSpec): Credential {
    return this.issue({...CLIENT, ...spec});
  }

  /** Issues a certificate for TLS server authentication. */
  issueServer(spec: CertificateSpec): Credential {
    return this.issue({...SERVER, ...spec});
  }

  /** Issues a certificate for a delegated OCSP responder (RFC 6960 section 4.2.2.2). */
  issueOcspResponder(spec: CertificateSpec): Credential {
    return this.issue({...OCSP_RESPONDER, ...spec});
  }

  /** Issues what the specification says, adding nothing but the two key identifiers. */
  issue(spec: CertificateSpec): Credential {
    const key = keyOf(spec);
    return new Credential(certify(spec, key, this, this.#clock()), this.presents, key);
  }

  toJSON(): object {
    return this.credential.toJSON();
  }

  [inspect.custom](): string {
    return `Authority { ${inspect(this.credential)} }`;
  }
}

/** Whose name and key are in a signature. A root has no key identifier to point to (RFC 5280 section 4.2.1.1). */
interface Signer {
  readonly name: Buffer;
  readonly key: KeyObject;
  readonly keyIdentifier?: Buffer;
}

function certify(spec: CertificateSpec, subjectKey: KeyObject, signer: Signer, now: Date): Buffer {
  const {mistakes = {}, version = 3} = spec;
  return encodeCertificate(
    {
      version,
      serialNumber: spec.serialNumber === undefined ? randomSerialNumber() : serialValue(spec.serialNumber),
      issuer: mistakes.issuer ?? signer.name,
      validity: validityOf(spec.validity ?? {days: 30}, now),
      subject: spec.subject,
      spki: spkiOf(subjectKey),
      extensions: version === 3 ? extensionsOf(spec, subjectKey, signer) : (spec.otherExtensions ?? []),
      ...(spec.uniqueIdentifiers ? {uniqueIdentifiers: spec.uniqueIdentifiers} : {}),
    },
    {
      key: mistakes.signingKey ?? signer.key,
      scheme: spec.scheme,
      outerScheme: mistakes.outerScheme,
      corrupt: mistakes.corrupt,
    },
  );
}

function extensionsOf(spec: CertificateSpec, subjectKey: KeyObject, signer: Signer): readonly RawExtension[] {
  const values: Partial<ExtensionValues> = {
    subjectKeyIdentifier: keyIdentifierFor(spec, subjectKey),
    ...(signer.keyIdentifier ? {authorityKeyIdentifier: {keyIdentifier: signer.keyIdentifier}} : {}),
    ...spec,
  };
  const wanted = Object.fromEntries(Object.entries(values).filter(([name]) => !isLeftOut(spec, name)));
  return [...encodeExtensions(wanted, criticalityOf(spec)), ...(spec.otherExtensions ?? [])];
}

function isLeftOut({without = []}: CertificateSpec, name: string): boolean {
  return without.some(left => left === name);
}

/** RFC 5280 section 4.2.1.6: without a subject the alternative names are all there is, so they are critical. */
function criticalityOf(spec: CertificateSpec): CertificateSpec['criticality'] {
  const nameless = Array.isArray(spec.subject) && spec.subject.length === 0;
  return {...(nameless ? {subjectAltNames: 'critical'} : {}), ...spec.criticality};
}

function authorityProfile(spec: AuthoritySpec): AuthoritySpec {
  return {
    basicConstraints: {ca: true, ...(spec.pathLength === undefined ? {} : {pathLength: spec.pathLength})},
    keyUsage: ['keyCertSign', 'cRLSign'],
    validity: {days: 3650},
    ...spec,
  };
}

function keyOf({key = 'ecdsa-p256'}: CertificateSpec): KeyObject {
  return typeof key === 'string' ? generateKey(key) : key;
}

function keyIdentifierFor(spec: CertificateSpec, key: KeyObject): Buffer {
  return spec.subjectKeyIdentifier ?? keyIdentifierOf(key);
}

function validityOf(validity: Validity | Lifetime, now: Date): Validity {
  if ('notBefore' in validity) return validity;
  const minutes = 'minutes' in validity ? validity.minutes : validity.days * 24 * 60;
  return {notBefore: now, notAfter: new Date(now.getTime() + minutes * 60_000)};
}
