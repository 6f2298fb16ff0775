import type {Check} from './check';
import {Owasp, notTested, pass} from './check';

/**
 * A refusal only means something while the server still talks to us: one that blocks the scanner for its failed
 * handshakes would pass everything after that.
 */
export const CONTROL_CHECKS: readonly Check[] = [
  {
    id: 'scan-control',
    title: 'the server still answers at the end of the scan',
    severity: 'info',
    risk: 'refusals by a rate limit look like refusals by policy',
    remedy: 'exempt the scanner from rate limits, or lower --parallel',
    cwe: 1059,
    owasp: Owasp.INVENTORY,
    run: async ({tls, hello}) => {
      const [flight] = await tls.flights();
      const suite = flight?.hello?.suite;
      if (flight?.hello === undefined || suite === undefined) return notTested('no handshake worked from the start');
      const protocol = (await tls.speaks('TLS 1.3')) ? 'TLS 1.3' : ((await tls.classic()) ?? 'TLS 1.2');
      const again = await hello({protocol, suites: [suite]});
      return again.hello === undefined
        ? notTested(`the server stopped answering (${again.alert ?? again.ended}), so earlier refusals prove nothing`)
        : pass(`${protocol} is still spoken`);
    },
  },
];
