import type {KeyObject} from 'node:crypto';
import {inspect} from 'node:util';
import {encodePem} from '../x509/pem';
import {encodeCertificate} from './certificate';
import type {CertificateSpec} from './certificate';
import {Credential} from './credential';
import {encodeCrl} from './crl';
import type {CrlSpec} from './crl';
import type {ExtensionValues} from './extensions';
import {generateKey, keyIdentifierOf} from './keys';
import {encodeName} from './names';
import {encodeOcspResponse} from './ocsp';
import type {OcspSpec} from './ocsp';

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
  const certificate = encodeCertificate(authorityProfile(spec), key, {name, key}, clock());
  const credential = new Credential(certificate, [], key);
  return new Authority({credential, name, keyIdentifier: keyIdentifierFor(spec, key), presents: []}, clock);
}

/** A CRL in both forms. */
export interface SignedCrl {
  readonly der: Buffer;
  readonly pem: string;
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
    return new Credential(encodeCertificate(spec, key, this, this.#clock()), this.presents, key);
  }

  /** Signs a CRL. */
  issueCrl(spec: CrlSpec = {}): SignedCrl {
    const der = encodeCrl(spec, this, this.#clock());
    return {der, pem: encodePem(der, 'X509 CRL')};
  }

  /** Answers about certificates it issued, or has a responder answer: DER of an OCSPResponse. */
  answerOcsp(spec: OcspSpec): Buffer {
    return encodeOcspResponse(spec, this, this.#clock());
  }

  toJSON(): object {
    return this.credential.toJSON();
  }

  [inspect.custom](): string {
    return `Authority { ${inspect(this.credential)} }`;
  }
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
