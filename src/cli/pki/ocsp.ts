import {createServer} from 'node:http';
import type {IncomingMessage, RequestListener, ServerResponse} from 'node:http';
import {once} from 'node:events';
import type {DevelopmentCa} from '../../pki/development-ca';
import type {Store} from '../../pki/store';
import {EXIT, parseOptions, usageError} from '../command';
import type {Command} from '../command';
import {FOLDER_HELP, FOLDER_OPTIONS, openCa, storeOf} from './options';

const OPTIONS = {...FOLDER_OPTIONS, port: {type: 'string', default: '8889'}} as const;

export const ocsp: Command = {
  name: 'ocsp',
  summary: 'Serve OCSP answers and CRLs over HTTP on this machine',
  help: `
Usage: mtls pki ocsp [options]

Answers OCSP requests (RFC 6960, POST and GET) for every authority of the folder from its index, so that a revocation
counts at once, and serves the CRL of each authority as /NAME-ca.crl, its delta CRL as /NAME-ca.delta.crl. Plain HTTP,
as both are signed, and on the loopback address only. Runs until it is interrupted.

  --port N            port to listen on, 0 for a free one (default 8889)
${FOLDER_HELP}

Examples:
  mtls pki ocsp &
  openssl ocsp -url http://127.0.0.1:8889/ -issuer certs/clients-ca.crt -cert certs/alice.crt -CAfile certs/clients-ca.crt

Exit codes: 0 interrupted, 1 the port is taken, 2 usage.`,
  options: OPTIONS,
  run: async (args, io) => {
    const {values} = parseOptions('pki ocsp', args, {options: OPTIONS});
    const server = createServer(ocspListener(openCa(values, io), storeOf(values, io)));
    server.listen(portOf(values.port), '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : values.port}/`;
    io.stdout.write(values.json ? `${JSON.stringify({url})}\n` : `listening on ${url}\n`);
    if (!io.signal.aborted) await once(io.signal, 'abort');
    server.close();
    server.closeAllConnections();
    return EXIT.ok;
  },
};

function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw usageError(`'${text}' is not a port`, '--port 8889');
  return port;
}

/** Largest request read, in bytes. One certificate takes about a hundred. */
const MAX_REQUEST_BYTES = 16 * 1024;

/** Answers OCSP requests and serves CRLs from a folder. */
function ocspListener(ca: DevelopmentCa, store: Store): RequestListener {
  return (request, response) => {
    answer(request, response, ca, store).catch((error: unknown) => {
      response.writeHead(error instanceof URIError ? 400 : 500).end();
    });
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  ca: DevelopmentCa,
  store: Store,
): Promise<void> {
  const path = decodeURIComponent(request.url ?? '/').slice(1);
  const crl = `ca/${path}`;
  if (request.method === 'GET' && /^[a-z0-9-]+-ca(\.delta)?\.crl$/i.test(path) && store.has(crl)) {
    response.setHeader('content-type', 'application/pkix-crl').end(store.read(crl));
    return;
  }
  const question = request.method === 'GET' ? Buffer.from(path, 'base64') : await bodyOf(request);
  response.setHeader('content-type', 'application/ocsp-response').end(ca.answerOcsp(question));
}

/** What is too large is cut, and then no OCSP request any more. */
async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let octets = 0;
  for await (const chunk of request) {
    const bytes: unknown = chunk;
    if (!Buffer.isBuffer(bytes)) break;
    octets += bytes.length;
    if (octets > MAX_REQUEST_BYTES) break;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
