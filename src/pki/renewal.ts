import type {CertificateFacts} from '../x509/certificate';
import type {CertificateSpec} from './certificate';

/** The two key identifiers belong to the keys and are written anew. */
const KEY_IDENTIFIERS: readonly string[] = ['2.5.29.14', '2.5.29.35'];

/** Subject and extensions of a certificate, byte for byte, for another one that says the same. */
export function contentsOf({subject, extensions}: CertificateFacts): CertificateSpec {
  return {
    subject: subject.der,
    otherExtensions: extensions.all.filter(({oid}) => !KEY_IDENTIFIERS.includes(oid)),
  };
}
