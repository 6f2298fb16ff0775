import {ConfigError, MtlsError} from '../../errors';
import type {ConfigFault} from '../../errors';
import type {VerifiedPeer} from '../../trust/decision';
import {matchesName, parseNamePattern} from '../../trust/name-pattern';
import type {NamePattern} from '../../trust/name-pattern';
import {alternativeValues} from '../attributes';
import {isRoleName, ROLE_NAME} from '../role';
import type {IdentityResolver} from '../rules';
import {offProfile} from './refuse';

/** A SPIFFE ID of a workload: `spiffe://<trust domain><path>`. */
export interface SpiffeId {
  readonly uri: string;
  readonly trustDomain: string;
  /** Begins with a slash and has at least one segment. */
  readonly path: string;
}

/** SPIFFE-ID section 2.1: lower-case letters, digits, dots, dashes and underscores, at most 255 octets. */
const TRUST_DOMAIN = /^[a-z0-9._-]{1,255}$/;
/** Section 2.2: segments of letters, digits, dots, dashes and underscores, none empty and none a dot segment. */
const PATH = /^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._-]+)+$/;
/** Section 2.3. */
const MAX_OCTETS = 2048;

/**
 * Reads the SPIFFE ID of a workload, or undefined when the text is none. There is no room in it for user
 * information, ports, queries, fragments, escapes or dot segments, and a trust domain without path names no workload.
 */
export function parseSpiffeId(text: string): SpiffeId | undefined {
  const scheme = 'spiffe://';
  if (!text.startsWith(scheme) || text.length > MAX_OCTETS) return undefined;
  const slash = text.indexOf('/', scheme.length);
  const trustDomain = text.slice(scheme.length, slash < 0 ? undefined : slash);
  const path = slash < 0 ? '' : text.slice(slash);
  return TRUST_DOMAIN.test(trustDomain) && PATH.test(path) ? Object.freeze({uri: text, trustDomain, path}) : undefined;
}

/**
 * The SPIFFE ID of an X.509-SVID: its only URI, in a certificate whose key signs handshakes and nothing else
 * (X509-SVID sections 2 and 4; that it is no CA, `verifyPeer` has seen to).
 *
 * @throws MtlsError `ERR_MTLS_IDENTITY_PROFILE`
 */
export function spiffeIdOf(peer: VerifiedPeer): SpiffeId {
  const uris = alternativeValues(peer, 'uri');
  const [uri] = uris;
  if (uri === undefined || uris.length > 1) throw offProfile('exactly one URI', `${uris.length}`);
  const id = parseSpiffeId(uri);
  if (id === undefined) throw offProfile('a SPIFFE ID of a workload', 'another URI');
  const {keyUsage = []} = peer.facts.extensions;
  if (!keyUsage.includes('digitalSignature') || keyUsage.includes('keyCertSign') || keyUsage.includes('cRLSign')) {
    const found = keyUsage.join(', ') || 'no key usage';
    throw offProfile('a key usage with digitalSignature and without keyCertSign and cRLSign', found);
  }
  return id;
}

/** One trust domain: who may vouch for it, and what its workloads may do. */
export interface SpiffeDomain {
  readonly trustDomain: string;
  /** Names of the trust anchors that issue for this domain; below any other, its IDs are refused. */
  readonly anchors: readonly string[];
  /** Path patterns, `/ward/*` or `/ward/**`, and their roles. All that match add up; none is a refusal. */
  readonly workloads: readonly {readonly path: string; readonly roles: readonly string[]}[];
}

/**
 * A resolver for SPIFFE: the principal is the SPIFFE ID.
 *
 * @throws ConfigError when a domain, path or role is malformed
 */
export function spiffe(...domains: readonly SpiffeDomain[]): IdentityResolver {
  const faults: ConfigFault[] = [];
  const compiled = domains.map((domain, index) => compileDomain(domain, `spiffe[${index}]`, faults));
  const [first, ...more] = faults;
  if (first !== undefined) throw new ConfigError([first, ...more]);
  return peer => {
    const id = spiffeIdOf(peer);
    const own = compiled.filter(({domain}) => domain.trustDomain === id.trustDomain);
    if (own.length === 0) return undefined;
    const {name} = peer.path.anchor;
    const speaking = own.filter(({domain}) => domain.anchors.includes(name));
    if (speaking.length === 0) {
      const required = `an anchor that issues for ${id.trustDomain}`;
      throw new MtlsError({code: 'ERR_MTLS_AUTHORITY', required, found: name, where: 'leaf'});
    }
    const roles = speaking.flatMap(({workloads}) =>
      workloads.flatMap(({pattern, roles: given}) => {
        return matchesName(pattern, {kind: 'uri', value: withoutDomain(id.path)}) ? given : [];
      }),
    );
    return roles.length === 0 ? undefined : {id: id.uri, roles};
  };
}

interface CompiledDomain {
  readonly domain: SpiffeDomain;
  readonly workloads: readonly {readonly pattern: NamePattern; readonly roles: readonly string[]}[];
}

function compileDomain(domain: SpiffeDomain, at: string, faults: ConfigFault[]): CompiledDomain {
  const {trustDomain, anchors, workloads} = domain;
  const report = (where: string, required: string, found: string, remedy: string): void => {
    faults.push({code: 'ERR_MTLS_CONFIG', where: `${at}.${where}`, required, found, remedy});
  };
  if (!TRUST_DOMAIN.test(trustDomain)) {
    report('trustDomain', 'a lower-case trust domain without scheme', trustDomain, 'write it as `clinic.example`');
  }
  if (anchors.length === 0) report('anchors', 'at least one anchor', 'none', 'name the anchors that issue for it');
  if (workloads.length === 0) report('workloads', 'at least one workload', 'none', 'say who may do what');
  const compiled = workloads.flatMap(({path, roles}, index) => {
    const where = `workloads[${index}]`;
    if (roles.length === 0) report(`${where}.roles`, 'at least one role', 'none', 'name the roles');
    for (const role of roles) if (!isRoleName(role)) report(`${where}.roles`, ROLE_NAME, role, 'rename the role');
    const pattern = isPathPattern(path) ? parseNamePattern(`uri:${withoutDomain(path)}`) : undefined;
    if (pattern !== undefined) return [{pattern, roles}];
    report(`${where}.path`, 'a path such as `/ward/*`', path, 'begin with a slash and use whole segments');
    return [];
  });
  return {domain, workloads: compiled};
}

/** Paths are compared as URIs of an empty authority: the trust domain has been compared by itself. */
function withoutDomain(path: string): string {
  return `spiffe://${path}`;
}

/** Whether the text is a path with segments, with `*` for whole ones and `**` for the last. */
function isPathPattern(text: string): boolean {
  return PATH.test(text.replace(/\/\*\*$/, '/x').replace(/\/\*(?=\/|$)/g, '/x'));
}
