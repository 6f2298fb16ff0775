import {publish} from '../audit/publish';
import {MtlsError} from '../errors';
import type {Refusal} from '../errors';
import {regressionOf} from '../trust/crl-order';
import type {VerifiedCrl} from '../trust/crl-signature';
import type {CertificateFacts} from '../x509/certificate';
import {publishCrl, verifyAll} from './crl-sources';
import {failureOf} from './revocation-failure';
import {fetchRevocationData} from './revocation-fetch';
import type {FetchPolicy} from './revocation-fetch';

/** How soon a URL that failed is tried again, and how often one that works is at most, in milliseconds. */
const RETRY_MS = 30_000;

/** URLs held at most. A CA that writes a new one into every certificate does not fill the memory. */
const MAX_URLS = 256;

/** How much of the time until nextUpdate passes before a CRL is fetched again. */
const REFRESH_AT = 0.8;

interface Held {
  readonly url: string;
  /** Certificates that may have signed it. */
  readonly candidates: readonly CertificateFacts[];
  readonly network: FetchPolicy;
  readonly crls: readonly VerifiedCrl[];
  readonly dueAtMs: number;
  readonly told: 'current' | 'stale';
}

/** CRLs from URLs: fetched once at a time, verified, never replaced by older ones, fetched again ahead of their end. */
export class CrlFetcher {
  readonly #held = new Map<string, Held>();
  readonly #flights = new Map<string, Promise<'changed' | 'unchanged'>>();

  /** The newest CRL of every URL. */
  get crls(): readonly VerifiedCrl[] {
    return [...this.#held.values()].flatMap(({crls}) => crls);
  }

  /** Fetches a URL unless it is under way, or was tried a moment ago. Never rejects: a failure is an event. */
  fetch(
    url: string,
    candidates: readonly CertificateFacts[],
    network: FetchPolicy,
    nowMs: number,
  ): Promise<'changed' | 'unchanged'> {
    const known = this.#held.get(url);
    const isFull = known === undefined && this.#held.size >= MAX_URLS;
    if (isFull || (known !== undefined && nowMs < known.dueAtMs)) return Promise.resolve('unchanged');
    const underWay = this.#flights.get(url);
    if (underWay) return underWay;
    const before: Held = {url, crls: [], told: 'current', dueAtMs: 0, ...known, candidates, network};
    const flight = this.#fly(before).finally(() => this.#flights.delete(url));
    this.#flights.set(url, flight);
    return flight;
  }

  /** Fetches again what is due, and tells once of each CRL that ended. */
  async refresh(nowMs: number): Promise<'changed' | 'unchanged'> {
    for (const held of this.#held.values()) this.#tellStale(held, nowMs);
    const due = [...this.#held.values()].filter(({dueAtMs}) => nowMs >= dueAtMs);
    const outcomes = await Promise.all(due.map(held => this.fetch(held.url, held.candidates, held.network, nowMs)));
    return outcomes.includes('changed') ? 'changed' : 'unchanged';
  }

  async #fly(before: Held): Promise<'changed' | 'unchanged'> {
    try {
      const crls = await fetchCrls(before);
      const changed = crls !== before.crls;
      this.#held.set(before.url, {...before, crls, told: 'current', dueAtMs: dueAt(crls, Date.now())});
      if (changed) crls.forEach(publishCrl);
      return changed ? 'changed' : 'unchanged';
    } catch (error) {
      this.#held.set(before.url, {...before, dueAtMs: Date.now() + RETRY_MS});
      const why = failureOf(error, before.url);
      publish({family: 'revocation', phase: 'failed', kind: 'crl', source: before.url, why});
      return 'unchanged';
    }
  }

  #tellStale(held: Held, nowMs: number): void {
    const ended = held.crls.find(({facts}) => (facts.nextUpdate?.getTime() ?? 0) < nowMs);
    if (ended === undefined || held.told === 'stale') return;
    this.#held.set(held.url, {...held, told: 'stale'});
    const found = ended.facts.nextUpdate?.toISOString() ?? 'none';
    const why: Refusal = {code: 'ERR_MTLS_REVOCATION_SOURCE', required: 'a nextUpdate ahead', found, where: held.url};
    publish({family: 'revocation', phase: 'stale', kind: 'crl', source: held.url, why});
  }
}

/** The CRLs at a URL: those held when nothing changed. Throws where an answer is of no use or older than before. */
async function fetchCrls({url, candidates, network, crls}: Held): Promise<readonly VerifiedCrl[]> {
  const bytes = await fetchRevocationData({url, accept: 'application/pkix-crl'}, network);
  const [held] = crls;
  if (held !== undefined && crls.length === 1 && bytes.equals(held.facts.der)) return crls;
  const fetched: VerifiedCrl[] = [];
  for (const outcome of await verifyAll(bytes, candidates, url)) {
    if ('code' in outcome) throw new MtlsError({...outcome, where: url});
    fetched.push(outcome);
  }
  const older = olderThanHeld(fetched, crls);
  if (older !== undefined) throw new MtlsError(older);
  return fetched;
}

/** Why CRLs are not taken: one is older than what it would take the place of. */
export function olderThanHeld(crls: readonly VerifiedCrl[], held: readonly VerifiedCrl[]): Refusal | undefined {
  const regression = regressionOf(crls, held);
  if (regression === undefined) return undefined;
  const {older} = regression;
  return {
    code: 'ERR_MTLS_REVOCATION_SOURCE',
    required: `a CRL that is not older than the last, ${ageOf(regression.held)}`,
    found: ageOf(older),
    where: older.source,
  };
}

function ageOf({facts: {thisUpdate, extensions}}: VerifiedCrl): string {
  return `number ${extensions.crlNumber?.toString() ?? 'none'} of ${thisUpdate.toISOString()}`;
}

/** At four fifths of the way to the first nextUpdate, but not at once. */
function dueAt(crls: readonly VerifiedCrl[], nowMs: number): number {
  const firstEndMs = Math.min(...crls.map(({facts}) => facts.nextUpdate?.getTime() ?? nowMs));
  return nowMs + Math.max(RETRY_MS, (firstEndMs - nowMs) * REFRESH_AT);
}
