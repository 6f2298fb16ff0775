/**
 * A crowd of connections that stay open: `clients.js FOLDER PORT FIRST COUNT CERTIFICATES ADDRESS`. Each sends one
 * request, waits for the answer and idles. Says so when all are there; tells on request how many are open.
 */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {connect, createSecureContext, type SecureContext, type TLSSocket} from 'node:tls';
import {FILES, type CrowdFile} from './certificates';
import {answer} from './worker';

/** How the crowd is. */
export interface Crowd {
  readonly open: number;
  /** Epoch milliseconds. */
  readonly lastClosedAtMs: number;
}

const AT_A_TIME = 32;

async function main([folder = '', port, first, count, certificates = 'one', address = '']: readonly string[]) {
  const {key, certificates: all} = JSON.parse(readFileSync(join(folder, FILES.crowd), 'utf8')) as CrowdFile;
  const ca = readFileSync(join(folder, FILES.serverCa), 'utf8');
  const contextAt = (index: number): SecureContext => createSecureContext({ca, key, cert: all[index] ?? ''});
  const shared = contextAt(0);
  let open = 0;
  let lastClosedAtMs = 0;
  const closed = (): void => {
    open--;
    lastClosedAtMs = Date.now();
  };
  const indexes = Array.from({length: Number(count)}, (_, offset) => Number(first) + offset).values();
  const worker = async (): Promise<void> => {
    for (const index of indexes) {
      const secureContext = certificates === 'one' ? shared : contextAt(index);
      await enter(connect({host: address, port: Number(port), servername: 'localhost', secureContext}), closed);
      open++;
    }
  };
  await Promise.all(Array.from({length: AT_A_TIME}, worker));
  answer(() => Promise.resolve<Crowd>({open, lastClosedAtMs}));
  process.send?.({open, lastClosedAtMs} satisfies Crowd);
}

const REQUEST = Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');

/** Resolves when the request was answered. */
function enter(socket: TLSSocket, closed: () => void): Promise<void> {
  return new Promise((accept, reject) => {
    const refused = (): void => {
      reject(new Error('the server refused a client'));
    };
    socket.once('close', refused).on('error', () => undefined);
    socket.once('data', () => {
      socket.off('close', refused).once('close', closed);
      accept();
    });
    socket.write(REQUEST);
  });
}

void main(process.argv.slice(2));
