import {createServer} from 'node:http';
import type {IncomingMessage, Server, ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import type {Authority} from '../../src/pki/authority';
import type {OcspAnswerSpec, OcspSpec} from '../../src/pki/ocsp';
import {parseOcspRequest} from '../../src/pki/ocsp-request';

/** What the web server does with a request; the body was read. */
export type Behaviour = (request: {readonly url: string; readonly body: Buffer}, response: ServerResponse) => void;

/** A web server that plays responder and distribution point, and counts what it is asked. */
export class RevocationWeb {
  /** How it answers from now on. */
  behave: Behaviour;
  asked = 0;
  readonly #server: Server;

  constructor(behave: Behaviour) {
    this.behave = behave;
    this.#server = createServer((request, response) => {
      this.asked++;
      void bodyOf(request).then(body => {
        this.behave({url: request.url ?? '', body}, response);
      });
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get host(): string {
    const {port} = this.#server.address() as AddressInfo;
    return `127.0.0.1:${port}`;
  }

  get url(): string {
    return `http://${this.host}/`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise(resolve => this.#server.close(resolve));
  }
}

/** Answers with bytes. */
export function giving(bytes: Buffer): Behaviour {
  return (_, response) => {
    response.end(bytes);
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Answers every certificate of an OCSP request, repeating its nonce. */
export function answeringOcsp(
  authority: Authority,
  status: Omit<OcspAnswerSpec, 'certificate'>,
  spec: Partial<OcspSpec> = {},
): Behaviour {
  return ({body}, response) => {
    const {certificates, nonce} = parseOcspRequest(body);
    const answers = certificates.map(({der}) => ({certificate: der, ...status}));
    response.end(authority.answerOcsp({answers, ...(nonce && {nonce}), ...spec}));
  };
}
