import {matchesName, parseNamePattern} from '../trust/name-pattern';
import {ANY_POLICY, CLIENT_AUTH} from '../trust/policy';
import type {VerifiedPeer} from '../trust/decision';
import {parseFingerprint} from '../x509/fingerprint';
import type {GeneralName, NameAttribute} from '../x509/names';
import {isVisibleText} from '../x509/strings';
import type {Condition} from './rules';

/** One thing a condition can ask about: how its values are read from a rule and from a certificate. */
export interface Attribute {
  /** What a value in a rule looks like, for the fault of one that does not. */
  readonly expects: string;
  /** Reads one value of a rule, or undefined when no certificate could ever match it. */
  readonly parse: (text: string, context: CompileContext) => Matcher | undefined;
  /** What the certificate shows of this attribute, for people. */
  readonly shown: (peer: VerifiedPeer) => readonly string[];
}

/** What rules are read against. */
export interface CompileContext {
  /** Names of the configured trust anchors: an `issuer` that is none of them can never match. */
  readonly anchors: readonly string[];
}

/** Whether the certificate shows one value of a rule. */
export type Matcher = (peer: VerifiedPeer) => boolean;

/** OID of the commonName attribute. */
export const COMMON_NAME = '2.5.4.3';
const OID = /^[0-2](\.(0|[1-9]\d*))+$/;

/** Every attribute a condition can name. */
export const ATTRIBUTES: Readonly<Record<keyof Condition, Attribute>> = Object.freeze({
  organizationalUnit: subjectAttribute('2.5.4.11'),
  organization: subjectAttribute('2.5.4.10'),
  commonName: subjectAttribute(COMMON_NAME),
  dns: alternativeName('dns', 'a DNS name, or one with `*` for whole labels'),
  uri: alternativeName('uri', 'a URI, or one with `*` for whole path segments and `**` at the end'),
  email: alternativeName('email', 'a mailbox such as `alice@clinic.example` or `*@clinic.example`'),
  ip: alternativeName('ip', 'an IP address'),
  upn: alternativeName('upn', 'a principal name such as `alice@clinic.example` or `*@clinic.example`'),
  extendedKeyUsage: objectIdentifiers(peer => peer.facts.extensions.extendedKeyUsage ?? [], {
    // Every accepted client certificate carries it, so it tells nobody apart.
    oid: CLIENT_AUTH,
    name: 'clientAuth',
  }),
  policy: objectIdentifiers(peer => peer.path.policies, {oid: ANY_POLICY, name: 'anyPolicy'}),
  issuer: {
    expects: 'the name of a configured trust anchor or the SHA-256 of an issuer certificate',
    parse: (text, {anchors}) => {
      if (anchors.includes(text)) return peer => peer.path.anchor.name === text;
      const fingerprint = parseFingerprint(text);
      return fingerprint && (peer => issuerOf(peer).fingerprint === fingerprint);
    },
    shown: peer => [peer.path.anchor.name, issuerOf(peer).fingerprint],
  },
});

/** All values of one attribute type of the subject, in every RDN. */
export function subjectValues(peer: VerifiedPeer, type: string): readonly string[] {
  const attributes: readonly NameAttribute[] = peer.facts.subject.rdns.flat();
  return attributes.filter(attribute => attribute.type === type).map(attribute => attribute.value);
}

/** All subject alternative names of one kind, as text. */
export function alternativeValues(peer: VerifiedPeer, kind: NamedKind): readonly string[] {
  return peer.facts.subjectAltNames.flatMap(({kind: of, value}) =>
    of === kind && typeof value === 'string' ? [value] : [],
  );
}

/** The kinds of alternative name that rules speak about. */
export type NamedKind = Extract<GeneralName['kind'], 'dns' | 'uri' | 'email' | 'ip' | 'upn'>;

function subjectAttribute(type: string): Attribute {
  return {
    expects: 'text without control, formatting or invisible characters',
    parse: text => (isVisibleText(text) ? peer => subjectValues(peer, type).includes(text) : undefined),
    shown: peer => subjectValues(peer, type),
  };
}

function alternativeName(kind: NamedKind, expects: string): Attribute {
  return {
    expects,
    parse: text => {
      const pattern = parseNamePattern(`${kind}:${text}`);
      return pattern && (peer => peer.facts.subjectAltNames.some(name => matchesName(pattern, name)));
    },
    shown: peer => alternativeValues(peer, kind),
  };
}

function objectIdentifiers(
  valuesOf: (peer: VerifiedPeer) => readonly string[],
  meaningless: {readonly oid: string; readonly name: string},
): Attribute {
  return {
    expects: `a dotted OID other than ${meaningless.name}, which tells nobody apart`,
    parse: text => (OID.test(text) && text !== meaningless.oid ? peer => valuesOf(peer).includes(text) : undefined),
    shown: valuesOf,
  };
}

function issuerOf(peer: VerifiedPeer): {readonly fingerprint: string} {
  return peer.path.intermediates[0] ?? peer.path.anchor.certificate;
}
