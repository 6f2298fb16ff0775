import type {ConfigFault, Refusal} from '../errors';
import {ATTRIBUTES} from '../identity/attributes';
import type {Matcher} from '../identity/attributes';
import type {Condition} from '../identity/rules';
import type {VerifiedPeer} from '../trust/decision';
import type {PeerState} from '../server/peer';
import {optionFault} from './option-fault';

/**
 * What a certificate and its connection must show beyond a role. Conditions are those of identity rules; every named
 * one must hold, and a list means any of its values.
 */
export interface CertificateRequirement extends Condition {
  /** Largest age of the certificate, counted from its notBefore, in hours. */
  readonly maxAgeHours?: number;
  /** Oldest protocol version of the connection. Without it, whatever the server accepts. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
}

/** One requirement, ready to be asked. */
export interface CertificateCheck {
  /** For people: `uri spiffe://clinic.example/ward/*`. */
  readonly description: string;
  /** Why the caller does not meet it at this moment, or undefined. */
  refuse(caller: PeerState, nowMs: number): Refusal | undefined;
}

const HOUR_MS = 3_600_000;
const VERSIONS: readonly unknown[] = ['TLSv1.2', 'TLSv1.3'];

/** Reads a requirement, wherever it was written; faults go to `faults`, with `where` as their place. */
export function compileRequirement(
  requirement: unknown,
  where: string,
  faults: ConfigFault[],
): readonly CertificateCheck[] {
  const report = (required: string, found: unknown, remedy: string): void => {
    faults.push(optionFault(where, required, found, remedy));
  };
  if (typeof requirement !== 'object' || requirement === null || Object.keys(requirement).length === 0) {
    report('at least one requirement', requirement, 'say what the certificate must show');
    return [];
  }
  return Object.entries(requirement).flatMap(([key, value]: [string, unknown]) => {
    if (key === 'maxAgeHours') {
      if (typeof value === 'number' && Number.isFinite(value) && value > 0) return [maximumAge(value)];
      report('a number of hours above zero in maxAgeHours', value, 'give the largest age in hours');
      return [];
    }
    if (key === 'minVersion') {
      if (VERSIONS.includes(value)) return value === 'TLSv1.3' ? [TLS_1_3] : [];
      report(`minVersion as one of ${VERSIONS.join(', ')}`, value, 'name a TLS version');
      return [];
    }
    if (isAttribute(key)) return compileCondition(key, value, report);
    report(`one of ${[...Object.keys(ATTRIBUTES), 'maxAgeHours', 'minVersion'].join(', ')}`, key, 'correct the name');
    return [];
  });
}

function compileCondition(
  attribute: keyof Condition,
  value: unknown,
  report: (required: string, found: unknown, remedy: string) => void,
): readonly CertificateCheck[] {
  const {expects, parse, shown} = ATTRIBUTES[attribute];
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  const refuseValue = (text: unknown): Matcher => {
    report(`${expects} in ${attribute}`, text, 'correct the value: no certificate can match it');
    return () => false;
  };
  const matchers = values.map(text => {
    if (typeof text !== 'string') return refuseValue(text);
    // Not a fingerprint, so the name of an anchor; one that does not exist matches nobody, so it can only deny.
    const anchors = attribute === 'issuer' && parse(text, {anchors: []}) === undefined ? [text] : [];
    return parse(text, {anchors}) ?? refuseValue(text);
  });
  if (values.length === 0) report(`a value in ${attribute}`, value, 'name a value or drop the condition');
  const description = `${attribute} ${values.join(' or ')}`;
  return [
    {
      description,
      refuse: ({peer}) =>
        matchers.some(matches => matches(peer)) ? undefined : unmet(description, shownBy(peer, shown)),
    },
  ];
}

const TLS_1_3: CertificateCheck = Object.freeze<CertificateCheck>({
  description: 'TLSv1.3',
  refuse: ({connection: {protocol}}) => (protocol === 'TLSv1.3' ? undefined : unmet('TLSv1.3', protocol)),
});

function maximumAge(hours: number): CertificateCheck {
  const description = `issued within ${hours} hours`;
  return {
    description,
    refuse: ({peer}, nowMs) => {
      const {notBefore} = peer.facts;
      return nowMs - notBefore.getTime() <= hours * HOUR_MS ? undefined : unmet(description, notBefore.toISOString());
    },
  };
}

function unmet(required: string, found: string): Refusal {
  return {code: 'ERR_MTLS_REQUIREMENT', required, found};
}

function shownBy(peer: VerifiedPeer, shown: (peer: VerifiedPeer) => readonly string[]): string {
  return shown(peer).join(', ') || 'nothing';
}

function isAttribute(key: string): key is keyof Condition {
  return Object.hasOwn(ATTRIBUTES, key);
}
