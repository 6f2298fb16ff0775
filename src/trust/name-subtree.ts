import type {ConstraintBase} from '../x509/name-constraints';
import {isHostName} from '../x509/host-name';
import type {GeneralName} from '../x509/names';

/** SmtpUTF8Mailbox of RFC 9598: an e-mail address in an otherName. */
const SMTP_UTF8_MAILBOX = '1.3.6.1.5.5.7.8.9';

/** Where a name lies. What cannot be told counts as not permitted and as excluded. */
export type Relation = 'inside' | 'outside' | 'unknown';

/** Forms that are compared; `other`, `registeredId` and `unsupported` have no subtrees in any RFC. */
type Form = 'dns' | 'email' | 'uri' | 'ip' | 'directory' | 'registeredId' | 'other' | 'unsupported';

/** RFC 5280 section 4.2.1.10: a constraint speaks about names of its own form and no other. */
export function formOf(name: GeneralName | ConstraintBase): Form {
  if (name.kind === 'upn') return 'other';
  // RFC 9598 section 6: constraints of e-mail addresses hold for these too.
  return name.kind === 'other' && name.type === SMTP_UTF8_MAILBOX ? 'email' : name.kind;
}

/**
 * Whether a base means something. RFC 5280 gives a leading dot a meaning in e-mail and URI constraints only; in
 * DNS ones some software takes it to leave out the host itself and some does not.
 */
export function isWellFormedBase(base: ConstraintBase): boolean {
  return base.kind !== 'dns' || !base.value.startsWith('.');
}

/** Where the name lies with respect to a base of the same form. */
export function relate(name: GeneralName, base: ConstraintBase): Relation {
  if (name.kind === 'dns' && base.kind === 'dns') return relateDns(name.value, base.value);
  if (name.kind === 'email' && base.kind === 'email') return relateEmail(name.value, base.value);
  if (name.kind === 'uri' && base.kind === 'uri') return relateUri(name.value, base.value);
  if (name.kind === 'ip' && base.kind === 'ip') return relateIp(name.octets, base.address, base.mask);
  if (name.kind === 'directory' && base.kind === 'directory')
    // Every RDN of the comparable form is terminated, so a prefix is a subtree.
    return name.value.comparable.startsWith(base.value.comparable) ? 'inside' : 'outside';
  return 'unknown';
}

/** Zero or more labels added to the left of the base. */
function relateDns(name: string, base: string): Relation {
  const host = name.toLowerCase();
  const subtree = base.toLowerCase();
  if (subtree === '' || host === subtree || host.endsWith(`.${subtree}`)) return 'inside';
  // `*.example.com` also stands for `api.example.com`: part of it lies in that subtree and part of it does not.
  const parent = subtree.slice(subtree.indexOf('.') + 1);
  return host.startsWith('*.') && host.slice(2) === parent ? 'unknown' : 'outside';
}

/** A mailbox, all mailboxes of a host, or with a leading dot all of the hosts below a domain. */
function relateEmail(name: string, base: string): Relation {
  const at = name.lastIndexOf('@');
  if (at < 1 || !isHostName(name.slice(at + 1))) return 'unknown';
  const baseAt = base.lastIndexOf('@');
  if (baseAt < 0) return relateHost(name.slice(at + 1), base);
  const sameLocal = name.slice(0, at) === base.slice(0, baseAt);
  return sameLocal && name.slice(at + 1).toLowerCase() === base.slice(baseAt + 1).toLowerCase() ? 'inside' : 'outside';
}

/**
 * RFC 5280 section 4.2.1.10: where the host is no domain name, the certificate must be refused. A user before the host
 * counts as that too: it is there to make one host look like another.
 */
function relateUri(name: string, base: string): Relation {
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(name)?.[1];
  const host = authority?.replace(/:\d*$/, '');
  // A last label of digits makes it an IPv4 address to every reader of URIs.
  return host === undefined || !isHostName(host) || /(?:^|\.)\d+$/.test(host) ? 'unknown' : relateHost(host, base);
}

/**
 * A host alone, or with a leading dot the hosts below a domain but not that domain itself. What an empty base means
 * is nowhere said.
 */
function relateHost(name: string, base: string): Relation {
  const host = name.toLowerCase();
  const subtree = base.toLowerCase();
  if (subtree === '') return 'unknown';
  const isInside = subtree.startsWith('.') ? host.endsWith(subtree) : host === subtree;
  return isInside ? 'inside' : 'outside';
}

function relateIp(octets: Buffer, address: Buffer, mask: Buffer): Relation {
  if (octets.length !== mask.length) return 'outside';
  return octets.every((octet, index) => ((octet ^ (address[index] ?? 0)) & (mask[index] ?? 0)) === 0)
    ? 'inside'
    : 'outside';
}
