import {MtlsError} from '../errors';
import type {Refusal} from '../errors';
import type {VerifiedPeer} from '../trust/decision';
import {isVisibleText} from '../x509/strings';
import {checkAuthority, isRoleName, ROLE_NAME} from './role';
import type {IdentityDecision, IdentityResolver, ResolvedIdentity} from './rules';
import {principalOf} from './summarize';

/** Longest identifier or name a resolver may return, in characters. */
const MAX_TEXT = 1024;
/** Most roles a resolver may return. */
const MAX_ROLES = 128;

/**
 * Asks the resolver who the peer is. A throw, an answer after `signal` aborted, no answer and an answer that is not a
 * sound identity are refusals; the limits of the anchor hold for what it says, too.
 */
export async function resolvePeer(
  peer: VerifiedPeer,
  resolve: IdentityResolver,
  signal: AbortSignal,
): Promise<IdentityDecision> {
  const answer = signal.aborted ? TOO_LATE : await Promise.race([ask(peer, resolve, signal), aborted(signal)]);
  if ('why' in answer) return {verdict: 'reject', why: answer.why};
  const {identity} = answer;
  const beyond = checkAuthority(identity.roles, peer);
  if (beyond) return {verdict: 'reject', why: beyond};
  return {verdict: 'accept', principal: principalOf(peer, {...identity, idSource: 'resolver'}), matched: ['resolver']};
}

type Answer = {readonly identity: ResolvedIdentity} | {readonly why: Refusal};

async function ask(peer: VerifiedPeer, resolve: IdentityResolver, signal: AbortSignal): Promise<Answer> {
  try {
    const answer = parseIdentity(await resolve(peer, signal));
    return signal.aborted ? TOO_LATE : answer;
  } catch (error) {
    // A refusal of this library says why. Anything else is the resolver's own and may quote secrets: it goes nowhere.
    return {why: error instanceof MtlsError ? error.refusal : failed('an answer', 'an exception')};
  }
}

function aborted(signal: AbortSignal): Promise<Answer> {
  return new Promise(settle => {
    signal.addEventListener(
      'abort',
      () => {
        settle(TOO_LATE);
      },
      {once: true},
    );
  });
}

/** Reads each property once: what was checked is what is used. */
function parseIdentity(answer: unknown): Answer {
  if (answer === undefined) {
    return {why: {code: 'ERR_MTLS_IDENTITY_UNMAPPED', required: 'an identity', found: 'none', where: 'resolver'}};
  }
  if (typeof answer !== 'object' || answer === null) return {why: failed('an identity or undefined', typeof answer)};
  const {id, name, roles}: {id?: unknown; name?: unknown; roles?: unknown} = answer;
  if (!isText(id)) return {why: failed('a printable `id`', describeType(id))};
  if (name !== undefined && !isText(name)) return {why: failed('a printable `name`, or none', describeType(name))};
  if (!Array.isArray(roles) || roles.length === 0 || roles.length > MAX_ROLES) {
    return {why: failed(`\`roles\` with 1 to ${MAX_ROLES} names`, describeType(roles))};
  }
  const names: readonly unknown[] = [...new Set<unknown>(roles)];
  if (!names.every(isRoleName)) return {why: failed(`role names of ${ROLE_NAME}`, 'another value')};
  return {identity: name === undefined ? {id, roles: names} : {id, name, roles: names}};
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT && value.trim() === value && isVisibleText(value);
}

function describeType(value: unknown): string {
  return Array.isArray(value) ? `a list of ${value.length}` : typeof value === 'string' ? 'another text' : typeof value;
}

function failed(required: string, found: string): Refusal {
  return {code: 'ERR_MTLS_IDENTITY_RESOLVER', required, found, where: 'resolver'};
}

const TOO_LATE: Answer = {why: failed('an answer in time', 'none')};
