import {generateKeyPair} from 'node:crypto';
import type {KeyObject} from 'node:crypto';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {promisify} from 'node:util';
import {createAuthority} from '../pki/authority';
import type {Authority} from '../pki/authority';
import type {CertificateSpec} from '../pki/certificate';
import type {Credential} from '../pki/credential';
import {generateKey} from '../pki/keys';

/** What an attacker might hold, and the one credential that is in order. Made for one rehearsal, never written down. */
export interface Arsenal {
  /** The CA that the rehearsed listener trusts beside those of the candidate. */
  readonly authority: Authority;
  /** Its CRL, DER. */
  readonly crl: Buffer;
  readonly good: Credential;
  /** Another CA, which the listener does not trust, and its CRL. */
  readonly stranger: Pick<Arsenal, 'authority' | 'crl'>;
  readonly bad: Readonly<Record<BadCredential, Credential>>;
}

/** Credentials that must not be accepted. */
export type BadCredential =
  'anotherCa' | 'forgedIssuer' | 'selfSigned' | 'expired' | 'notYetValid' | 'forServers' | 'revoked' | 'weakKey';

/** The name that the good certificate carries; `.invalid` belongs to nobody (RFC 6761 section 6.4). */
export const GOOD_NAME = 'spiffe://rehearsal.invalid/visitor';

const CA_NAME = {subject: {commonName: 'loopback4-mtls rehearsal'}};
const HOUR_MS = 3_600_000;

let weakKey: Promise<KeyObject> | undefined;

/** Generated once in a process: it takes longer than everything else together. */
function weakKeyOnce(): Promise<KeyObject> {
  weakKey ??= promisify(generateKeyPair)('rsa', {modulusLength: 1024}).then(({privateKey}) => privateKey);
  return weakKey;
}

/** Makes a CA and what it, or somebody who is not it, issues. Signing holds the event loop, so it is done in turns. */
export async function makeArsenal(now: Date): Promise<Arsenal> {
  const at = (hours: number): Date => new Date(now.getTime() + hours * HOUR_MS);
  const lifetime = {notBefore: at(-1), notAfter: at(1)};
  const clock = (): Date => now;
  const authority = createAuthority({...CA_NAME, validity: {notBefore: at(-72), notAfter: at(24)}}, clock);
  await nextTurn();
  const forger = createAuthority({...CA_NAME, validity: lifetime}, clock);
  await nextTurn();
  const stranger = createAuthority({subject: {commonName: 'loopback4-mtls stranger'}, validity: lifetime}, clock);
  await nextTurn();
  const client: CertificateSpec = {
    subject: {commonName: 'rehearsal'},
    subjectAltNames: [`uri:${GOOD_NAME}`],
    key: generateKey('ecdsa-p256'),
    validity: lifetime,
  };
  const issued = {
    revoked: authority.issueClient({...client, serialNumber: REVOKED}),
    expired: authority.issueClient({...client, validity: {notBefore: at(-48), notAfter: at(-24)}}),
    notYetValid: authority.issueClient({...client, validity: {notBefore: at(12), notAfter: at(23)}}),
    forServers: authority.issueServer(client),
    weakKey: authority.issueClient({...client, key: await weakKeyOnce()}),
  };
  await nextTurn();
  return {
    authority,
    crl: authority.issueCrl({entries: [{serialNumber: REVOKED, revokedAt: at(-1)}], thisUpdate: at(-1)}).der,
    good: authority.issueClient(client),
    stranger: {authority: stranger, crl: stranger.issueCrl({thisUpdate: at(-1)}).der},
    bad: {
      anotherCa: stranger.issueClient(client),
      forgedIssuer: forger.issueClient({...client, authorityKeyIdentifier: {keyIdentifier: authority.keyIdentifier}}),
      selfSigned: createAuthority({...client, ...LEAF}, clock).credential,
      ...issued,
    },
  };
}

/** What makes a self-signed certificate look like that of a client. */
const LEAF = {
  basicConstraints: {ca: false},
  keyUsage: ['digitalSignature'],
  extendedKeyUsage: ['clientAuth'],
} as const;

const REVOKED = 0x0bad_cafen;
