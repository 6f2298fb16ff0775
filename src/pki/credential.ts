import type {KeyObject} from 'node:crypto';
import {inspect} from 'node:util';
import {MtlsError} from '../errors';
import {fingerprintOf} from '../x509/fingerprint';
import {encodePem} from '../x509/pem';
import {encodePkcs12} from './pkcs12';

/** A certificate with what its owner needs to use it: the chain to present and the private key. Prints no key. */
export class Credential {
  /** DER of the certificate. */
  readonly certificate: Buffer;
  /** DER of the certificates of the issuers, nearest first, without the root. */
  readonly intermediates: readonly Buffer[];
  readonly #key: KeyObject;

  /** `key` may be a public key: a certificate for a key that somebody else holds. */
  constructor(certificate: Buffer, intermediates: readonly Buffer[], key: KeyObject) {
    this.certificate = certificate;
    this.intermediates = intermediates;
    this.#key = key;
  }

  /**
   * The private key.
   *
   * @throws MtlsError `ERR_MTLS_PKI` when only the public key is here
   */
  get key(): KeyObject {
    if (this.#key.type === 'private') return this.#key;
    throw new MtlsError({code: 'ERR_MTLS_PKI', required: 'a private key', found: 'only the public key'});
  }

  /** The certificate as PEM. */
  get pem(): string {
    return encodePem(this.certificate, 'CERTIFICATE');
  }

  /** The certificate and its intermediates as PEM, in the order TLS presents them. */
  get chainPem(): string {
    return [this.certificate, ...this.intermediates].map(der => encodePem(der, 'CERTIFICATE')).join('');
  }

  /** The private key as PKCS#8 PEM, encrypted when there is a passphrase. The only way the key leaves as text. */
  exportKeyPem(passphrase?: string): string {
    return this.key
      .export({type: 'pkcs8', format: 'pem', ...(passphrase === undefined ? {} : {cipher: 'aes-256-cbc', passphrase})})
      .toString();
  }

  /** PKCS#12 with key, certificate and intermediates, as browsers and phones import it. */
  exportPkcs12(passphrase: string, friendlyName: string): Buffer {
    return encodePkcs12({
      certificate: this.certificate,
      intermediates: this.intermediates,
      key: this.key,
      passphrase,
      friendlyName,
    });
  }

  toJSON(): object {
    return {certificate: this.pem, key: '[secret]'};
  }

  [inspect.custom](): string {
    return `Credential { ${fingerprintOf(this.certificate)}, key: [secret] }`;
  }
}
