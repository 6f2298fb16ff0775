import {request as httpRequest} from 'node:http';
import type {IncomingMessage} from 'node:http';
import {connect} from 'node:tls';
import type {ConnectionOptions, SecureVersion} from 'node:tls';
import type {Target} from '../target';
import {sessionUnder} from './session-name';

/** Most octets of one body that are kept. */
const MAX_BODY_BYTES = 128 * 1024;

/** A client certificate with its key. `chain` is PEM, leaf first. */
export interface ClientIdentity {
  readonly chain: string;
  readonly key: string;
  readonly passphrase?: string;
}

/** One request over a connection of its own. */
export interface HttpProbe {
  readonly method?: string;
  /** Default: the path of the target. */
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly identity?: ClientIdentity;
  /** Default: the name of the target. `none` sends no server_name. */
  readonly servername?: string;
  readonly session?: Buffer;
  readonly version?: SecureVersion;
}

/** An answer that reached us over TLS, with what the connection says about itself. */
export interface HttpAnswer {
  readonly kind: 'answered';
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  readonly protocol: string;
  readonly resumption: 'resumed' | 'full';
  readonly sessions: readonly Buffer[];
}

/** No answer: the server ended the connection, during the handshake or after it (in TLS 1.3 both are refusals). */
export interface HttpRefusal {
  readonly kind: 'refused' | 'timeout';
  readonly reason: string;
  readonly sessions: readonly Buffer[];
}

/** What became of a request. */
export type HttpOutcome = HttpAnswer | HttpRefusal;

/** TLS options of every connection: whatever the server speaks is spoken; judging it is the work of the checks. */
export function tlsOptions(target: Target, probe: HttpProbe): ConnectionOptions {
  const servername = probe.servername ?? target.servername;
  const sent = servername === undefined || servername === 'none' ? {} : {servername};
  return {
    host: target.address,
    port: target.port,
    ...sent,
    rejectUnauthorized: false,
    // A weak client key or an old server must reach the wire, so the local security level may not stand in the way.
    ciphers: 'DEFAULT:@SECLEVEL=0',
    minVersion: probe.version ?? 'TLSv1',
    maxVersion: probe.version ?? 'TLSv1.3',
    ...(probe.session === undefined ? {} : {session: sessionUnder(probe.session, sent.servername ?? target.address)}),
    ...(probe.identity === undefined ? {} : {cert: probe.identity.chain, key: probe.identity.key}),
    ...(probe.identity?.passphrase === undefined ? {} : {passphrase: probe.identity.passphrase}),
  };
}

/** Sends one request over a fresh TLS connection. Never rejects for what the server does; redirects are not followed. */
export function exchangeHttp(target: Target, probe: HttpProbe, timeoutMs: number): Promise<HttpOutcome> {
  return new Promise(resolve => {
    const sessions: Buffer[] = [];
    const socket = connect(tlsOptions(target, probe));
    const timer = setTimeout(() => {
      finish({kind: 'timeout', reason: 'no answer in time', sessions});
    }, timeoutMs);
    const finish = (outcome: HttpOutcome) => {
      clearTimeout(timer);
      resolve(outcome);
      socket.destroy();
    };
    let responding = false;
    const refuse = (reason: string) => {
      // An answer that breaks off is an answer; reading its body comes to an end by itself.
      if (!responding) finish({kind: 'refused', reason, sessions});
    };
    let connection: Pick<HttpAnswer, 'protocol' | 'resumption'> = {protocol: 'unknown', resumption: 'full'};
    socket.on('secureConnect', () => {
      const protocol = socket.getProtocol() ?? 'unknown';
      connection = {protocol, resumption: socket.isSessionReused() ? 'resumed' : 'full'};
    });
    socket.on('session', session => sessions.push(session));
    socket.on('error', (error: Error) => {
      refuse(reasonOf(error));
    });
    socket.on('close', () => {
      refuse('the connection was closed');
    });
    const request = httpRequest({
      createConnection: () => socket,
      method: probe.method ?? 'GET',
      path: probe.path ?? target.path,
      headers: {Host: target.authority, Connection: 'close', 'User-Agent': 'mtls-scan', ...probe.headers},
      setHost: false,
    });
    request.on('error', (error: Error) => {
      refuse(reasonOf(error));
    });
    request.on('response', response => {
      responding = true;
      void readBody(response).then(body => {
        finish({...answerOf(probe, target, response, body), ...connection, sessions});
      });
    });
    request.end();
  });
}

function answerOf(
  probe: HttpProbe,
  target: Target,
  response: IncomingMessage,
  body: string,
): Omit<HttpAnswer, 'protocol' | 'resumption' | 'sessions'> {
  const raw = response.rawHeaders;
  const headers = raw.flatMap((name, index) =>
    index % 2 === 0 ? [[name.toLowerCase(), raw[index + 1] ?? ''] as const] : [],
  );
  const {method = 'GET', path = target.path} = probe;
  return {kind: 'answered', method, path, status: response.statusCode ?? 0, headers, body};
}

/** The body up to {@link MAX_BODY_BYTES}; an answer that breaks off counts as far as it came. */
async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MAX_BODY_BYTES) break;
    }
  } catch {
    // What arrived before the connection broke is still evidence.
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The server's alert where OpenSSL reports one, else what the socket said. */
function reasonOf(error: Error): string {
  const alert = /alert (?:number \d+|[a-z ]+)/.exec(error.message);
  return alert?.[0] ?? error.message.replaceAll(/[\r\n]+/g, ' ').slice(0, 120);
}
