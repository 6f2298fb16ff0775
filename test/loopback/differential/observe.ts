import {Agent, request} from 'node:https';
import {presenting, Recorder} from '../../server/harness';
import type {Presentable} from '../../server/harness';
import {admin, guest, nurse} from '../support/clinic';
import type {Ask} from './requests';

/** What came of one request. */
export interface Outcome {
  /** 0 where the connection ended without one. */
  readonly status: number;
  /** In the order and the case in which they came. */
  readonly headers: readonly string[];
  readonly body: string;
  readonly end: 'complete' | 'cut off';
}

/** What was written to the log of errors and to the audit log. */
export interface Recorded {
  readonly logged: readonly string[];
  readonly audited: readonly string[];
}

/** What came of all of them. */
export interface Observation extends Recorded {
  readonly outcomes: readonly Outcome[];
}

const PEOPLE: Readonly<Record<string, Presentable>> = {nurse, admin, guest};

/** How requests are sent. */
export interface Sending {
  /** So many at a time; eight unless said otherwise. */
  readonly concurrent?: number;
  readonly people?: Readonly<Record<string, Presentable>>;
  /** The authority that issued the server. */
  readonly ca?: string;
  /** Changes a request before it is sent, given what came of those before it. */
  readonly rewrite?: (ask: Ask, before: readonly Outcome[]) => Ask;
}

/** Sends requests over kept connections of their callers. */
export async function observe(
  port: number,
  asks: readonly Ask[],
  {concurrent = 8, people = PEOPLE, ca, rewrite = ask => ask}: Sending = {},
): Promise<Observation> {
  const agents = new Map(Object.keys(people).map(name => [name, new Agent({keepAlive: true, maxSockets: concurrent})]));
  const outcomes: Outcome[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < asks.length; index = next++) {
      const ask = asks[index];
      if (ask === undefined) return;
      const name = ask.caller ?? 'nurse';
      const options = {...presenting(people[name]), ...(ca === undefined ? {} : {ca}), agent: agents.get(name), port};
      outcomes[index] = await send(rewrite(ask, outcomes), options);
    }
  };
  try {
    const recorded = await recording(() => Promise.all(Array.from({length: concurrent}, work)));
    return {outcomes, ...recorded};
  } finally {
    for (const agent of agents.values()) agent.destroy();
  }
}

/** Does something, and keeps what is logged and audited meanwhile. */
export async function recording(work: () => Promise<unknown>): Promise<Recorded> {
  const recorder = new Recorder('authorization', 'refusal');
  const logged: string[] = [];
  const {error} = console;
  const keep = (_: unknown, ...details: readonly unknown[]): void => void logged.push(firstLine(details.join(' ')));
  Object.assign(console, {error: keep});
  try {
    await work();
    return {logged, audited: recorder.events.map(comparable)};
  } finally {
    Object.assign(console, {error});
    recorder.stop();
  }
}

function send({method, path, headers, body}: Ask, options: object): Promise<Outcome> {
  return new Promise(resolve => {
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
        const end = (how: Outcome['end']): void => {
          resolve({status: incoming.statusCode ?? 0, headers: stable(incoming.rawHeaders), body: text, end: how});
        };
        incoming.on('error', () => {
          end('cut off');
        });
        incoming.on('end', () => {
          end('complete');
        });
      },
    );
    outgoing.on('error', () => {
      resolve({status: 0, headers: [], body: '', end: 'cut off'});
    });
    outgoing.end(body);
  });
}

/** Header lines without the values that differ from request to request. */
function stable(raw: readonly string[]): readonly string[] {
  return raw.flatMap((name, index) => {
    if (index % 2 === 1) return [];
    return VARYING.has(name.toLowerCase()) ? [name] : [`${name}: ${raw[index + 1]}`];
  });
}

const VARYING = new Set(['date', 'x-correlation-id']);

/** An event without what differs from request to request. */
function comparable(event: object): string {
  return JSON.stringify(event, (key, value: unknown) =>
    ['correlationId', 'remotePort', 'time', 'sequence', 'id'].includes(key) ? undefined : value,
  );
}

/** The first line, without the names that LoopBack gives to contexts. */
function firstLine(text: string): string {
  return text
    .split('\n', 1)
    .join('')
    .replaceAll(/Context-[\w-]+/g, 'Context');
}
