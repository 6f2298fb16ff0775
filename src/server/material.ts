import {createSecureContext} from 'node:tls';
import {compileRules} from '../identity/compile';
import type {IdentityMapping} from '../identity/rules';
import {loadCredentials} from '../tls/credentials';
import type {ServerCredentials} from '../tls/credentials';
import {secureContextOptions} from '../tls/node-options';
import {readSource} from '../tls/source';
import {loadSessions} from '../tls/sessions';
import type {SessionSettings} from '../tls/sessions';
import type {Report, SourceReader} from '../tls/source';
import type {TrustAnchor} from '../trust/anchor';
import {DEFAULT_TRUST} from '../trust/policy';
import type {TrustMaterial} from '../trust/snapshot';
import {encodePem} from '../x509/pem';
import {loadAnchors, loadIntermediates} from './authorities';
import {weakeningOf} from './config';
import type {ResolvedOptions} from './config';
import {loadStapler} from './stapling';
import type {Stapler} from './stapling';
import {loadRevocation} from './revocation';
import type {RevocationMemory, RevocationPlan} from './revocation';

/** All that a running server is made of and that can change while it runs. Loaded and checked as a whole. */
export interface Material {
  readonly credentials: ServerCredentials;
  readonly stapler?: Stapler;
  /** Absent: no session is resumed. */
  readonly sessions?: SessionSettings;
  readonly trust: Omit<TrustMaterial, 'revocation'>;
  readonly revocation: RevocationPlan;
  readonly rules: IdentityMapping;
}

/** The part of the material that decides about clients. Holds no key. */
export type ClientMaterial = Omit<Material, 'credentials' | 'stapler' | 'sessions'>;

/**
 * Reads every source the options name and checks what it finds. Start and reload both use it. Undefined when there was
 * a fault; all of them were reported.
 */
export async function loadMaterial(
  options: ResolvedOptions,
  memory: RevocationMemory,
  now: Date,
  report: Report,
  read: SourceReader = readSource,
): Promise<Material | undefined> {
  const exposedKeyFile = weakeningOf(options, 'exposed-key-file') ? 'allow' : 'refuse';
  let faults = 0;
  const counted: Report = fault => {
    faults++;
    report(fault);
  };
  const credentials = await loadCredentials(options.credentials, exposedKeyFile, now, counted, read);
  const stapler = credentials && (await loadStapler(credentials, options.stapling, read, counted, memory.stapler));
  const sessions =
    options.sessions === 'off' ? undefined : await loadSessions(options.sessions, exposedKeyFile, counted, read);
  const clients = await loadClientMaterial(options, memory, now, counted, read);
  if (credentials === undefined || clients === undefined || faults > 0) return undefined;
  const material = {credentials, ...clients, ...(stapler && {stapler}), ...(sessions && {sessions})};
  return isAcceptedByOpenssl(material, report) ? material : undefined;
}

/** As {@link loadMaterial}, for who decides about clients without being the server: no key is read. */
export async function loadClientMaterial(
  options: ResolvedOptions,
  memory: RevocationMemory,
  now: Date,
  report: Report,
  read: SourceReader = readSource,
): Promise<ClientMaterial | undefined> {
  let faults = 0;
  const counted: Report = fault => {
    faults++;
    report(fault);
  };
  const {anchors, revocation: policies} = await loadAnchors(options.anchors, now, counted, read);
  const intermediates = await loadIntermediates(options.intermediates, counted, read);
  const rules = readMapping(options.identity, anchors, counted);
  const allowUnknown = weakeningOf(options, 'unknown-revocation');
  const revocation = await loadRevocation(
    {
      clients: options.revocation,
      anchors,
      intermediates,
      policies,
      ...(allowUnknown && {allowUnknown}),
      memory,
      read: async (source, where) => (await read(source, where, counted))?.bytes,
    },
    now,
    counted,
  );
  if (faults > 0) return undefined;
  const policy = Object.freeze({...DEFAULT_TRUST, maxIntermediates: options.maxIntermediates});
  return {trust: {anchors, intermediates, policy}, revocation, rules};
}

function readMapping(
  identity: ResolvedOptions['identity'],
  anchors: readonly TrustAnchor[],
  report: Report,
): IdentityMapping {
  if (identity.kind === 'resolver') return Object.freeze({...identity});
  const {mapping, faults} = compileRules(identity.rules, {anchors: anchors.map(({name}) => name)});
  faults.forEach(report);
  return mapping;
}

/** The options of the secure context that this material makes. */
export function contextOptions({credentials, trust, sessions}: Material): ReturnType<typeof secureContextOptions> {
  const authorities = [...trust.anchors.map(({certificate}) => certificate), ...trust.intermediates];
  return secureContextOptions({
    key: credentials.key,
    chain: credentials.chainPem,
    clientAuthorities: authorities.map(({der}) => encodePem(der, 'CERTIFICATE')),
    ...(sessions && {sessionSeconds: Math.ceil(sessions.rotateEveryMs / 1000)}),
  });
}

/** A dry run: what this OpenSSL refuses is found here and not after the swap. */
function isAcceptedByOpenssl(material: Material, report: Report): boolean {
  try {
    createSecureContext(contextOptions(material));
    return true;
  } catch (error) {
    report({
      code: 'ERR_MTLS_CREDENTIALS',
      where: 'server',
      required: 'credentials that OpenSSL accepts under the TLS policy',
      found: error instanceof Error && 'code' in error ? String(error.code) : 'others',
      remedy: 'use an ECDSA P-256 or RSA 2048 key with a certificate signed with SHA-256',
    });
    return false;
  }
}
