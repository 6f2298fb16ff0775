import {renameSync, writeFileSync} from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';
import {connect} from 'node:tls';
import {encodePem} from '../../src/x509/pem';
import type {MtlsOptions} from '../../src/server/options';
import {clientRoot, presenting, serverRoot, workingOptions} from '../server/harness';
import type {Folder, Presentable} from '../server/harness';

/** Replaces a file as careful programs do: written beside it, then renamed over it. */
export function replace(path: string, content: string | Buffer, mode = 0o600): void {
  writeFileSync(`${path}.new`, content, {mode});
  renameSync(`${path}.new`, path);
}

/** Every client of a test comes from the same address, and a busy machine makes them wait in line. */
const LIMITS = {
  handshakeTimeoutMs: 60_000,
  maxConnectionsPerAddress: 10_000,
  maxPendingHandshakes: 10_000,
  maxPendingHandshakesPerAddress: 10_000,
};

/** Options of a server whose client CA publishes a CRL. The files are in `folder`. */
export function rotatingOptions(folder: Folder): MtlsOptions {
  const {server, identity} = workingOptions(folder);
  return {
    server: {...server, limits: LIMITS},
    clients: {
      ca: folder.write('clients-ca.crt', clientRoot.pem),
      crl: folder.write('clients.crl', clientRoot.issueCrl({number: 1}).pem),
    },
    identity,
    audit: {sink: 'none'},
    reload: {debounceMs: 20},
  };
}

/** PEM of the certificate the server presents now. */
export function presented(port: number, client: Presentable): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: '127.0.0.1',
      port,
      servername: 'localhost',
      ...presenting(client),
      ca: serverRoot.pem,
    });
    socket.on('error', reject);
    socket.once('secureConnect', () => {
      resolve(encodePem(socket.getPeerCertificate().raw, 'CERTIFICATE'));
      socket.destroy();
    });
  });
}

/** Waits until the condition holds. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(10);
}

/** A promise that somebody else resolves. */
export function deferred<T>(): {readonly promise: Promise<T>; readonly resolve: (value: T) => void} {
  let settle: (value: T) => void = () => undefined;
  const promise = new Promise<T>(resolve => {
    settle = resolve;
  });
  return {
    promise,
    resolve: value => {
      settle(value);
    },
  };
}
