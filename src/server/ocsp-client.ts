import {randomBytes} from 'node:crypto';
import {publish} from '../audit/publish';
import {MtlsError} from '../errors';
import type {Refusal} from '../errors';
import type {Grace} from '../trust/grace';
import {DEFAULT_OCSP_POLICY, verifyOcspResponse} from '../trust/ocsp';
import type {OcspStatement} from '../trust/ocsp';
import {ocspKey} from '../trust/ocsp-answers';
import type {OcspAnswers, OcspSubject} from '../trust/ocsp-answers';
import {RecentMap} from '../x509/recent-map';
import type {RevocationView} from '../trust/revocation';
import type {CertificateFacts} from '../x509/certificate';
import {parseOcspResponse} from '../x509/ocsp';
import {encodeOcspRequest} from '../x509/ocsp-request';
import {failureOf} from './revocation-failure';
import {fetchRevocationData} from './revocation-fetch';
import type {FetchPolicy} from './revocation-fetch';
import type {OcspOptions} from './revocation-options';
import {MAX_OCSP_BYTES} from './revocation-policy';

/** How the responder of one anchor is asked, and what its answers have to be compared with. */
export interface OcspTask {
  readonly about: OcspSubject;
  readonly options: OcspOptions;
  readonly grace?: Grace;
  readonly network: FetchPolicy;
  /** Whether a delegated responder is itself revoked. */
  readonly crls: RevocationView;
}

/** How long a responder that failed is left alone about the same certificate, in milliseconds. */
const RETRY_MS = 5_000;

/** Failed questions remembered at most. */
const MAX_FAILED = 10_000;

/** Questions under way at most. */
const MAX_FLIGHTS = 64;

const AUTHORITY_INFO_OCSP = '1.3.6.1.5.5.7.48.1';

/** Asks OCSP responders. One question at a time about each certificate; what is learnt goes into the answers. */
export class OcspClient {
  readonly #answers: OcspAnswers;
  readonly #flights = new Map<string, Promise<'changed' | 'unchanged'>>();
  /** Failed questions, with the moment they may be asked again. */
  readonly #retryAtMs = new RecentMap<number>(MAX_FAILED);

  constructor(answers: OcspAnswers) {
    this.#answers = answers;
  }

  /** Asks unless the question is under way or failed a moment ago. Never rejects: a failure is an event. */
  ask(task: OcspTask): Promise<'changed' | 'unchanged'> {
    const key = ocspKey(task.about);
    const underWay = this.#flights.get(key);
    if (underWay) return underWay;
    const isTooSoon = (this.#retryAtMs.get(key) ?? 0) > Date.now();
    if (isTooSoon || this.#flights.size >= MAX_FLIGHTS) return Promise.resolve('unchanged');
    const flight = this.#fly(task, key).finally(() => this.#flights.delete(key));
    this.#flights.set(key, flight);
    return flight;
  }

  async #fly(task: OcspTask, key: string): Promise<'changed' | 'unchanged'> {
    const source = task.options.responder ?? responderOf(task.about.subject);
    try {
      const before = this.#answers.get(task.about);
      const {statement} = await askResponder(source, task, before);
      this.#retryAtMs.delete(key);
      this.#answers.put({about: task.about, statement, receivedAtMs: Date.now()});
      publishLoaded(source ?? '', statement);
      const changed = before !== undefined && before.status.kind !== statement.status.kind;
      return changed ? 'changed' : 'unchanged';
    } catch (error) {
      this.#retryAtMs.set(key, Date.now() + RETRY_MS);
      const why = failureOf(error, source ?? 'none');
      publish({family: 'revocation', phase: 'failed', kind: 'ocsp', source: source ?? 'none', why});
      return 'unchanged';
    }
  }
}

/** A verified statement with the bytes that prove it. */
export interface SignedStatement {
  readonly statement: OcspStatement;
  /** DER of the OCSPResponse. */
  readonly der: Buffer;
}

/**
 * One question and its verified answer.
 *
 * @throws MtlsError `ERR_MTLS_REVOCATION_FETCH`, `ERR_MTLS_OCSP_REFUSED`, `ERR_MTLS_OCSP_MALFORMED`, `ERR_MTLS_DER`
 */
export async function askResponder(
  url: string | undefined,
  {about, options, grace, network, crls}: OcspTask,
  before: OcspStatement | undefined,
): Promise<SignedStatement> {
  const refuse = (required: string, found: string): MtlsError => {
    const refusal: Refusal = {code: 'ERR_MTLS_OCSP_REFUSED', required, found, ...(url !== undefined && {where: url})};
    return new MtlsError(refusal);
  };
  if (url === undefined) throw refuse('a responder, configured or in the certificate', 'none');
  const nonce = randomBytes(32);
  const bytes = encodeOcspRequest(about.subject, about.issuer, options.certIdHash ?? 'sha1', nonce);
  const answer = await fetchRevocationData(
    {url, accept: 'application/ocsp-response', body: {bytes, type: 'application/ocsp-request'}},
    {...network, maxBytes: MAX_OCSP_BYTES},
  );
  const response = parseOcspResponse(answer);
  if (response.status !== 'successful') throw refuse('a successful response', response.status);
  const policy = {...DEFAULT_OCSP_POLICY, nonce: options.nonce ?? 'optional', ...(grace && {grace})};
  const verdict = verifyOcspResponse(response.basic, {...about, nonce, crls}, policy, new Date());
  if (verdict.verdict === 'refuse') throw refuse(verdict.required, verdict.found);
  const {statement} = verdict;
  if (before !== undefined && statement.thisUpdate < before.thisUpdate) {
    throw refuse('an answer that is not older than the last', statement.thisUpdate.toISOString());
  }
  return {statement, der: answer};
}

/** The first http responder of the certificate (RFC 5280 section 4.2.2.1). */
export function responderOf({extensions}: CertificateFacts): string | undefined {
  for (const {method, location} of extensions.authorityInfoAccess ?? []) {
    if (method === AUTHORITY_INFO_OCSP && location.kind === 'uri' && /^http:/i.test(location.value))
      return location.value;
  }
  return undefined;
}

function publishLoaded(source: string, {thisUpdate, nextUpdate}: OcspStatement): void {
  publish({
    family: 'revocation',
    phase: 'loaded',
    kind: 'ocsp',
    source,
    entries: 1,
    thisUpdate: thisUpdate.toISOString(),
    nextUpdate: nextUpdate.toISOString(),
  });
}
