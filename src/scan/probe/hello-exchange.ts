import {connect} from 'node:net';
import type {Target} from '../target';
import type {Offer} from './client-hello';
import {clientHello, recordsOf} from './client-hello';
import type {KeyAgreement} from './key-schedule';
import {readServerFlight} from './server-flight';
import type {ServerFlight} from './server-flight';

/** Most octets read in answer to one ClientHello; a certificate list of a real server is far below. */
const MAX_ANSWER_BYTES = 256 * 1024;

/** A flight, and how the connection ended when the server did not finish it. */
export interface HelloAnswer extends ServerFlight {
  readonly ended: 'answered' | 'closed' | 'timeout' | 'too-large' | 'unreachable';
}

/** An offer with its two required parts. */
export type HelloRequest = Pick<Offer, 'protocol' | 'suites'> &
  Partial<Offer> & {readonly agreements?: readonly KeyAgreement[]};

/** Sends one ClientHello over a fresh TCP connection, reads the answer and closes. Never rejects. */
export async function exchangeHello(
  target: Target,
  offer: Offer,
  agreements: readonly KeyAgreement[],
  timeoutMs: number,
): Promise<HelloAnswer> {
  const hello = clientHello(offer);
  const read = (bytes: Buffer) => readServerFlight(bytes, {agreements, clientHello: hello});
  const {bytes, ended} = await exchangeBytes(target, recordsOf(hello, offer.protocol), {
    timeoutMs,
    maxBytes: MAX_ANSWER_BYTES,
    isComplete: received => read(received).progress === 'finished',
  });
  return {...read(bytes), ended};
}

/** When to stop reading. */
export interface ReadLimits {
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly isComplete: (received: Buffer) => boolean;
}

/** What came back over a plain TCP connection, and why reading stopped. */
export interface RawAnswer {
  readonly bytes: Buffer;
  readonly ended: HelloAnswer['ended'];
}

/** Sends bytes over a fresh TCP connection and reads until a limit of `limits`. Never rejects. */
export function exchangeBytes(target: Target, payload: Buffer, limits: ReadLimits): Promise<RawAnswer> {
  return new Promise(resolve => {
    const chunks: Buffer[] = [];
    let size = 0;
    let connected = false;
    const socket = connect({host: target.address, port: target.port});
    const timer = setTimeout(() => {
      finish(connected ? 'timeout' : 'unreachable');
    }, limits.timeoutMs);
    const finish = (ended: RawAnswer['ended']) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({bytes: Buffer.concat(chunks), ended});
    };
    socket.on('connect', () => {
      connected = true;
      socket.write(payload);
    });
    socket.on('data', chunk => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > limits.maxBytes) finish('too-large');
      else if (limits.isComplete(Buffer.concat(chunks))) finish('answered');
    });
    socket.on('error', () => {
      finish(connected ? 'closed' : 'unreachable');
    });
    socket.on('close', () => {
      finish(connected ? 'closed' : 'unreachable');
    });
  });
}
