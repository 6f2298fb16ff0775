import {createRequire} from 'node:module';
import {resolve} from 'node:path';
import type {TLSSocket} from 'node:tls';
import {patient, ready} from './answer';
import {mutualTls} from './tls';

interface FastifyLike {
  addHook(
    name: 'onRequest',
    hook: (
      request: {raw: {socket: TLSSocket}},
      reply: {code(status: number): {send(): void}},
      done: () => void,
    ) => void,
  ): void;
  get(path: string, handler: (request: {params: {id: string}}) => Promise<unknown>): void;
  listen(options: {port: number; host: string}): Promise<string>;
}

/** Fastify with a hook that looks at the certificate of every request. */
const load = createRequire(resolve(__dirname, '../../../../test/bench/package.json'));
const fastify = load('fastify') as (options: object) => FastifyLike;
const app = fastify({https: mutualTls()});
app.addHook('onRequest', (request, reply, done) => {
  if (!request.raw.socket.authorized || !request.raw.socket.getPeerCertificate().subject.CN) {
    reply.code(401).send();
    return;
  }
  done();
});
app.get('/patients/:id', request => Promise.resolve(patient(request.params.id)));
void app.listen({port: 0, host: '127.0.0.1'}).then(address => {
  ready(Number(new URL(address).port));
});
