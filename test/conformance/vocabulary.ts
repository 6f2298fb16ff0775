import type {KeyUsage} from '../../src/x509/key-usage';

/** Words of the suites for extended key usages. */
export const PURPOSES: Readonly<Record<string, string>> = {
  anyExtendedKeyUsage: '2.5.29.37.0',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  OCSPSigning: '1.3.6.1.5.5.7.3.9',
};

/** Words of the suites for key usages. */
export const KEY_USAGES: Readonly<Record<string, KeyUsage>> = {
  digitalSignature: 'digitalSignature',
  contentCommitment: 'nonRepudiation',
  nonRepudiation: 'nonRepudiation',
  keyEncipherment: 'keyEncipherment',
  dataEncipherment: 'dataEncipherment',
  keyAgreement: 'keyAgreement',
  keyCertSign: 'keyCertSign',
  cRLSign: 'cRLSign',
  encipherOnly: 'encipherOnly',
  encipher_only: 'encipherOnly',
  decipher_only: 'decipherOnly',
  decipherOnly: 'decipherOnly',
};

/** Words of the suites for signature algorithms; others stand for algorithms that are refused anyway. */
export const SIGNATURES: Readonly<Record<string, string>> = {
  RSA_WITH_SHA256: '1.2.840.113549.1.1.11',
  RSA_WITH_SHA384: '1.2.840.113549.1.1.12',
  RSA_WITH_SHA512: '1.2.840.113549.1.1.13',
  RSASSA_PSS: '1.2.840.113549.1.1.10',
  ECDSA_WITH_SHA256: '1.2.840.10045.4.3.2',
  ECDSA_WITH_SHA384: '1.2.840.10045.4.3.3',
  ECDSA_WITH_SHA512: '1.2.840.10045.4.3.4',
  ED25519: '1.3.101.112',
  ED448: '1.3.101.113',
};
