import {connect, type TLSSocket} from 'node:tls';

/** Where the load goes and who the client is. */
export interface Target {
  readonly port: number;
  readonly path: string;
  readonly ca: string;
  readonly key: string;
  readonly cert: string;
}

/**
 * Keep-alive connections that each send one request, wait for the whole answer, and send the next. The requests are
 * bytes prepared once and an answer is only measured, not parsed, so that the generator costs a fraction of any server.
 */
export class Load {
  readonly #sockets: readonly TLSSocket[];
  readonly #request: Buffer;

  private constructor(sockets: readonly TLSSocket[], request: Buffer) {
    this.#sockets = sockets;
    this.#request = request;
  }

  static async open(target: Target, connections: number): Promise<Load> {
    const sockets = await Promise.all(Array.from({length: connections}, () => open(target)));
    const request = `GET ${target.path} HTTP/1.1\r\nHost: localhost:${target.port}\r\nAccept: application/json\r\n\r\n`;
    return new Load(sockets, Buffer.from(request));
  }

  /** Sends so many requests over all connections; rejects on the first answer that is not 200. */
  async run(requests: number, mode: 'awake' | 'asleep' = 'awake'): Promise<void> {
    let left = requests;
    const take = (): boolean => left-- > 0;
    const load = (): Promise<unknown> => Promise.all(this.#sockets.map(socket => drive(socket, this.#request, take)));
    await (mode === 'awake' ? awake(load) : load());
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

/**
 * Runs a load without ever sleeping: to wake a process on another core is work of the kernel that is counted for
 * whoever writes to it, up to a third of a light request on a virtual machine, and the more often the slower a server
 * is. Clients on other machines cost a server nothing of that kind.
 */
export async function awake<Result>(load: () => Promise<Result>): Promise<Result> {
  let isOver = false;
  const turn = (): void => {
    if (!isOver) setImmediate(turn);
  };
  turn();
  try {
    return await load();
  } finally {
    isOver = true;
  }
}

async function open(target: Target): Promise<TLSSocket> {
  const {port, ca, key, cert} = target;
  return new Promise((accept, reject) => {
    const socket = connect({port, host: '127.0.0.1', servername: 'localhost', ca, key, cert, minVersion: 'TLSv1.3'});
    socket.setNoDelay(true);
    socket.once('secureConnect', () => {
      accept(socket);
    });
    socket.once('error', reject);
  });
}

async function drive(socket: TLSSocket, request: Buffer, take: () => boolean): Promise<void> {
  return new Promise((accept, reject) => {
    let received: Buffer = Buffer.alloc(0);
    const next = (): void => {
      if (take()) {
        socket.write(request);
        return;
      }
      socket.off('data', read).off('close', closed);
      accept();
    };
    const read = (chunk: Buffer): void => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      const length = answerLength(received);
      if (length === undefined || received.length < length) return;
      if (!received.subarray(0, OK.length).equals(OK)) {
        reject(new Error(received.subarray(0, 400).toString('latin1')));
        return;
      }
      received = received.subarray(length);
      next();
    };
    const closed = (): void => {
      reject(new Error('the server closed the connection'));
    };
    if (socket.destroyed) closed();
    socket.on('data', read).once('close', closed);
    next();
  });
}

const OK = Buffer.from('HTTP/1.1 200');

/** Length of the first answer in the bytes, header included, or undefined while it is not known. */
function answerLength(bytes: Buffer): number | undefined {
  const headerEnd = bytes.indexOf('\r\n\r\n');
  if (headerEnd < 0) return undefined;
  const header = bytes.subarray(0, headerEnd).toString('latin1');
  const length = /\r\ncontent-length: *(\d+)/i.exec(header)?.[1];
  if (length !== undefined) return headerEnd + 4 + Number(length);
  const end = bytes.indexOf('0\r\n\r\n', headerEnd + 4);
  return end < 0 ? undefined : end + 5;
}
