import type {Budget} from './budget';
import {observeTls} from './observations';
import type {TlsObservations} from './observations';
import {once} from './once';
import {readOperations} from './openapi-document';
import type {Operation} from './openapi-document';
import type {ScanOptions} from './options';
import type {Offer} from './probe/client-hello';
import {exchangeBytes, exchangeHello} from './probe/hello-exchange';
import type {HelloAnswer, HelloRequest, RawAnswer} from './probe/hello-exchange';
import {exchangeHttp} from './probe/http-exchange';
import type {HttpAnswer, HttpOutcome, HttpProbe} from './probe/http-exchange';
import type {KeyAgreement} from './probe/key-schedule';
import {STRONG_SCHEMES, groupsOf} from './probe/registry';
import {tryRenegotiation} from './probe/renegotiation';
import type {RenegotiationOutcome} from './probe/renegotiation';
import type {Target} from './target';

/** What checks may do: ask the one target, within the budget. Answers that several checks need are asked for once. */
export interface ScanContext {
  readonly target: Target;
  readonly options: ScanOptions;
  readonly tls: TlsObservations;
  /** Every HTTP answer so far, for checks that look at all of them. */
  readonly answers: readonly HttpAnswer[];
  /** Sends a ClientHello; what is left out of the offer is what a good client would offer. */
  readonly hello: (offer: HelloRequest) => Promise<HelloAnswer>;
  readonly http: (probe: HttpProbe) => Promise<HttpOutcome>;
  readonly renegotiate: (probe: HttpProbe) => Promise<RenegotiationOutcome>;
  /** Sends bytes without TLS and reads until `isComplete` or the end. */
  readonly plaintext: (payload: Buffer, isComplete: (received: Buffer) => boolean) => Promise<RawAnswer>;
  /** What a client without certificate gets. */
  readonly anonymous: () => Promise<HttpOutcome>;
  /** What the given client certificate gets; undefined when none was given. */
  readonly authenticated: () => Promise<HttpOutcome> | undefined;
  /** The operations of the OpenAPI document; undefined when there is none that can be read. */
  readonly operations: () => Promise<readonly Operation[] | undefined>;
}

/** Most octets read from a plaintext answer. */
const MAX_PLAINTEXT_BYTES = 16 * 1024;

/** Makes the context of one scan. */
export function createContext(target: Target, options: ScanOptions, budget: Budget): ScanContext {
  const answers: HttpAnswer[] = [];
  const hello = ({agreements = [], ...offer}: HelloRequest) =>
    budget.spend(timeoutMs => exchangeHello(target, completeOffer(target, offer, agreements), agreements, timeoutMs));
  const http = async (probe: HttpProbe) => {
    const outcome = await budget.spend(timeoutMs => exchangeHttp(target, probe, timeoutMs));
    if (outcome.kind === 'answered') answers.push(outcome);
    return outcome;
  };
  const {identity} = options;
  return {
    target,
    options,
    answers,
    hello,
    http,
    tls: observeTls(hello),
    renegotiate: probe => budget.spend(timeoutMs => tryRenegotiation(target, probe, timeoutMs)),
    plaintext: (payload, isComplete) =>
      budget.spend(timeoutMs => exchangeBytes(target, payload, {timeoutMs, maxBytes: MAX_PLAINTEXT_BYTES, isComplete})),
    anonymous: once(() => http({})),
    authenticated: identity === undefined ? () => undefined : once(() => http({identity})),
    operations: once(() => readDocument(options, http)),
  };
}

async function readDocument(
  {openApi, identity}: ScanOptions,
  http: ScanContext['http'],
): Promise<readonly Operation[] | undefined> {
  if (openApi === undefined) return undefined;
  if (openApi.kind === 'document') return readOperations(openApi.text);
  const outcome = await http({path: openApi.path, ...(identity === undefined ? {} : {identity})});
  return outcome.kind === 'answered' && outcome.status === 200 ? readOperations(outcome.body) : undefined;
}

function completeOffer(
  target: Target,
  offer: Omit<HelloRequest, 'agreements'>,
  agreements: readonly KeyAgreement[],
): Offer {
  return {
    groups: groupsOf('strong'),
    signatureSchemes: STRONG_SCHEMES,
    keyShares: agreements.map(agreement => agreement.share),
    compression: [0],
    ...(target.servername === undefined ? {} : {servername: target.servername}),
    ...offer,
  };
}
