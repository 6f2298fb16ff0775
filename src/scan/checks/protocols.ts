import type {ProtocolName} from '../probe/registry';
import type {Check, Severity} from './check';
import {Owasp, fail, pass, warn} from './check';

const REMEDY = "set minVersion to 'TLSv1.2' or 'TLSv1.3' and remove older versions from every proxy in front";

/** Versions that must be refused, and the one that should be there. */
export const PROTOCOL_CHECKS: readonly Check[] = [
  refused(
    'protocol-ssl-3',
    'SSL 3.0',
    'critical',
    'padding is not authenticated, so traffic can be decrypted (POODLE)',
  ),
  refused('protocol-tls-1.0', 'TLS 1.0', 'high', 'the handshake rests on MD5 and SHA-1, and CBC is open to BEAST'),
  refused('protocol-tls-1.1', 'TLS 1.1', 'high', 'the handshake rests on MD5 and SHA-1 (RFC 8996 forbids it)'),
  {
    id: 'protocol-tls-1.3',
    title: 'TLS 1.3 is offered',
    severity: 'low',
    risk: 'in older versions an observer reads the client certificate and the names in it',
    remedy: "leave maxVersion at 'TLSv1.3'",
    cwe: 319,
    owasp: Owasp.MISCONFIGURATION,
    run: async ({tls}) =>
      (await tls.speaks('TLS 1.3')) ? pass('TLS 1.3 is spoken') : warn('the server does not go on with TLS 1.3'),
  },
];

function refused(id: string, protocol: ProtocolName, severity: Severity, risk: string): Check {
  return {
    id,
    title: `${protocol} is refused`,
    severity,
    risk,
    remedy: REMEDY,
    cwe: 327,
    owasp: Owasp.MISCONFIGURATION,
    run: async ({tls}) => {
      const answer = await tls.answerTo(protocol);
      if (await tls.speaks(protocol)) return fail(`${protocol} was accepted`);
      return pass(`${protocol} was refused: ${answer.alert ?? answer.ended}`);
    },
  };
}
