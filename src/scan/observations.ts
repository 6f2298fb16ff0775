import {once, oncePerKey} from './once';
import type {HelloAnswer, HelloRequest} from './probe/hello-exchange';
import {keyAgreements, READABLE_SUITES} from './probe/key-schedule';
import {GROUPS, groupsOf, PROTOCOLS} from './probe/registry';
import type {GroupStrength, ProtocolName} from './probe/registry';
import {suitesOf} from './probe/suites';
import type {SuiteClass} from './probe/suites';

/** What several checks want to know about the TLS layer. Each answer is asked for once, when first needed. */
export interface TlsObservations {
  /** The answer to an offer of exactly this version with everything a client could want. */
  readonly answerTo: (protocol: ProtocolName) => Promise<HelloAnswer>;
  /** Whether the server goes on with this version. */
  readonly speaks: (protocol: ProtocolName) => Promise<boolean>;
  /** The highest version before TLS 1.3. */
  readonly classic: () => Promise<ClassicProtocol | undefined>;
  /** Suites of a class that the server chooses, most wanted first; at most {@link MAX_PER_CLASS}. */
  readonly suites: (suiteClass: SuiteClass) => Promise<readonly number[]>;
  /** Groups of a strength that the server chooses, at most {@link MAX_PER_CLASS}. */
  readonly groups: (strength: GroupStrength) => Promise<readonly number[]>;
  /** Flights with certificates, newest version first. */
  readonly flights: () => Promise<readonly HelloAnswer[]>;
}

/** Versions whose handshake is in the clear. */
export type ClassicProtocol = Exclude<ProtocolName, 'TLS 1.3'>;

const CLASSIC: readonly ClassicProtocol[] = ['TLS 1.2', 'TLS 1.1', 'TLS 1.0', 'SSL 3.0'];

/** One suite proves that a class is open; a few more tell how wide. Bounds the connections of a scan. */
export const MAX_PER_CLASS = 4;

const CLASSIC_SUITES = suitesOf(
  'ecdhe-aead',
  'dhe-aead',
  'cbc',
  'static-aead',
  'static-cbc',
  'small-block',
  'rc4',
  'anonymous',
  'null',
  'export',
);

type Ask = (request: HelloRequest) => Promise<HelloAnswer>;

/** Wraps the questions around `hello`. */
export function observeTls(hello: Ask): TlsObservations {
  const answerTo = oncePerKey(async (protocol: ProtocolName) => {
    const answer = await hello(fullOffer(protocol));
    // A server that insists on a post-quantum group names it when asked again, this time without readable shares.
    return protocol === 'TLS 1.3' && answer.alert !== undefined ? hello(anyGroupOffer()) : answer;
  });
  const speaks = async (protocol: ProtocolName) => (await answerTo(protocol)).hello?.version === PROTOCOLS[protocol];
  const classic = once(async () => {
    for (const protocol of CLASSIC) if (await speaks(protocol)) return protocol;
    return undefined;
  });
  return {
    answerTo,
    speaks,
    classic,
    suites: oncePerKey((suiteClass: SuiteClass) => chosenSuites(hello, classic, suiteClass)),
    groups: oncePerKey((strength: GroupStrength) => chosenGroups(hello, speaks, classic, strength)),
    flights: once(async () => {
      const answers = await Promise.all((['TLS 1.3', 'TLS 1.2'] as const).map(answerTo));
      const flights = answers.filter(answer => answer.certificates.length > 0);
      const old = await classic();
      if (flights.length > 0 || old === undefined) return flights;
      return [await answerTo(old)].filter(answer => answer.certificates.length > 0);
    }),
  };
}

function fullOffer(protocol: ProtocolName): HelloRequest {
  const groups = GROUPS.map(group => group.id);
  return protocol === 'TLS 1.3'
    ? {protocol, suites: suitesOf('tls13'), agreements: keyAgreements()}
    : {protocol, suites: CLASSIC_SUITES, groups};
}

function anyGroupOffer(): HelloRequest {
  return {protocol: 'TLS 1.3', suites: suitesOf('tls13'), groups: groupsOf('post-quantum', 'strong')};
}

/** Offers a class and takes out what the server chose until it chooses nothing more. */
async function chosenSuites(
  hello: Ask,
  classic: () => Promise<ClassicProtocol | undefined>,
  suiteClass: SuiteClass,
): Promise<readonly number[]> {
  const protocol = suiteClass === 'tls13' ? 'TLS 1.3' : await classic();
  if (protocol === undefined) return [];
  const groups = protocol === 'TLS 1.3' ? groupsOf('strong') : GROUPS.map(group => group.id);
  return chosen(suitesOf(suiteClass), async suites => (await hello({protocol, suites, groups})).hello?.suite);
}

/** In TLS 1.3 a HelloRetryRequest names the group; before, the ServerKeyExchange does. */
async function chosenGroups(
  hello: Ask,
  speaks: (protocol: ProtocolName) => Promise<boolean>,
  classic: () => Promise<ClassicProtocol | undefined>,
  strength: GroupStrength,
): Promise<readonly number[]> {
  const offered = groupsOf(strength);
  if (strength !== 'weak' && (await speaks('TLS 1.3'))) {
    return chosen(offered, async groups => {
      const answer = await hello({protocol: 'TLS 1.3', suites: READABLE_SUITES, groups});
      return answer.hello?.group;
    });
  }
  const protocol = await classic();
  if (protocol === undefined) return [];
  const suites = suitesOf('ecdhe-aead', 'cbc').filter(suite => suite >= 0xc000);
  const choose = (more: readonly number[]) => (groups: readonly number[]) =>
    hello({protocol, suites, groups: [...groups, ...more]}).then(answer => answer.keyExchange?.group);
  const alone = await chosen(offered, choose([]));
  // A server with an ECDSA certificate also needs the curve of that certificate in the list (RFC 8422 section 5.1.1).
  return alone.length > 0 ? alone : chosen(offered, choose(groupsOf('strong')));
}

async function chosen(
  offered: readonly number[],
  choose: (left: readonly number[]) => Promise<number | undefined>,
): Promise<readonly number[]> {
  const accepted: number[] = [];
  while (accepted.length < MAX_PER_CLASS) {
    const left = offered.filter(each => !accepted.includes(each));
    const choice = left.length === 0 ? undefined : await choose(left);
    if (choice === undefined || !left.includes(choice)) break;
    accepted.push(choice);
  }
  return accepted;
}
