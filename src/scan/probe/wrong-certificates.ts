import {createAuthority} from '../../pki/authority';
import type {Authority} from '../../pki/authority';
import type {CertificateSpec} from '../../pki/certificate';
import type {Credential} from '../../pki/credential';
import type {NameSpec} from '../../pki/names';
import type {ClientIdentity} from './http-exchange';

/** Ways in which a client certificate can be wrong. */
export type Defect =
  | 'self-signed'
  | 'unknown-ca'
  | 'wrong-chain'
  | 'expired'
  | 'not-yet-valid'
  | 'server-purpose'
  | 'weak-key'
  | 'weak-signature'
  | 'ca-as-leaf'
  | 'nul-in-name'
  | 'oversized-chain';

/** What the wrong certificates are made from. */
export interface MintMaterial {
  /** A CA the server trusts; without it an unknown one stands in. */
  readonly issuer?: Authority;
  /** Name of a CA the server says it trusts, to be claimed by somebody else. */
  readonly impersonate?: NameSpec;
  readonly now: Date;
}

/** Far more intermediates than any real chain has. */
const OVERSIZED_CHAIN = 24;

const DAY_MS = 86_400_000;
const SUBJECT = 'mtls-scan';

/** Makes a certificate with exactly this defect, and its key. Nothing of it is kept. */
export function mint(defect: Defect, material: MintMaterial): ClientIdentity {
  const credential = MINTS[defect](material);
  return {chain: credential.chainPem, key: credential.exportKeyPem()};
}

/** Makes a certificate that is good in every way, for a subject nobody knows. */
export function mintFor(issuer: Authority, subject: NameSpec): ClientIdentity {
  const credential = issuer.issueClient(leaf({subject}));
  return {chain: credential.chainPem, key: credential.exportKeyPem()};
}

const MINTS: Readonly<Record<Defect, (material: MintMaterial) => Credential>> = {
  'self-signed': ({now}) =>
    createAuthority(
      {
        subject: SUBJECT,
        basicConstraints: {ca: false},
        keyUsage: ['digitalSignature'],
        extendedKeyUsage: ['clientAuth'],
        validity: {days: 1},
      },
      () => now,
    ).credential,
  'unknown-ca': ({now}) => stranger(now).issueClient(leaf()),
  'wrong-chain': ({impersonate = 'mtls-scan wrong CA', now}) =>
    createAuthority({subject: impersonate}, () => now).issueClient(leaf()),
  expired: material => issuerOf(material).issueClient(leaf({validity: around(material.now, -2 * DAY_MS, -DAY_MS)})),
  'not-yet-valid': material =>
    issuerOf(material).issueClient(leaf({validity: around(material.now, DAY_MS, 2 * DAY_MS)})),
  'server-purpose': material => issuerOf(material).issueServer(leaf()),
  'weak-key': material => issuerOf(material).issueClient(leaf({key: 'rsa-1024'})),
  'weak-signature': material => issuerOf(material).issueClient(leaf(weakSignature(issuerOf(material)))),
  'ca-as-leaf': material =>
    issuerOf(material).issueClient(
      leaf({basicConstraints: {ca: true}, keyUsage: ['digitalSignature', 'keyCertSign', 'cRLSign']}),
    ),
  'nul-in-name': material =>
    issuerOf(material).issueClient(
      leaf({subject: 'admin\0.mtls-scan.invalid', subjectAltNames: ['dns:admin.example\0.mtls-scan.invalid']}),
    ),
  'oversized-chain': material => {
    let authority = issuerOf(material);
    for (let depth = 1; depth <= OVERSIZED_CHAIN; depth++) {
      authority = authority.issueAuthority({subject: `mtls-scan intermediate ${depth}`, validity: {days: 1}});
    }
    return authority.issueClient(leaf());
  },
};

function leaf(rest: Partial<CertificateSpec> = {}): CertificateSpec {
  return {subject: SUBJECT, subjectAltNames: ['dns:mtls-scan.invalid'], validity: {days: 1}, ...rest};
}

function issuerOf({issuer, now}: MintMaterial): Authority {
  return issuer ?? stranger(now);
}

function stranger(now: Date): Authority {
  return createAuthority({subject: 'mtls-scan unknown CA'}, () => now);
}

function weakSignature(issuer: Authority): Partial<CertificateSpec> {
  const {asymmetricKeyType} = issuer.key;
  if (asymmetricKeyType === 'rsa') return {scheme: 'rsa-pkcs1-sha1'};
  return asymmetricKeyType === 'ec' ? {scheme: 'ecdsa-sha1'} : {};
}

function around(now: Date, fromMs: number, toMs: number) {
  return {notBefore: new Date(now.getTime() + fromMs), notAfter: new Date(now.getTime() + toMs)};
}
