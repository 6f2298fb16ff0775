import type {IncomingMessage} from 'node:http';
import {HttpErrors} from '@loopback/rest';
import type {Request} from '@loopback/rest';
import {publish} from '../audit/publish';
import type {Code, Refusal} from '../errors';
import {CORRELATION_HEADER, correlationIdOf} from '../server/answer';
import {peerOf} from '../server/peer';
import type {PeerState} from '../server/peer';
import type {UpgradeDecision} from '../server/request-guard';
import {peerSummary} from '../server/summary';
import {pathOf} from '../server/target';
import type {AccessTable, RouteAccess} from './access-table';
import type {RuleOutcome} from './access-rules';
import type {FindRoute, GuardedRouter} from './guarded-router';
import {RefusalError} from './refusal-error';
import {FoundRoute} from './route-entry';

/** A request that its rule allows. */
export interface AllowedRequest {
  readonly verdict: 'allow';
  readonly caller: PeerState;
  /** Absent where no LoopBack route serves the path, but a rule covers it. */
  readonly route?: {readonly found: FoundRoute; readonly access: RouteAccess};
}

/** A request that gets no further. */
export interface RefusedRequest {
  readonly verdict: 'refuse';
  readonly why: Refusal;
  readonly endpoint?: string;
  /** What the caller hears: `not found` where there is neither route nor rule. */
  readonly answer: 'refused' | 'not found';
}

/** The rules in force, and whether allowed requests are recorded too. */
export interface Access {
  readonly table: AccessTable;
  readonly allowed: 'record' | 'omit';
  /** Whether authorizers are bound, which have a vote at every controller method. */
  readonly authorizers: 'some' | 'none';
  /** Whether origins are configured, so that a CORS preflight is asked about the verb it announces. */
  readonly preflights: 'answer' | 'ignore';
}

/**
 * Decides about requests: first before CORS, middleware, body parsing and dependency injection, and again wherever a
 * sequence looks for a route, so that a rewritten path, or a handler called on another way, gets no further.
 */
export class RequestAccess {
  /** Requests that a sequence may ask about again. For a moment each of them costs the garbage collector extra. */
  readonly #allowed = new WeakMap<IncomingMessage, {readonly as: AllowedRequest; readonly target: string}>();
  /** Requests that their rules allow and that voters have yet to be asked about. */
  readonly #unsettled = new WeakMap<IncomingMessage, AllowedRequest>();
  #access: Access | undefined;

  /** The rules in force. */
  get table(): AccessTable | undefined {
    return this.#access?.table;
  }

  /** Puts rules in force. Before that, everything is refused. */
  adopt(access: Access): void {
    this.#access = access;
  }

  /** Decides about a request before anything of the application sees it. */
  decide(request: Request, router: GuardedRouter): AllowedRequest | RefusedRequest {
    const asked = (this.#access?.preflights === 'answer' ? preflightOf(request) : undefined) ?? request;
    let found: FoundRoute | undefined;
    try {
      found = router.peek(asked);
    } catch {
      const refused = refuse(UNREADABLE);
      this.#record(request, refused);
      return refused;
    }
    const decision = this.decideRoute(request, found, asked);
    if (decision.verdict === 'allow' && asked === request)
      this.#allowed.set(request, {as: decision, target: targetOf(request)});
    return decision;
  }

  /** Decides about a request whose route was looked up before, and which no sequence will ask about again. */
  decideRoute(
    request: Request,
    found: FoundRoute | undefined,
    asked: Request = request,
  ): AllowedRequest | RefusedRequest {
    const decision = this.#judge(asked, found);
    if (decision.verdict === 'refuse' || asked !== request) this.#record(request, decision);
    else this.#allow(request, decision);
    return decision;
  }

  /**
   * Confirms the route of a sequence; what was found and decided for the same method and path is neither twice.
   * @throws RefusalError, or NotFound where there is neither route nor rule
   */
  confirm(request: Request, find: FindRoute): AllowedRequest {
    const known = this.#allowed.get(request);
    if (known?.target === targetOf(request) && peerOf(request.socket) === known.as.caller) return known.as;
    const resolved = find();
    const decision = this.#judge(request, resolved && FoundRoute.of(resolved));
    if (decision.verdict === 'allow') {
      this.#allow(request, decision);
      return decision;
    }
    this.#record(request, decision);
    throw errorFor(request, decision);
  }

  /**
   * Asks the voters about a request that its rule allows, and records what came of it.
   * @throws RefusalError, or what a voter threw
   */
  async settle(request: Request, endpoint: string, vote: () => Promise<Refusal | undefined>): Promise<void> {
    const allowed = this.#unsettled.get(request);
    this.#unsettled.delete(request);
    let why: Refusal | undefined;
    try {
      why = await vote();
    } catch (error) {
      this.refuseLate(request, endpoint, BROKEN_VOTE);
      throw error;
    }
    if (why !== undefined) throw this.refuseLate(request, endpoint, why);
    if (allowed !== undefined) this.#record(request, allowed);
  }

  /** Records a refusal that was found behind the route, and makes the error for it. */
  refuseLate(request: Request, endpoint: string, why: Refusal): Error {
    const decision: RefusedRequest = {verdict: 'refuse', why, endpoint, answer: 'refused'};
    this.#record(request, decision);
    return errorFor(request, decision);
  }

  /** Decides about an upgrade: only a rule for `UPGRADE` and its path allows one. The server records refusals. */
  decideUpgrade(request: IncomingMessage, caller: PeerState): UpgradeDecision {
    const outcome = this.#access?.table.ofPath('UPGRADE', pathOf(request.url ?? '') ?? '');
    const why = outcome === undefined ? NO_UPGRADE : refusalOf(outcome, caller);
    return why === undefined ? {verdict: 'allow'} : {verdict: 'refuse', why};
  }

  /** Records a request that came over another listener than ours. */
  recordUnverified(request: IncomingMessage): void {
    publish({
      family: 'authorization',
      verdict: 'deny',
      correlationId: correlationIdOf(request),
      peer: peerSummary(request.socket, undefined),
      method: request.method ?? '',
      path: pathOf(request.url ?? '') ?? '',
      why: UNVERIFIED,
    });
  }

  #judge(request: Request, found: FoundRoute | undefined): AllowedRequest | RefusedRequest {
    const caller = peerOf(request.socket);
    if (caller === undefined) return refuse(UNVERIFIED);
    if (this.#access === undefined) return refuse(NOT_STARTED);
    const {table} = this.#access;
    if (found === undefined) {
      const outcome = table.ofPath(request.method, request.path);
      if (outcome === undefined) return {...refuse(UNKNOWN), answer: 'not found'};
      const why = refusalOf(outcome, caller);
      return why === undefined ? {verdict: 'allow', caller} : refuse(why);
    }
    const access = table.ofRoute(found.entry);
    const why = refusalOf(access.outcome, caller);
    if (why !== undefined) return {...refuse(why), endpoint: access.endpoint};
    return {verdict: 'allow', caller, route: {found, access}};
  }

  /**
   * Records a request that its rule allows: at once, or once the voters were asked. Where they never are, because the
   * body is malformed or something answers before the method, the end of the answer records it.
   */
  #allow(request: Request, decision: AllowedRequest): void {
    const controller = decision.route?.access.controller;
    const voters = controller?.metadata.voters ?? [];
    const isAsked = voters.length > 0 || this.#access?.authorizers === 'some';
    // Without a response at hand nobody is asked any more: the method is called directly.
    if (controller === undefined || request.res === undefined || !isAsked) {
      this.#record(request, decision);
      return;
    }
    this.#unsettled.set(request, decision);
    request.res.once('close', () => {
      if (this.#unsettled.delete(request)) this.#record(request, decision);
    });
  }

  #record(request: Request, decision: AllowedRequest | RefusedRequest): void {
    if (decision.verdict === 'allow' && this.#access?.allowed !== 'record') return;
    const caller = peerOf(request.socket);
    const endpoint = decision.verdict === 'allow' ? decision.route?.access.endpoint : decision.endpoint;
    publish({
      family: 'authorization',
      verdict: decision.verdict === 'allow' ? 'allow' : 'deny',
      correlationId: correlationIdOf(request),
      peer: peerSummary(caller?.connection ?? request.socket, caller?.peer.facts),
      ...(caller === undefined ? {} : {principal: caller.principal.id}),
      method: request.method,
      path: request.path,
      ...(endpoint === undefined ? {} : {route: endpoint}),
      ...(decision.verdict === 'allow' ? {} : {why: decision.why}),
    });
  }
}

/** The error that answers a refused request through LoopBack's reject action. */
export function errorFor(request: Request, {why, answer}: RefusedRequest): Error {
  const {res: response} = request;
  if (response?.headersSent === false) {
    response.setHeader('cache-control', 'no-store');
    response.setHeader(CORRELATION_HEADER, correlationIdOf(request));
  }
  return answer === 'refused'
    ? new RefusalError(why)
    : new HttpErrors.NotFound(`Endpoint "${request.method} ${request.path}" not found.`);
}

const refusal = (code: Code, required: string, found: string): Refusal => Object.freeze({code, required, found});

/** The answer to everything that does not come over the mutual-TLS server. */
export const UNVERIFIED = refusal(
  'ERR_MTLS_CONNECTION_UNVERIFIED',
  'a connection of the mutual-TLS server',
  'another one',
);
const NOT_STARTED = refusal('ERR_MTLS_ACCESS_NO_RULE', 'rules in force', 'a server that has not started');
const UNKNOWN = refusal('ERR_MTLS_ACCESS_NO_RULE', 'a route or a rule', 'neither');
const UNREADABLE = refusal('ERR_MTLS_REQUEST_TARGET', 'a path that the router can read', 'one at which it failed');
const BROKEN_VOTE = refusal('ERR_MTLS_ACCESS_DENIED', 'no vote against it', 'a voter that failed');
const NO_UPGRADE = refusal('ERR_MTLS_UPGRADE_REFUSED', 'an access rule for UPGRADE and the path', 'none');

function refuse(why: Refusal): RefusedRequest {
  return {verdict: 'refuse', why, answer: 'refused'};
}

function refusalOf(outcome: RuleOutcome, caller: PeerState): Refusal | undefined {
  if (outcome.kind === 'rule') return outcome.rule.refuse(caller, Date.now());
  const [fault] = outcome.faults;
  return {code: 'ERR_MTLS_ACCESS_NO_RULE', required: fault?.required ?? 'a rule', found: fault?.found ?? 'none'};
}

function targetOf(request: Request): string {
  return `${request.method} ${request.path}`;
}

/** A CORS preflight asks about another verb (Fetch, section 4.8): the rule of that verb decides. */
function preflightOf(request: Request): Request | undefined {
  const verb = request.headers['access-control-request-method'];
  if (request.method !== 'OPTIONS' || typeof verb !== 'string') return undefined;
  return Object.create(request, {method: {value: verb.toUpperCase()}}) as Request;
}
