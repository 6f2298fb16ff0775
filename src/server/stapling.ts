import {publish} from '../audit/publish';
import {MtlsError} from '../errors';
import type {ConfigFault, Refusal} from '../errors';
import type {ServerCredentials} from '../tls/credentials';
import type {Source, SourceReader} from '../tls/source';
import type {RevocationView} from '../trust/revocation';
import {isSignedBy} from '../trust/signature';
import type {CertificateFacts} from '../x509/certificate';
import {parseCertificates} from '../x509/pem';
import type {Perishable} from './expiry';
import {askResponder, responderOf} from './ocsp-client';
import type {OcspTask, SignedStatement} from './ocsp-client';
import {failureOf} from './revocation-failure';
import {DEFAULT_NETWORK} from './revocation-policy';

/** Stapling of an OCSP answer for the server's own certificate (RFC 6066 section 8). */
export interface StaplingOptions {
  /** The responder; without it, the one that the server certificate names. */
  readonly responder?: string;
  /** The CA that issued the server certificate, where it does not stand behind it in `server.cert`. */
  readonly issuer?: Source;
}

/** How soon a responder that failed is asked again, in milliseconds. */
const RETRY_MS = 60_000;

/** RFC 7633: the certificate promises that an answer is stapled. */
const STATUS_REQUEST = 5;

/**
 * Prepares stapling for credentials, fetching the first answer. A certificate that promises stapling gets it unasked,
 * and is a fault where no answer can be had: clients would refuse it.
 *
 * @param inForce keeps its answer through a reload, so that a responder that is down does not stop it
 */
export async function loadStapler(
  {chain: [leaf, ...others]}: ServerCredentials,
  configured: 'off' | StaplingOptions | undefined,
  read: SourceReader,
  report: (fault: ConfigFault) => void,
  inForce: Stapler | undefined,
): Promise<Stapler | undefined> {
  const isPromised = promisesStapling(leaf);
  if (!isPromised && (configured === undefined || configured === 'off')) return undefined;
  const options = typeof configured === 'object' ? configured : {};
  const issuer = await issuerOf(leaf, others, options, read, report);
  if (issuer === undefined) return undefined;
  const stapler = new Stapler(leaf, issuer, options.responder ?? responderOf(leaf));
  stapler.inherit(inForce);
  const why = await stapler.refresh();
  if (why !== undefined && isPromised && stapler.answerAt(new Date()) === undefined) {
    report({
      ...why,
      where: 'server.stapling',
      remedy: 'make the responder reachable, or use a certificate without must-staple',
    });
  }
  return stapler;
}

function promisesStapling({extensions}: CertificateFacts): boolean {
  return extensions.tlsFeatures?.includes(STATUS_REQUEST) === true;
}

async function issuerOf(
  leaf: CertificateFacts,
  others: readonly CertificateFacts[],
  {issuer}: StaplingOptions,
  read: SourceReader,
  report: (fault: ConfigFault) => void,
): Promise<CertificateFacts | undefined> {
  const content = issuer === undefined ? undefined : await read(issuer, 'server.stapling.issuer', report);
  const found = [...others, ...(content ? certificatesIn(content.bytes) : [])].find(
    candidate => candidate.subject.comparable === leaf.issuer.comparable && isSignedBy(leaf, candidate),
  );
  if (found === undefined) {
    report({
      code: 'ERR_MTLS_CREDENTIALS',
      where: 'server.stapling.issuer',
      required: 'the CA that issued the server certificate',
      found: content === undefined ? 'none behind it in server.cert' : 'another certificate',
      remedy: 'set server.stapling.issuer to its certificate',
    });
  }
  return found;
}

function certificatesIn(bytes: Buffer): readonly CertificateFacts[] {
  try {
    return parseCertificates(bytes);
  } catch (error) {
    if (error instanceof MtlsError) return [];
    throw error;
  }
}

/** No CRLs are known about the server's own CA: a delegated responder has to be exempt from the check. */
const NO_CRLS: RevocationView = {
  statusOf: () => ({status: 'unknown', required: 'id-pkix-ocsp-nocheck', found: 'a responder without it'}),
};

/** Keeps a verified OCSP answer for one server certificate, and never gives out one that has ended. */
export class Stapler {
  readonly #task: OcspTask;
  readonly #url: string | undefined;
  #answer: SignedStatement | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(subject: CertificateFacts, issuer: CertificateFacts, url: string | undefined) {
    const about = {
      subject,
      issuer,
      anchor: {name: 'issuer of the server certificate', certificate: issuer, authority: {}},
    };
    // The operator chose the server certificate, and with it the responder that it names.
    const allowedHosts = url !== undefined && URL.canParse(url) ? [new URL(url).host] : [];
    const network = {allowedHosts, timeoutMs: DEFAULT_NETWORK.timeoutMs, maxBytes: 0};
    this.#task = {about, options: {}, network, crls: NO_CRLS};
    this.#url = url;
  }

  /** What ends with the answer that is here. A server whose certificate promises no staple goes on without one. */
  get perishables(): readonly Perishable[] {
    if (this.#answer === undefined) return [];
    const {thisUpdate, nextUpdate} = this.#answer.statement;
    return [
      {
        kind: 'stapled-ocsp',
        subject: this.#url ?? 'none',
        notBefore: thisUpdate,
        notAfter: nextUpdate,
        afterEnd: promisesStapling(this.#task.about.subject) ? 'failing' : 'degraded',
      },
    ];
  }

  /** Takes over the answer of another stapler where it is about the same certificate. */
  inherit(other: Stapler | undefined): void {
    if (other === undefined) return;
    const {subject, issuer} = this.#task.about;
    const {about} = other.#task;
    if (about.subject.fingerprint === subject.fingerprint && about.issuer.fingerprint === issuer.fingerprint)
      this.#answer = other.#answer;
  }

  /** DER of the answer to staple at this moment, or undefined. */
  answerAt(now: Date): Buffer | undefined {
    const {der, statement} = this.#answer ?? {};
    return statement !== undefined && now <= statement.nextUpdate ? der : undefined;
  }

  /** Fetches an answer; a failure leaves the one that is here. @returns why there is no new one */
  async refresh(): Promise<Refusal | undefined> {
    try {
      const answer = await askResponder(this.#url, this.#task, this.#answer?.statement);
      if (answer.statement.status.kind !== 'good') {
        throw new MtlsError({
          code: 'ERR_MTLS_OCSP_REFUSED',
          required: 'a server certificate that is not revoked',
          found: answer.statement.status.kind,
        });
      }
      this.#answer = answer;
      return undefined;
    } catch (error) {
      const why = failureOf(error, this.#url ?? 'none');
      publish({family: 'revocation', phase: 'failed', kind: 'ocsp', source: this.#url ?? 'none', why});
      return why;
    }
  }

  /** Refreshes at half of the time that is left, until {@link stop}. */
  start(): void {
    const leftMs = (this.#answer?.statement.nextUpdate.getTime() ?? 0) - Date.now();
    // Node waits at most 2^31 - 1 milliseconds.
    const waitMs = Math.min(Math.max(RETRY_MS, leftMs / 2), 2 ** 31 - 1);
    this.#timer = setTimeout(() => {
      void this.refresh().then(() => {
        if (this.#timer !== undefined) this.start();
      });
    }, waitMs).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
