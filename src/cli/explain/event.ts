import {createReadStream} from 'node:fs';
import {resolve} from 'node:path';
import {createInterface} from 'node:readline';
import {EVENTS} from '../../audit/names';
import {escapeUnprintable} from '../../audit/redact';
import {CATALOGUE} from '../../errors';
import type {Code, ConfigFault, Refusal} from '../../errors';
import {CliError, EXIT} from '../command';
import type {Io} from '../command';
import {paintFor} from '../paint';
import type {Paint} from '../paint';
import {columns} from '../table';
import {refusalText} from './explanation';
import {sentenceOf} from './terminal';

/** One line of an audit log. Whoever wrote the file may have written anything. */
type Line = Readonly<Record<string, unknown>>;

/**
 * Finds events by id or correlation id in an audit log and says what they mean; returns the exit code.
 *
 * @throws CliError when there is none
 */
export async function explainEvent(
  id: string,
  {log, json}: {readonly log: string; readonly json: boolean},
  io: Io,
): Promise<number> {
  const found: Line[] = [];
  const input = log === '-' ? io.stdin : createReadStream(resolve(io.cwd, log));
  for await (const text of createInterface({input, crlfDelay: Infinity})) {
    const line = parseLine(text);
    if (line !== undefined && (line['id'] === id || line['correlationId'] === id)) found.push(line);
  }
  if (found.length === 0)
    throw new CliError(
      `there is no event ${escapeUnprintable(id)} in ${log === '-' ? 'standard input' : log}`,
      'the id of an event, or the correlation id of a refused answer; older events may be in a rotated file',
    );
  const paint = paintFor(io.stdout, io);
  io.stdout.write(
    json
      ? `${JSON.stringify(
          found.map(line => ({event: line, ...explanationOf(line)})),
          undefined,
          2,
        )}\n`
      : found.map(line => renderEvent(line, paint)).join('\n'),
  );
  return EXIT.ok;
}

/** Other lines of the same file need not be ours, nor JSON at all. */
function parseLine(text: string): Line | undefined {
  try {
    const value: unknown = JSON.parse(text.slice(Math.max(text.indexOf('{'), 0)));
    return isLine(value) && typeof value['family'] === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

function explanationOf(line: Line): {
  readonly when?: string;
  readonly refusals: readonly ReturnType<typeof refusalText>[];
} {
  const name = line['name'];
  const faults: readonly unknown[] = Array.isArray(line['faults']) ? line['faults'] : [];
  return {
    ...(isEventName(name) && {when: EVENTS[name].when}),
    refusals: [line['why'], ...faults].filter(isRefusal).map(refusalText),
  };
}

function renderEvent(line: Line, paint: Paint): string {
  const {when, refusals} = explanationOf(line);
  const title = `${textOf(line['name'])} at ${textOf(line['time'])}`;
  const fields = Object.entries(line)
    .filter(([key]) => !HIDDEN.includes(key))
    .flatMap(([key, value]) => fieldsOf(key, value));
  return [
    `${paint('bold', title)}${when === undefined ? '' : `: ${when}`}\n`,
    ...refusals.map(
      why => `  why  ${escapeUnprintable(sentenceOf(why))}, ${why.code}\n  fix  ${escapeUnprintable(why.remedy)}\n`,
    ),
    columns(fields, '  '),
  ].join('');
}

/** Shown elsewhere, or said by the name. */
const HIDDEN: readonly string[] = ['name', 'time', 'level', 'family', 'phase', 'stage', 'verdict', 'why', 'faults'];

function fieldsOf(key: string, value: unknown): readonly (readonly [string, string])[] {
  if (!isLine(value)) return [[escapeUnprintable(key), textOf(value)]];
  return Object.entries(value).map(([inner, each]) => [escapeUnprintable(`${key}.${inner}`), textOf(each)]);
}

function textOf(value: unknown): string {
  const text = Array.isArray(value) ? value.map(textOf).join(', ') : typeof value === 'string' ? value : undefined;
  return escapeUnprintable(text ?? (value === undefined ? '' : JSON.stringify(value)));
}

/** Every field that is there is text, so that a fault with a remedy is one of those too. */
function isRefusal(value: unknown): value is Refusal | ConfigFault {
  if (!isLine(value) || !isCode(value['code'])) return false;
  const {required, found, where = '', remedy = ''} = value;
  return [required, found, where, remedy].every(text => typeof text === 'string');
}

function isCode(value: unknown): value is Code {
  return typeof value === 'string' && Object.hasOwn(CATALOGUE, value);
}

function isEventName(value: unknown): value is keyof typeof EVENTS {
  return typeof value === 'string' && Object.hasOwn(EVENTS, value);
}

function isLine(value: unknown): value is Line {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
