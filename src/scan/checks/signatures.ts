import {BROKEN_SCHEMES, isBrokenScheme, schemeName} from '../probe/registry';
import {suitesOf} from '../probe/suites';
import type {Check} from './check';
import {Owasp, fail, notTested, pass} from './check';

/** Algorithms of signatures made in the handshake, by the server and by its clients. */
export const SIGNATURE_CHECKS: readonly Check[] = [
  {
    id: 'signature-server',
    title: 'the server never signs with MD5 or SHA-1',
    severity: 'high',
    risk: 'a collision lets somebody else finish the handshake in the name of the server (SLOTH, RFC 9155)',
    remedy: 'end `ciphers` in @SECLEVEL=2, or list strong schemes in `sigalgs`',
    cwe: 328,
    owasp: Owasp.MISCONFIGURATION,
    run: async ({tls, hello}) => {
      if (!(await tls.speaks('TLS 1.2'))) {
        const classic = await tls.classic();
        return classic === undefined
          ? pass('TLS 1.3 allows neither (RFC 8446 section 4.2.3)')
          : fail(`${classic} signs with MD5 and SHA-1 by definition`);
      }
      const suites = suitesOf('ecdhe-aead', 'dhe-aead', 'cbc');
      const answer = await hello({protocol: 'TLS 1.2', suites, signatureSchemes: BROKEN_SCHEMES});
      const used = answer.keyExchange?.signatureScheme;
      if (used === undefined || !isBrokenScheme(used)) return pass('an offer of nothing else was refused');
      return fail(`the server signed with ${schemeName(used)}`);
    },
  },
  {
    id: 'signature-client',
    title: 'clients may not sign with MD5 or SHA-1',
    severity: 'medium',
    risk: 'a collision lets somebody without the key prove possession of it',
    remedy: 'end `ciphers` in @SECLEVEL=2, or list strong schemes in `sigalgs`',
    cwe: 328,
    owasp: Owasp.BROKEN_AUTHENTICATION,
    run: async ({tls}) => {
      const requests = (await tls.flights()).flatMap(flight => flight.certificateRequest ?? []);
      if (requests.length === 0) return notTested('no CertificateRequest was seen');
      const broken = new Set(requests.flatMap(request => request.signatureSchemes).filter(isBrokenScheme));
      return broken.size > 0
        ? fail(`the CertificateRequest allows ${[...broken].map(schemeName).join(', ')}`)
        : pass('the CertificateRequest lists none of them');
    },
  },
];
