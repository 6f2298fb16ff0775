/**
 * CPU of full handshakes at one server that knows one CRL, as JSON: `handshake.js NAME FOLDER CRL HANDSHAKES`. The
 * client runs in the same process, the same for every server, so that differences are the server's.
 */
import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {createServer} from 'node:https';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import {connect} from 'node:tls';
import {createMtlsServer} from '../../../src/server/mtls-server';
import {encodePem} from '../../../src/x509/pem';

type Listen = (
  file: (name: string) => string,
  crl: string,
) => Promise<{readonly port: number; readonly stop: () => void}>;

const SERVERS: Readonly<Record<string, Listen>> = {
  ours: async (file, crl) => {
    const server = await createMtlsServer(
      {
        server: {key: file('server.key'), cert: file('server.crt')},
        clients: {ca: file('ca.crt'), crl: file(crl)},
        identity: {rules: [{when: {commonName: 'Client'}, roles: ['client'], id: 'san.uri'}]},
        audit: {sink: 'none'},
      },
      (_, response) => response.end(),
    );
    const {port} = await server.listen({port: 0, host: '127.0.0.1'});
    return {port, stop: () => void server.close()};
  },
  'OpenSSL in Node': async (file, crl) => {
    const server = createServer(
      {
        key: readFileSync(file('server.key')),
        cert: readFileSync(file('server.crt')),
        ca: readFileSync(file('ca.crt')),
        crl: encodePem(readFileSync(file(crl)), 'X509 CRL'),
        requestCert: true,
      },
      (_, response) => response.end(),
    ).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {port: (server.address() as AddressInfo).port, stop: () => server.close()};
  },
};

async function main(name: string, folder: string, crl: string, handshakes: number): Promise<number> {
  const file = (path: string): string => join(folder, path);
  const listen = SERVERS[name];
  if (listen === undefined) throw new Error(`unknown server ${name}`);
  const {port, stop} = await listen(file, crl);
  const client = {
    host: '127.0.0.1',
    port,
    servername: 'localhost',
    ca: readFileSync(file('ca.crt')),
    key: readFileSync(file('client.key')),
    cert: readFileSync(file('client.crt')),
  };
  const handshake = async (): Promise<void> => {
    const socket = connect(client);
    // An answer proves that the server accepted; in TLS 1.3 the end of the handshake proves nothing.
    socket.end('GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n');
    let text = '';
    for await (const chunk of socket.setEncoding('latin1')) text += String(chunk);
    if (!text.startsWith('HTTP/1.1 200')) throw new Error(`no answer: ${text.slice(0, 80)}`);
  };
  for (let count = 0; count < Math.min(handshakes, 200); count++) await handshake();
  const windows: number[] = [];
  for (let window = 0; window < 5; window++) {
    const start = process.cpuUsage();
    for (let count = 0; count < handshakes; count++) await handshake();
    const {user, system} = process.cpuUsage(start);
    windows.push((user + system) / 1000 / handshakes);
  }
  stop();
  // Whatever else runs on the machine only ever adds.
  return Math.min(...windows);
}

const [name = '', folder = '', crl = '', handshakes = '0'] = process.argv.slice(2);
void main(name, folder, crl, Number(handshakes)).then(cpuMs => {
  process.stdout.write(JSON.stringify({cpuMs}), () => process.exit());
});
