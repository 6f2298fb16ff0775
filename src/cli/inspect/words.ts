import {formatDistinguishedName} from '../../x509/rfc4514';
import type {SignatureAlgorithm} from '../../x509/algorithm';
import type {DistinguishedName, GeneralName} from '../../x509/names';
import type {PublicKeyFacts} from '../../x509/public-key';

/** Object identifiers people meet in certificates, in the words of their RFCs. */
const OIDS: Readonly<Record<string, string>> = {
  '2.5.29.37.0': 'anyExtendedKeyUsage',
  '1.3.6.1.5.5.7.3.1': 'serverAuth',
  '1.3.6.1.5.5.7.3.2': 'clientAuth',
  '1.3.6.1.5.5.7.3.3': 'codeSigning',
  '1.3.6.1.5.5.7.3.4': 'emailProtection',
  '1.3.6.1.5.5.7.3.8': 'timeStamping',
  '1.3.6.1.5.5.7.3.9': 'OCSPSigning',
  '1.3.6.1.4.1.311.20.2.2': 'smart card logon',
  '2.5.29.32.0': 'anyPolicy',
  '1.2.840.10045.3.1.1': 'P-192',
  '1.3.132.0.33': 'P-224',
  '1.2.840.10045.3.1.7': 'P-256',
  '1.3.132.0.34': 'P-384',
  '1.3.132.0.35': 'P-521',
  '1.3.132.0.10': 'secp256k1',
  '1.2.840.113549.1.1.4': 'RSA with MD5',
  '1.2.840.113549.1.1.5': 'RSA with SHA-1',
  '1.2.840.113549.1.1.10': 'RSA-PSS',
  '1.2.840.113549.1.1.11': 'RSA with SHA-256',
  '1.2.840.113549.1.1.12': 'RSA with SHA-384',
  '1.2.840.113549.1.1.13': 'RSA with SHA-512',
  '1.2.840.10045.4.1': 'ECDSA with SHA-1',
  '1.2.840.10045.4.3.2': 'ECDSA with SHA-256',
  '1.2.840.10045.4.3.3': 'ECDSA with SHA-384',
  '1.2.840.10045.4.3.4': 'ECDSA with SHA-512',
  '1.3.101.112': 'Ed25519',
  '1.3.101.113': 'Ed448',
};

/** The name of an object identifier, or its digits. */
export function oidText(oid: string): string {
  return OIDS[oid] ?? oid;
}

/** A distinguished name as RFC 4514 text. */
export function nameText(name: DistinguishedName): string {
  return name.rdns.length === 0 ? '(empty)' : formatDistinguishedName(name);
}

/** A general name with its kind. */
export function generalNameText(name: GeneralName): string {
  switch (name.kind) {
    case 'dns':
      return `DNS ${name.value}`;
    case 'ip':
      return `IP ${name.value}`;
    case 'uri':
      return `URI ${name.value}`;
    case 'email':
      return `email ${name.value}`;
    case 'upn':
      return `UPN ${name.value}`;
    case 'registeredId':
      return `registered ID ${name.value}`;
    case 'directory':
      return `directory ${formatDistinguishedName(name.value)}`;
    case 'other':
      return `other name ${name.type}, ${name.value.length} octets`;
    case 'unsupported':
      return `name of an obsolete kind, ${name.value.length} octets`;
  }
}

/** Kind and size of a key. */
export function keyText({kind, bits, curve, algorithm}: PublicKeyFacts): string {
  switch (kind) {
    case 'rsa':
      return `RSA, ${bits} bits`;
    case 'rsa-pss':
      return `RSA for PSS only, ${bits} bits`;
    case 'ec':
      return `EC, ${oidText(curve ?? 'without a named curve')}`;
    case 'ed25519':
      return 'Ed25519';
    case 'ed448':
      return 'Ed448';
    case 'unknown':
      return `unknown algorithm ${algorithm}`;
  }
}

/** The name of a signature algorithm. */
export function signatureText({oid}: SignatureAlgorithm): string {
  return oidText(oid);
}

const DAY_MS = 86_400_000;

/** A moment, and how far away it is. */
export function timeText(time: Date, now: Date): string {
  const days = (time.getTime() - now.getTime()) / DAY_MS;
  const distance =
    Math.abs(days) < 2 ? `${(Math.abs(days) * 24).toFixed(1)} hours` : `${Math.abs(days).toFixed(0)} days`;
  return `${time.toISOString().replace('.000Z', 'Z')} (${days < 0 ? `${distance} ago` : `in ${distance}`})`;
}
