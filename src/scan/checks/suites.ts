import {suiteName} from '../probe/suites';
import type {SuiteClass} from '../probe/suites';
import type {TlsObservations} from '../observations';
import type {Check, CheckDescription, Outcome} from './check';
import {Owasp, fail, notTested, pass} from './check';

const REMEDY =
  'list only ECDHE suites with GCM or ChaCha20-Poly1305 in `ciphers`, ending in @SECLEVEL=2, or speak TLS 1.3 alone';

/** Suites that must not be chosen, class by class. */
export const SUITE_CHECKS: readonly Check[] = [
  never(['null'], {
    id: 'suite-null',
    title: 'no suite without encryption',
    severity: 'critical',
    risk: 'everything travels in the clear',
    cwe: 319,
  }),
  never(['anonymous'], {
    id: 'suite-anonymous',
    title: 'no suite without authentication',
    severity: 'critical',
    risk: 'anyone in between can be the server, and client certificates cannot be asked for',
    cwe: 287,
  }),
  never(['export'], {
    id: 'suite-export',
    title: 'no export suite',
    severity: 'critical',
    risk: 'keys of 40 to 56 bits can be searched (FREAK, Logjam)',
    cwe: 326,
  }),
  never(['rc4'], {
    id: 'suite-rc4',
    title: 'no RC4',
    severity: 'high',
    risk: 'biases of the key stream reveal repeated plaintext (RFC 7465)',
    cwe: 327,
  }),
  never(['small-block'], {
    id: 'suite-small-block',
    title: 'no 64-bit block cipher',
    severity: 'high',
    risk: 'block collisions reveal plaintext on long connections (Sweet32)',
    cwe: 327,
  }),
  never(['static-aead', 'static-cbc'], {
    id: 'suite-static-key-exchange',
    title: 'forward secrecy always',
    severity: 'high',
    risk: 'whoever gets the server key later can read recorded traffic, and RSA key exchange is open to Bleichenbacher',
    cwe: 327,
  }),
  never(['cbc', 'static-cbc'], {
    id: 'suite-cbc',
    title: 'no CBC mode',
    severity: 'medium',
    risk: 'MAC-then-encrypt has been broken by timing again and again (Lucky Thirteen)',
    cwe: 327,
  }),
  {
    id: 'suite-strong',
    title: 'a suite with forward secrecy and AEAD is offered',
    severity: 'high',
    risk: 'good clients are forced to something weaker',
    remedy: REMEDY,
    cwe: 327,
    owasp: Owasp.MISCONFIGURATION,
    run: async ({tls}) => {
      const strong = [...(await tls.suites('tls13')), ...(await tls.suites('ecdhe-aead'))];
      return strong.length > 0 ? pass(strong.map(suiteName).join(', ')) : fail('none of them was chosen');
    },
  },
  {
    id: 'suite-dhe-size',
    title: 'finite-field Diffie-Hellman has at least 2048 bits',
    severity: 'high',
    risk: 'a prime of 1024 bits or less can be broken once for everyone who uses it (Logjam)',
    remedy: 'set no dhparam: ECDHE is faster and stronger',
    cwe: 326,
    owasp: Owasp.MISCONFIGURATION,
    run: dheSize,
  },
];

function never(classes: readonly SuiteClass[], description: Omit<CheckDescription, 'owasp' | 'remedy'>): Check {
  return {
    ...description,
    owasp: Owasp.MISCONFIGURATION,
    remedy: REMEDY,
    run: async ({tls}) => {
      if ((await tls.classic()) === undefined) return pass('TLS 1.3 has no such suite');
      const found = await chosenOf(tls, classes);
      return found.length > 0
        ? fail(found.map(suiteName).join(', '))
        : pass('none was chosen when only these were offered');
    },
  };
}

async function chosenOf(tls: TlsObservations, classes: readonly SuiteClass[]): Promise<readonly number[]> {
  return (await Promise.all(classes.map(tls.suites))).flat();
}

async function dheSize({tls, hello}: Parameters<Check['run']>[0]): Promise<Outcome> {
  const protocol = await tls.classic();
  if (protocol === undefined) return pass('TLS 1.3 has only named groups');
  const suites = (await chosenOf(tls, ['dhe-aead', 'cbc'])).filter(suite => suiteName(suite).includes('_DHE_'));
  if (suites.length === 0) return pass('no DHE suite was chosen');
  const {keyExchange} = await hello({protocol, suites, groups: []});
  if (keyExchange?.primeBits === undefined) return notTested('the server chose no prime');
  const evidence = `the prime has ${keyExchange.primeBits} bits`;
  return keyExchange.primeBits < 2048 ? fail(evidence) : pass(evidence);
}
