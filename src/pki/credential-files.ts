import {X509Certificate, createPrivateKey} from 'node:crypto';
import {parseCertificate} from '../x509/certificate';
import {decodePem} from '../x509/pem';
import {Authority} from './authority';
import type {Clock} from './authority';
import {Credential} from './credential';
import {authorityIn, isAuthority} from './index-queries';
import {keyIdentifierOf} from './keys';
import type {CertificateRecord, FileToWrite, Index, Purpose} from './records';
import type {Store} from './store';

/** What the index says about a new certificate. */
export function recordOf(name: string, purpose: Purpose, issuer: string, credential: Credential): CertificateRecord {
  const {serialNumber, notBefore, notAfter} = parseCertificate(credential.certificate);
  return {name, purpose, issuer, serialNumber, notBefore, notAfter};
}

/** The files of a certificate and its key, the key first: whoever watches the certificate finds its key there. */
export function filesOf(record: CertificateRecord, credential: Credential): readonly FileToWrite[] {
  return [
    {file: keyFileOf(record), content: credential.exportKeyPem(), access: 'secret'},
    {file: `${record.name}.crt`, content: credential.chainPem, access: 'public'},
  ];
}

/** Where the private key of a certificate is. */
export function keyFileOf(record: CertificateRecord): string {
  return isAuthority(record) ? `ca/${record.name}.key` : `${record.name}.key`;
}

/** Reads the current certificate of a record's name, its intermediates and its key. */
export function loadCredential(store: Store, record: CertificateRecord): Credential {
  const chain = store.read(`${record.name}.crt`);
  const [, ...intermediates] = decodePem(chain.toString('latin1'), 'CERTIFICATE');
  // Node reads the first certificate of a chain.
  return new Credential(new X509Certificate(chain).raw, intermediates, createPrivateKey(store.read(keyFileOf(record))));
}

/**
 * Reads an authority back.
 *
 * @throws MtlsError `ERR_MTLS_PKI` when there is none of that name
 */
export function loadAuthority(store: Store, index: Index, name: string, clock: Clock): Authority {
  const record = authorityIn(index, name);
  const credential = loadCredential(store, record);
  const {subject, extensions} = parseCertificate(credential.certificate);
  return new Authority(
    {
      credential,
      name: subject.der,
      keyIdentifier: extensions.subjectKeyIdentifier ?? keyIdentifierOf(credential.key),
      presents: record.purpose === 'root' ? [] : [credential.certificate, ...credential.intermediates],
    },
    clock,
  );
}
