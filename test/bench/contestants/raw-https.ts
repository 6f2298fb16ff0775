import {createServer} from 'node:https';
import type {AddressInfo} from 'node:net';
import type {TLSSocket} from 'node:tls';
import {patient, ready} from './answer';
import {mutualTls} from './tls';

/** node:https, the principal read once per connection: as little as mutual TLS can cost in Node. */
const principals = new WeakMap<object, string>();
const server = createServer(mutualTls(), (request, response) => {
  if (principals.get(request.socket) === undefined) {
    response.writeHead(401).end();
    return;
  }
  const body = JSON.stringify(patient((request.url ?? '').slice('/patients/'.length)));
  response.writeHead(200, {'content-type': 'application/json', 'content-length': Buffer.byteLength(body)}).end(body);
});
server.on('secureConnection', (socket: TLSSocket) => {
  if (socket.authorized) principals.set(socket, String(socket.getPeerCertificate().subject.CN));
});
server.listen(0, '127.0.0.1', () => {
  ready((server.address() as AddressInfo).port);
});
