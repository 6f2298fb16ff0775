import type {Refusal} from '../errors';
import type {CertificateFacts} from '../x509/certificate';
import type {Authority} from './anchor';
import {matchesName, parseNamePattern} from './name-pattern';
import type {NamePattern} from './name-pattern';
import {describeName} from './name-text';
import type {CandidatePath} from './path';
import {CLIENT_AUTH} from './policy';

const ORGANIZATION = '2.5.4.10';
const HOUR_MS = 3_600_000;

/** The limits an operator put on an anchor: what it may vouch for, and which certificates the path must contain. */
const LIMITS: readonly ((path: CandidatePath) => Refusal | undefined)[] = [
  checkNames,
  checkOrganizations,
  checkExtendedKeyUsages,
  checkPins,
  checkIssuer,
  checkLifetime,
];

/** What the anchor of this path may vouch for. Roles are limited where they are given out, in `identity`. */
export function checkAnchorLimits(path: CandidatePath): Refusal | undefined {
  for (const check of LIMITS) {
    const why = check(path);
    if (why !== undefined) return why;
  }
  return undefined;
}

/** A leaf without alternative names is refused too: its common name would not be limited by anything. */
function checkNames({anchor, leaf}: CandidatePath): Refusal | undefined {
  const {subjectAltNames: allowed} = anchor.authority;
  if (allowed === undefined) return undefined;
  const patterns = patternsOf(anchor.authority);
  const stranger = leaf.subjectAltNames.find(name => !patterns.some(pattern => matchesName(pattern, name)));
  if (leaf.subjectAltNames.length > 0 && stranger === undefined) return undefined;
  return {
    code: 'ERR_MTLS_AUTHORITY',
    required: `alternative names that anchor ${anchor.name} may vouch for: ${listOf(allowed)}`,
    found: stranger === undefined ? 'no alternative name' : describeName(stranger),
    where: 'leaf',
  };
}

const parsed = new WeakMap<Authority, readonly NamePattern[]>();

/** Patterns are parsed once. One that is none matches nothing; the configuration reports it at start. */
function patternsOf(authority: Authority): readonly NamePattern[] {
  const known = parsed.get(authority);
  if (known !== undefined) return known;
  const patterns = (authority.subjectAltNames ?? []).flatMap(text => parseNamePattern(text) ?? []);
  parsed.set(authority, patterns);
  return patterns;
}

function checkOrganizations({anchor, leaf}: CandidatePath): Refusal | undefined {
  const {organizations: allowed} = anchor.authority;
  const stranger = allowed && organizationsOf(leaf).find(value => !allowed.includes(value));
  if (allowed === undefined || stranger === undefined) return undefined;
  return {
    code: 'ERR_MTLS_AUTHORITY',
    required: `organizations that anchor ${anchor.name} may vouch for: ${listOf(allowed)}`,
    found: stranger,
    where: 'leaf',
  };
}

function organizationsOf({subject, subjectAltNames}: CertificateFacts): readonly string[] {
  const names = [subject, ...subjectAltNames.flatMap(name => (name.kind === 'directory' ? [name.value] : []))];
  return names.flatMap(({rdns}) => rdns.flat().flatMap(({type, value}) => (type === ORGANIZATION ? [value] : [])));
}

function checkExtendedKeyUsages({anchor, leaf}: CandidatePath): Refusal | undefined {
  const {extendedKeyUsages: allowed} = anchor.authority;
  const present = leaf.extensions.extendedKeyUsage ?? [];
  const stranger = allowed && present.find(usage => usage !== CLIENT_AUTH && !allowed.includes(usage));
  if (allowed === undefined || stranger === undefined) return undefined;
  return {
    code: 'ERR_MTLS_AUTHORITY',
    required: `extended key usages that anchor ${anchor.name} may vouch for: ${listOf([CLIENT_AUTH, ...allowed])}`,
    found: stranger,
    where: 'leaf',
  };
}

function checkPins({anchor, intermediates, leaf}: CandidatePath): Refusal | undefined {
  const {pins} = anchor;
  const certificates = [leaf, ...intermediates, anchor.certificate];
  const isPinned = certificates.some(
    ({fingerprint, spkiFingerprint}) =>
      pins?.includes(fingerprint) === true || pins?.includes(spkiFingerprint) === true,
  );
  if (pins === undefined || isPinned) return undefined;
  return {
    code: 'ERR_MTLS_PIN',
    required: `a certificate or key with one of the hashes ${listOf(pins)}`,
    found: listOf(certificates.map(({fingerprint}) => fingerprint)),
  };
}

function checkIssuer({anchor, intermediates}: CandidatePath): Refusal | undefined {
  const {expectedIssuers} = anchor;
  const {fingerprint} = intermediates[0] ?? anchor.certificate;
  if (expectedIssuers === undefined || expectedIssuers.includes(fingerprint)) return undefined;
  return {
    code: 'ERR_MTLS_PIN',
    required: `an issuer with one of the hashes ${listOf(expectedIssuers)}`,
    found: fingerprint,
    where: 'issuer 1',
  };
}

function checkLifetime({anchor, leaf}: CandidatePath): Refusal | undefined {
  const {maxLifetimeHours} = anchor;
  const hours = (leaf.notAfter.getTime() - leaf.notBefore.getTime()) / HOUR_MS;
  if (maxLifetimeHours === undefined || hours <= maxLifetimeHours) return undefined;
  return {
    code: 'ERR_MTLS_LIFETIME',
    required: `a lifetime of at most ${maxLifetimeHours} hours`,
    found: `${Math.ceil(hours)} hours`,
    where: 'leaf',
  };
}

function listOf(values: readonly string[]): string {
  return values.length === 0 ? 'none' : values.join(', ');
}
