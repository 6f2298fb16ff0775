import type {TLSSocket} from 'node:tls';
import type {Refusal} from '../errors';
import type {Snapshot} from './judge';

/** Nobody thought of it, so nobody gets in by it; without an event nobody would hear of it either. */
export function failedJudging(error: unknown): Refusal {
  const found = error instanceof Error ? `${error.name} while judging` : 'a failure while judging';
  return {code: 'ERR_MTLS_CONNECTION_UNVERIFIED', required: 'a verdict', found};
}

/** The peer came without a certificate; a session may have none either. */
export const MISSING: Refusal = Object.freeze({
  code: 'ERR_MTLS_CERTIFICATE_MISSING',
  required: 'a client certificate',
  found: 'none',
});

/** What OpenSSL's acceptance must not rest on: a session that nobody allowed to be resumed, or nothing. */
export function judgeSession(socket: TLSSocket, resumption: Snapshot['resumption']): Refusal | undefined {
  const protocol = socket.getProtocol() ?? 'an unknown protocol';
  if (socket.isSessionReused() && (resumption === 'refuse' || protocol !== 'TLSv1.3'))
    return {code: 'ERR_MTLS_SESSION_RESUMED', required: 'a full handshake', found: `a resumed session of ${protocol}`};
  if (!socket.authorized)
    return {code: 'ERR_MTLS_VERIFIERS_DISAGREE', required: 'a chain that OpenSSL accepts', found: 'one it did not'};
  return undefined;
}

/** The runtime does not show what the peer sent, so the way out is to configure what is missing. */
export function nameIntermediate(why: Refusal): Refusal {
  return {...why, required: `${why.required}; its issuer belongs into clients.intermediates`};
}

/** The clock of an arrival ran out before anybody decided. */
export function late(timeoutMs: number): Refusal {
  return {code: 'ERR_MTLS_HANDSHAKE_TIMEOUT', required: `a verdict within ${timeoutMs} ms`, found: 'none yet'};
}
