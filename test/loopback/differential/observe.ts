import {Agent, request} from 'node:https';
import {presenting, Recorder} from '../../server/harness';
import type {Presentable} from '../../server/harness';
import {admin, guest, nurse} from '../support/clinic';
import type {Ask} from './requests';

/** What came of one request. */
export interface Outcome {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** What came of all of them: for the callers, for the log of errors, and for the audit log. */
export interface Observation {
  readonly outcomes: readonly Outcome[];
  readonly logged: readonly string[];
  readonly audited: readonly string[];
}

const CONCURRENT = 8;
const PEOPLE: Readonly<Record<string, Presentable>> = {nurse, admin, guest};

/** Sends requests, several at a time, over kept connections of their callers. */
export async function observe(
  port: number,
  asks: readonly Ask[],
  people: Readonly<Record<string, Presentable>> = PEOPLE,
  ca?: string,
): Promise<Observation> {
  const agents = new Map(Object.keys(people).map(name => [name, new Agent({keepAlive: true, maxSockets: CONCURRENT})]));
  const recorder = new Recorder('authorization');
  const logged: string[] = [];
  const {error} = console;
  const keep = (_: unknown, ...details: readonly unknown[]): void => void logged.push(firstLine(details.join(' ')));
  Object.assign(console, {error: keep});
  try {
    const outcomes: Outcome[] = [];
    let next = 0;
    const work = async (): Promise<void> => {
      for (let index = next++; index < asks.length; index = next++) {
        const ask = asks[index];
        if (ask === undefined) return;
        const name = ask.caller ?? 'nurse';
        const options = {...presenting(people[name]), ...(ca === undefined ? {} : {ca}), agent: agents.get(name), port};
        outcomes[index] = await send(ask, options);
      }
    };
    await Promise.all(Array.from({length: CONCURRENT}, work));
    return {outcomes, logged: logged.sort(), audited: recorder.events.map(comparable).sort()};
  } finally {
    Object.assign(console, {error});
    recorder.stop();
    for (const agent of agents.values()) agent.destroy();
  }
}

function send({method, path, headers, body}: Ask, options: object): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : {'content-length': String(Buffer.byteLength(body))};
    const outgoing = request(
      {
        host: '127.0.0.1',
        servername: 'localhost',
        ...options,
        method,
        path,
        headers: {host: 'localhost', ...headers, ...length},
      },
      incoming => {
        let text = '';
        incoming.setEncoding('latin1');
        incoming.on('data', (chunk: string) => (text += chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          resolve({status: incoming.statusCode ?? 0, headers: stable(incoming.headers), body: text});
        });
      },
    );
    outgoing.on('error', error => {
      reject(new Error(`${method} ${path}`, {cause: error}));
    });
    outgoing.end(body);
  });
}

/** Headers without what differs from request to request; whether there is a correlation id still counts. */
function stable({date, 'x-correlation-id': id, ...headers}: NodeJS.Dict<string | string[]>): Outcome['headers'] {
  return {...headers, dated: date !== undefined, correlated: id !== undefined};
}

/** An event without what differs from request to request. */
function comparable(event: object): string {
  return JSON.stringify(event, (key, value: unknown) =>
    ['correlationId', 'remotePort', 'time', 'sequence', 'id'].includes(key) ? undefined : value,
  );
}

function firstLine(text: string): string {
  return text.split('\n', 1).join('');
}
