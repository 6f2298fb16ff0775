import type {ScanContext} from '../context';
import {FALLBACK_SCSV} from '../probe/client-hello';
import {PROTOCOLS} from '../probe/registry';
import type {ProtocolName} from '../probe/registry';
import {suiteName, suitesOf} from '../probe/suites';
import type {Check, Outcome} from './check';
import {Owasp, fail, notTested, pass, warn} from './check';

/** How the handshake defends itself. */
export const HANDSHAKE_CHECKS: readonly Check[] = [
  {
    id: 'handshake-preference',
    title: 'the server chooses the suite',
    severity: 'low',
    risk: 'a careless client chooses a weaker suite although both could do better',
    remedy: 'set honorCipherOrder to true',
    cwe: 757,
    owasp: Owasp.MISCONFIGURATION,
    run: preference,
  },
  {
    id: 'handshake-compression',
    title: 'no TLS compression',
    severity: 'high',
    risk: 'the length of compressed records reveals cookies and tokens (CRIME)',
    remedy: 'set SSL_OP_NO_COMPRESSION in secureOptions, or build OpenSSL without zlib',
    cwe: 310,
    owasp: Owasp.MISCONFIGURATION,
    run: compression,
  },
  {
    id: 'handshake-renegotiation',
    title: 'clients cannot renegotiate',
    severity: 'high',
    risk: 'a connection that was authenticated as one client goes on as another, and each handshake costs the server more than the client',
    remedy: 'set SSL_OP_NO_RENEGOTIATION in secureOptions, or speak TLS 1.3 alone',
    cwe: 384,
    owasp: Owasp.BROKEN_AUTHENTICATION,
    run: renegotiation,
  },
  {
    id: 'handshake-renegotiation-info',
    title: 'secure renegotiation is indicated',
    severity: 'medium',
    risk: 'an attacker can put a handshake of his own before that of the client (CVE-2009-3555)',
    remedy: 'replace the TLS library: RFC 5746 is from 2010',
    cwe: 300,
    owasp: Owasp.MISCONFIGURATION,
    run: async ({tls}) => {
      const classic = await tls.classic();
      if (classic === undefined) return pass('TLS 1.3 has no renegotiation');
      const {hello} = await tls.answerTo(classic);
      return hello?.renegotiationInfo === 'present'
        ? pass('renegotiation_info was sent')
        : fail('renegotiation_info is missing');
    },
  },
  {
    id: 'handshake-downgrade-sentinel',
    title: 'downgrades are marked',
    severity: 'medium',
    risk: 'somebody in between can push both sides to an older version unnoticed',
    remedy: 'replace the TLS library or the middlebox in front: RFC 8446 section 4.1.3 asks for the mark',
    cwe: 757,
    owasp: Owasp.MISCONFIGURATION,
    run: sentinel,
  },
  {
    id: 'handshake-fallback',
    title: 'needless fallbacks are refused',
    severity: 'low',
    risk: 'somebody in between can make a client retry with an older version (RFC 7507)',
    remedy: 'speak TLS 1.2 and 1.3 only, with a TLS library that knows TLS_FALLBACK_SCSV',
    cwe: 757,
    owasp: Owasp.MISCONFIGURATION,
    run: fallback,
  },
];

/** Offers the same two suites in both orders. */
async function preference({tls, hello}: ScanContext): Promise<Outcome> {
  const classic = await tls.classic();
  const protocol = classic ?? 'TLS 1.3';
  const suites = classic === undefined ? await tls.suites('tls13') : await anyTwo(tls);
  const [first, second] = suites;
  if (first === undefined || second === undefined) return notTested('the server knows only one suite');
  const choices: string[] = [];
  for (const offered of [
    [first, second],
    [second, first],
  ]) {
    const answer = await hello({protocol, suites: offered});
    choices.push(suiteName(answer.hello?.suite ?? 0));
  }
  return choices[0] === choices[1]
    ? pass(`${choices[0] ?? ''} was chosen from both orders`)
    : warn(`the order of the client decides between ${choices.join(' and ')}`);
}

async function anyTwo(tls: ScanContext['tls']): Promise<readonly number[]> {
  const classes = ['ecdhe-aead', 'cbc', 'static-aead', 'static-cbc'] as const;
  return (await Promise.all(classes.map(tls.suites))).flat().slice(0, 2);
}

async function compression({tls, hello}: ScanContext): Promise<Outcome> {
  const protocol = await tls.classic();
  if (protocol === undefined) return pass('TLS 1.3 has no compression');
  const answer = await hello({
    protocol,
    suites: suitesOf('ecdhe-aead', 'cbc', 'static-aead', 'static-cbc'),
    compression: [1, 0],
  });
  if (answer.hello === undefined) return pass(`an offer of DEFLATE was refused: ${answer.alert ?? answer.ended}`);
  return answer.hello.compression === 0
    ? pass('DEFLATE was offered and not chosen')
    : fail(`method ${answer.hello.compression} was chosen`);
}

async function renegotiation({tls, renegotiate, options}: ScanContext): Promise<Outcome> {
  const classic = await tls.classic();
  if (classic === undefined) return pass('TLS 1.3 has no renegotiation');
  if (classic !== 'TLS 1.2') return notTested(`this client cannot renegotiate ${classic}`);
  const outcome = await renegotiate(options.identity === undefined ? {} : {identity: options.identity});
  switch (outcome) {
    case 'accepted':
      return fail('a second handshake on the same connection was completed');
    case 'refused':
      return pass('a second handshake on the same connection was refused');
    case 'no-connection':
      return notTested('no TLS 1.2 connection came about; give a client certificate');
  }
}

/** RFC 8446 section 4.1.3: the last eight octets of a ServerHello random below the server's highest version. */
const SENTINELS: Readonly<Partial<Record<ProtocolName, string>>> = {
  'TLS 1.2': '444f574e47524401',
  'TLS 1.1': '444f574e47524400',
  'TLS 1.0': '444f574e47524400',
};

async function sentinel({tls}: ScanContext): Promise<Outcome> {
  const classic = await tls.classic();
  if (classic === undefined) return pass('there is nothing below TLS 1.3 to fall to');
  if (!(await tls.speaks('TLS 1.3'))) return notTested('the server does not speak TLS 1.3');
  const {hello} = await tls.answerTo(classic);
  const tail = hello?.random.subarray(24).toString('hex');
  return tail === SENTINELS[classic]
    ? pass(`the random of ${classic} ends in the mark`)
    : fail(`the random of ${classic} has no mark`);
}

async function fallback({tls, hello}: ScanContext): Promise<Outcome> {
  const order: readonly ProtocolName[] = ['TLS 1.3', 'TLS 1.2', 'TLS 1.1', 'TLS 1.0'];
  const spoken: ProtocolName[] = [];
  for (const protocol of order) if (await tls.speaks(protocol)) spoken.push(protocol);
  const [highest, lower] = spoken;
  if (highest === undefined || lower === undefined) return pass('the server speaks one version only');
  const suites = [...suitesOf('ecdhe-aead', 'dhe-aead', 'cbc', 'static-aead', 'static-cbc'), FALLBACK_SCSV];
  const answer = await hello({protocol: lower, suites});
  if (answer.hello?.version !== PROTOCOLS[lower])
    return pass(`${lower} with the fallback mark: ${answer.alert ?? answer.ended}`);
  return warn(`${lower} was accepted although the fallback mark said that ${highest} had failed`);
}
