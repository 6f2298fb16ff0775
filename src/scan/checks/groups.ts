import {groupName} from '../probe/registry';
import {MAX_PER_CLASS} from '../observations';
import type {Check} from './check';
import {Owasp, fail, notTested, pass, warn} from './check';

const NAMES = (groups: readonly number[]) =>
  groups.map(groupName).join(', ') + (groups.length === MAX_PER_CLASS ? ' and perhaps more' : '');

/** Groups of the key exchange. */
export const GROUP_CHECKS: readonly Check[] = [
  {
    id: 'group-weak',
    title: 'no curve below 256 bits',
    severity: 'high',
    risk: 'the key exchange can be broken, and with it every recorded connection',
    remedy: "leave ecdhCurve at 'auto', or list X25519MLKEM768, X25519, P-256, P-384",
    cwe: 326,
    owasp: Owasp.MISCONFIGURATION,
    run: async ({tls}) => {
      const weak = await tls.groups('weak');
      return weak.length > 0 ? fail(NAMES(weak)) : pass('none was chosen when only these were offered');
    },
  },
  {
    id: 'group-strong',
    title: 'a strong group is offered',
    severity: 'medium',
    risk: 'good clients cannot connect or are forced to something weaker',
    remedy: "leave ecdhCurve at 'auto'",
    cwe: 326,
    owasp: Owasp.MISCONFIGURATION,
    run: async ({tls}) => {
      const good = [...(await tls.groups('post-quantum')), ...(await tls.groups('strong'))];
      return good.length > 0 ? pass(NAMES(good)) : fail('none of them was chosen');
    },
  },
  {
    id: 'group-post-quantum',
    title: 'hybrid post-quantum key exchange is offered',
    severity: 'info',
    risk: 'traffic recorded today can be read once a large quantum computer exists',
    remedy: "run on Node.js 22 or newer with ecdhCurve 'auto'; Node.js 20 cannot do it",
    cwe: 327,
    owasp: Owasp.MISCONFIGURATION,
    run: async ({tls}) => {
      if (!(await tls.speaks('TLS 1.3'))) return notTested('it needs TLS 1.3');
      const groups = await tls.groups('post-quantum');
      return groups.length > 0 ? pass(NAMES(groups)) : warn('only classical groups were chosen');
    },
  },
];
