import type {ConfigFault} from '../errors';
import {availableGroups, TLS_POLICY} from './policy';
import type {Report} from './source';

/** What of a process decides how its TLS behaves. */
export interface Runtime {
  /** As `process.versions.node`. */
  readonly version: string;
  /** As `process.versions.openssl`. */
  readonly openssl: string;
  /** As `process.execArgv`. */
  readonly flags: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** What the start says about a runtime that is accepted. */
export type Remark = string;

/** Switches of Node.js that undermine TLS, by name; a value may follow behind `=`. */
const UNSAFE_FLAGS: Readonly<Record<string, string>> = Object.freeze({
  '--tls-keylog': 'it writes the secrets of every connection to a file',
  '--trace-tls': 'it prints what goes over every connection',
  '--tls-min-v1.0': 'it brings back TLS 1.0',
  '--tls-min-v1.1': 'it brings back TLS 1.1',
  '--tls-max-v1.2': 'it takes TLS 1.3 away',
  '--tls-cipher-list': 'it replaces the cipher suites of outbound connections',
  '--openssl-legacy-provider': 'it brings back broken algorithms',
  '--openssl-shared-config': 'it lets a file of the system change OpenSSL',
  '--openssl-config': 'it lets a file change OpenSSL',
  '--security-revert': 'it takes a security fix back',
  '--insecure-http-parser': 'it accepts malformed HTTP',
});

/**
 * What is known of each major version: `floor`, below which a caller can exhaust the memory of this very library's
 * checks (CVE-2025-59464), and `fixed`, the first release with the resumption fixes of November 2026.
 */
interface Release {
  readonly floor: readonly [minor: number, patch: number];
  readonly fixed: readonly [minor: number, patch: number] | 'never' | 'not known';
}

const RELEASES: ReadonlyMap<number, Release> = new Map([
  [20, {floor: [20, 0], fixed: 'never'}],
  [22, {floor: [22, 0], fixed: 'not known'}],
  [24, {floor: [13, 0], fixed: [22, 3]}],
] as const);

/**
 * Refuses a process whose switches undermine TLS, and remarks on a runtime that is old. Node 20 gets no more fixes;
 * what is known of its weaknesses is closed here without its help, which is what the remark says.
 */
export function inspectRuntime(runtime: Runtime, oldRuntime: 'refuse' | 'allow', report: Report): readonly Remark[] {
  for (const [where, text] of switchesOf(runtime)) {
    const [name = ''] = text.split('=');
    const danger = UNSAFE_FLAGS[name.replaceAll('_', '-')];
    if (danger !== undefined) report(fault(where, name, danger, `start Node.js without ${name}`));
  }
  if (runtime.environment['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
    const name = 'NODE_TLS_REJECT_UNAUTHORIZED=0';
    report(
      fault('environment', name, 'it turns off every check of outbound connections', `unset ${name.split('=')[0]}`),
    );
  }
  return [...inspectVersion(runtime.version, oldRuntime, report), ...groupRemarks(runtime.openssl)];
}

function switchesOf({flags, environment}: Runtime): readonly (readonly [where: string, flag: string])[] {
  const fromEnvironment = (environment['NODE_OPTIONS'] ?? '').split(/[\s"]+/).filter(Boolean);
  return [
    ...flags.map(flag => ['process.execArgv', flag] as const),
    ...fromEnvironment.map(flag => ['NODE_OPTIONS', flag] as const),
  ];
}

function inspectVersion(version: string, oldRuntime: 'refuse' | 'allow', report: Report): readonly Remark[] {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  const release = RELEASES.get(major);
  const supported = release !== undefined && atLeast([minor, patch], release.floor);
  if (!supported && oldRuntime === 'refuse') {
    const required = [...RELEASES].map(([line, {floor}]) => `${line}.${floor.join('.')}`).join(', ');
    report({
      code: 'ERR_MTLS_RUNTIME',
      where: 'process.version',
      required: `one of these lines, from this release on: ${required}`,
      found: version,
      remedy: 'update Node.js, or sign off dangerouslyAllowOldRuntime with an end date',
    });
  }
  const {fixed = 'not known'} = release ?? {};
  if (typeof fixed !== 'string')
    return atLeast([minor, patch], fixed)
      ? []
      : [remarkOn(version, `lacks the TLS fixes of ${major}.${fixed.join('.')}`)];
  return [
    remarkOn(
      version,
      fixed === 'never' ? 'gets no more security fixes' : 'is not known to have the TLS fixes of November 2026',
    ),
  ];
}

function remarkOn(version: string, weakness: string): Remark {
  return `Node.js ${version} ${weakness}; this server renegotiates nothing and verifies the certificate of every connection itself, so that what is known stays closed, but update soon`;
}

function atLeast([minor, patch]: readonly [number, number], [minMinor, minPatch]: readonly [number, number]): boolean {
  return minor > minMinor || (minor === minMinor && patch >= minPatch);
}

function groupRemarks(openssl: string): readonly Remark[] {
  return availableGroups(openssl).includes(TLS_POLICY.postQuantumGroup)
    ? []
    : [
        `this runtime has no ${TLS_POLICY.postQuantumGroup}: connections are not protected against being recorded now and decrypted by a quantum computer later`,
      ];
}

function fault(where: string, found: string, why: string, remedy: string): ConfigFault {
  return {code: 'ERR_MTLS_RUNTIME', where, required: `a process without it: ${why}`, found, remedy};
}
