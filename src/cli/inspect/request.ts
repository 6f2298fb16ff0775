import {verifySignature} from '../../trust/signature';
import type {CertificateRequestFacts} from '../../x509/certificate-request';
import {extensionFacts, keyWarnings, signatureWarnings} from './certificate';
import type {Description} from './description';
import {keyText, nameText, signatureText} from './words';

/** Describes a certification request: what its maker would like to have. */
export function describeRequest(request: CertificateRequestFacts): Description {
  const {subject, publicKey, requestedExtensions, signatureAlgorithm, tbs, signature} = request;
  const isSigned = verifySignature(signatureAlgorithm, tbs, signature, publicKey);
  return {
    title: 'Certification request',
    facts: [
      ['subject', nameText(subject)],
      ['key', keyText(publicKey)],
      ['signature', signatureText(signatureAlgorithm)],
      ...extensionFacts(requestedExtensions),
    ],
    warnings: [
      ...keyWarnings(publicKey),
      ...signatureWarnings(signatureAlgorithm),
      ...(isSigned ? [] : ['the signature is not by the key in it: whoever made it may not have the key']),
      ...(requestedExtensions.subjectAltName === undefined ? ['it asks for no subject alternative name'] : []),
      ...(requestedExtensions.basicConstraints?.ca === true ? ['it asks to be a CA'] : []),
    ],
  };
}
