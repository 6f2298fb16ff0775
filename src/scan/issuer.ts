import {createPrivateKey, X509Certificate} from 'node:crypto';
import {MtlsError} from '../errors';
import {Authority} from '../pki/authority';
import {Credential} from '../pki/credential';
import {keyIdentifierOf} from '../pki/keys';
import {parseCertificate} from '../x509/certificate';
import {decodePem} from '../x509/pem';

/**
 * Makes an authority of the scan from the PEM of a CA the server trusts and of its key.
 *
 * @throws MtlsError `ERR_MTLS_SCAN_OPTION` when they do not belong together or it is no CA, `ERR_MTLS_PEM`
 */
export function readIssuer(certificatePem: string, keyPem: string, passphrase?: string): Authority {
  const [certificate = Buffer.alloc(0), ...intermediates] = decodePem(certificatePem, 'CERTIFICATE');
  const {subject, issuer, extensions} = parseCertificate(certificate);
  const key = createPrivateKey({key: keyPem, ...(passphrase === undefined ? {} : {passphrase})});
  const matches = new X509Certificate(certificate).checkPrivateKey(key);
  if (!matches || extensions.basicConstraints?.ca !== true) {
    const found = matches ? 'a certificate that is no CA' : 'a key of another certificate';
    throw new MtlsError({code: 'ERR_MTLS_SCAN_OPTION', required: 'a CA with its own key', found, where: 'issuer'});
  }
  return new Authority(
    {
      credential: new Credential(certificate, intermediates, key),
      name: subject.der,
      keyIdentifier: extensions.subjectKeyIdentifier ?? keyIdentifierOf(key),
      presents: subject.comparable === issuer.comparable ? [] : [certificate, ...intermediates],
    },
    () => new Date(),
  );
}
