import type {CertificateFacts} from '../../src/x509/certificate';
import type {GeneralName} from '../../src/x509/names';
import {ipOctets} from './ip-octets';
import type {PeerName} from './suite';

/** Whether a certificate carries a name, by RFC 9525 for hosts: alternative names only, never the common name. */
export function carriesName(facts: CertificateFacts, wanted: PeerName): boolean {
  return facts.subjectAltNames.some(name => matches(name, wanted));
}

function matches(name: GeneralName, {kind, value}: PeerName): boolean {
  switch (kind) {
    case 'DNS':
      return name.kind === 'dns' && matchesHost(name.value.toLowerCase(), value.toLowerCase());
    case 'RFC822':
      return name.kind === 'email' && name.value === value;
    case 'IP':
      return name.kind === 'ip' && ipOctets(value)?.equals(name.octets) === true;
    default:
      throw new Error(`a kind of peer name this runner does not know: ${kind}`);
  }
}

/** RFC 9525 section 6.3: `*` is the whole left-most label, and what stands behind it is no top-level domain. */
function matchesHost(pattern: string, host: string): boolean {
  if (!pattern.startsWith('*.')) return pattern === host;
  const parent = pattern.slice(2);
  return parent.includes('.') && host.slice(host.indexOf('.') + 1) === parent && !host.startsWith('.');
}
