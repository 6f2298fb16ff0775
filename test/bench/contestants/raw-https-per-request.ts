import {createServer} from 'node:https';
import type {AddressInfo} from 'node:net';
import type {TLSSocket} from 'node:tls';
import {patient, ready} from './answer';
import {mutualTls} from './tls';

/** node:https as tutorials write it: the certificate is read again for every request. */
const server = createServer(mutualTls(), (request, response) => {
  const certificate = (request.socket as TLSSocket).getPeerCertificate();
  if (!certificate.subject.CN) {
    response.writeHead(401).end();
    return;
  }
  const body = JSON.stringify(patient((request.url ?? '').slice('/patients/'.length)));
  response.writeHead(200, {'content-type': 'application/json', 'content-length': Buffer.byteLength(body)}).end(body);
});
server.listen(0, '127.0.0.1', () => {
  ready((server.address() as AddressInfo).port);
});
