import {createServer} from 'node:https';
import {createRequire} from 'node:module';
import type {IncomingMessage, RequestListener, ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {resolve} from 'node:path';
import type {TLSSocket} from 'node:tls';
import {patient, ready} from './answer';
import {mutualTls} from './tls';

type Handler = (
  request: IncomingMessage & {params: {id: string}},
  response: ServerResponse & {json(body: unknown): void; sendStatus(status: number): void},
  next: () => void,
) => void;
interface ExpressLike {
  use(handler: Handler): void;
  get(path: string, handler: Handler): void;
}

/** Express 5 with a middleware that looks at the certificate of every request. */
const load = createRequire(resolve(__dirname, '../../../../test/bench/package.json'));
const express = load('express') as () => ExpressLike & RequestListener;
const app = express();
app.use((request, response, next) => {
  const socket = request.socket as TLSSocket;
  if (!socket.authorized || !socket.getPeerCertificate().subject.CN) {
    response.sendStatus(401);
    return;
  }
  next();
});
app.get('/patients/:id', (request, response) => {
  response.json(patient(request.params.id));
});
const server = createServer(mutualTls(), app).listen(0, '127.0.0.1', () => {
  ready((server.address() as AddressInfo).port);
});
