import {generateKeyPairSync} from 'node:crypto';
import {mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Authority} from '../../../src/pki/authority';
import {createAuthority} from '../../../src/pki/authority';
import {fingerprintOf} from '../../../src/x509/fingerprint';
import type {MtlsOptions} from '../../../src/server/options';

/** Where processes of a benchmark find what they need, all in one folder. */
export const FILES = {
  serverKey: 'server.key',
  serverCert: 'server.crt',
  serverCa: 'server-ca.crt',
  clientsCa: 'clients-ca.crt',
  crls: 'crls',
  /** JSON: {@link CrowdFile}. */
  crowd: 'crowd.json',
} as const;

/** The clients: one key for all, because making keys is slow and the server cannot tell. */
export interface CrowdFile {
  readonly key: string;
  readonly certificates: readonly string[];
}

/** A server, a crowd of clients below one CA, and a second CA that has issued nobody. */
export class Pki {
  readonly fingerprints: readonly string[];
  readonly #folder: string;
  readonly #crowdCa: Authority;
  readonly #otherCa = createAuthority({subject: {commonName: 'Bench others'}});
  #crlNumber = 0;

  constructor(folder: string, clients: number) {
    this.#folder = folder;
    const servers = createAuthority({subject: {commonName: 'Bench servers'}});
    const server = servers.issueServer({subject: {commonName: 'localhost'}, subjectAltNames: ['dns:localhost']});
    this.#crowdCa = createAuthority({subject: {commonName: 'Bench clients'}});
    const key = generateKeyPairSync('ec', {namedCurve: 'prime256v1'}).privateKey;
    const crowd = Array.from({length: clients}, (_, index) =>
      this.#crowdCa.issueClient({
        key,
        serialNumber: BigInt(index + 1),
        subject: {commonName: `client ${index}`, organizationalUnit: 'Clinicians'},
        subjectAltNames: [`uri:spiffe://clinic.example/clinician/${index}`],
      }),
    );
    this.fingerprints = crowd.map(({certificate}) => fingerprintOf(certificate));
    const file: CrowdFile = {
      key: String(key.export({type: 'pkcs8', format: 'pem'})),
      certificates: crowd.map(({chainPem}) => chainPem),
    };
    this.#write(FILES.serverCa, servers.pem);
    this.#write(FILES.serverCert, server.chainPem);
    this.#write(FILES.serverKey, server.exportKeyPem());
    this.#write(FILES.crowd, JSON.stringify(file));
    mkdirSync(join(folder, FILES.crls));
    this.trustCrowd();
  }

  /** Both CAs are trusted and nobody is revoked. */
  trustCrowd(): void {
    this.#write(FILES.clientsCa, this.#crowdCa.pem + this.#otherCa.pem);
    this.#write(join(FILES.crls, 'others.crl'), this.#otherCa.issueCrl().pem);
    this.revoke(0);
  }

  /** The crowd's CA revokes the first so many clients. */
  revoke(count: number): void {
    const now = new Date();
    const entries = Array.from({length: count}, (_, index) => ({serialNumber: BigInt(index + 1), revokedAt: now}));
    const crl = this.#crowdCa.issueCrl({entries, number: ++this.#crlNumber});
    this.#write(join(FILES.crls, 'clients.crl'), crl.pem);
  }

  /** The crowd's CA is taken away. */
  removeCrowdCa(): void {
    this.#write(FILES.clientsCa, this.#otherCa.pem);
    rmSync(join(this.#folder, FILES.crls, 'clients.crl'));
  }

  #write(name: string, text: string): void {
    writeFileSync(join(this.#folder, name), text, {mode: 0o600});
  }
}

/** Options of this library under which a crowd from one address may come, and stay while it is measured. */
export function crowdOptions(folder: string): MtlsOptions {
  const many = 100_000;
  return {
    server: {
      key: join(folder, FILES.serverKey),
      cert: join(folder, FILES.serverCert),
      limits: {
        keepAliveTimeoutMs: KEEP_ALIVE_MS,
        maxConnections: many,
        maxConnectionsPerAddress: many,
        maxPendingHandshakes: many,
        maxPendingHandshakesPerAddress: many,
      },
    },
    clients: {ca: join(folder, FILES.clientsCa), crl: join(folder, FILES.crls)},
    identity: {rules: [{when: {organizationalUnit: 'Clinicians'}, roles: ['clinician'], id: 'san.uri'}]},
    reload: {watch: 'off'},
  };
}

/** Longer than any measurement. */
export const KEEP_ALIVE_MS = 3_600_000;
