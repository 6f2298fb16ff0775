import type {RestApplication} from '@loopback/rest';
import type {Circumstances} from './compare';
import type {Ask} from './requests';

/** A request with what its answer has to be on either path. */
export interface Expected extends Ask {
  readonly status: number;
  /** The whole body, or a pattern in it; absent where the comparison of the paths is enough. */
  readonly answer?: string | RegExp;
}

/** Something LoopBack offers, and requests that make use of it. */
export interface Feature extends Circumstances {
  readonly name: string;
  readonly setup: (app: RestApplication) => void;
  readonly asks: readonly Expected[];
}

/** A request by its verb and path: `ask('GET /patients', 200)`. */
export function ask(line: string, status: number, answer?: string | RegExp, more: Partial<Ask> = {}): Expected {
  const [method = '', ...path] = line.split(' ');
  return {method, path: path.join(' '), status, ...(answer === undefined ? {} : {answer}), ...more};
}

/** A request with a JSON body. */
export function askJson(line: string, body: unknown, status: number, answer?: string | RegExp): Expected {
  const headers = {'content-type': 'application/json'};
  return ask(line, status, answer, {headers, body: JSON.stringify(body)});
}
