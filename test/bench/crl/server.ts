/**
 * One server that knows one CRL, in a process of its own: `server.js NAME FOLDER CRL`. It tells its port on stdout and
 * ends with its parent.
 */
import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {createServer} from 'node:https';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import {createMtlsServer} from '../../../src/server/mtls-server';
import {encodePem} from '../../../src/x509/pem';

type Listen = (file: (name: string) => string, crl: string) => Promise<AddressInfo>;

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
    return server.listen({port: 0, host: '127.0.0.1'});
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
    return server.address() as AddressInfo;
  },
};

const [name = '', folder = '', crl = ''] = process.argv.slice(2);
const listen = SERVERS[name];
if (listen === undefined) throw new Error(`unknown server ${name}`);
void listen(file => join(folder, file), crl).then(({port}) => {
  process.stdout.write(`${port}\n`);
});
process.stdin.resume().on('end', () => process.exit());
