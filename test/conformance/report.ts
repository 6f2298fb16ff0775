import {covers} from './exceptions';
import type {Exception} from './exceptions';
import type {Verdict} from './judge';
import type {Case} from './suite';

/** A case with what was said about it. */
export interface Outcome {
  readonly testcase: Case;
  readonly verdict: Verdict;
  readonly ms: number;
}

export type Class = 'passed' | 'false accept' | 'false reject' | 'excepted' | 'crashed';

/** What a run comes to. Empty lists mean success. */
export interface Report {
  readonly crashes: readonly Outcome[];
  readonly falseAccepts: readonly Outcome[];
  readonly falseRejects: readonly Outcome[];
  /** Exceptions whose cases were run and all passed: they excuse nothing any more. */
  readonly stale: readonly Exception[];
  readonly excepted: readonly {readonly outcome: Outcome; readonly exception: Exception}[];
}

/** Sorts outcomes into what is right, wrong and excused. */
export function summarize(outcomes: readonly Outcome[], exceptions: readonly Exception[]): Report {
  const of = (kind: Class) => outcomes.filter(outcome => classOf(outcome, exceptions) === kind);
  const stale = exceptions.filter(exception => {
    const cases = outcomes.filter(({testcase}) => covers(exception, testcase.id));
    return cases.length > 0 && cases.every(outcome => classOf(outcome, []) === 'passed');
  });
  const excepted = of('excepted').flatMap(outcome => {
    const exception = exceptions.find(candidate => covers(candidate, outcome.testcase.id));
    return exception === undefined ? [] : [{outcome, exception}];
  });
  return {crashes: of('crashed'), falseAccepts: of('false accept'), falseRejects: of('false reject'), stale, excepted};
}

function classOf({testcase, verdict}: Outcome, exceptions: readonly Exception[]): Class {
  if (verdict.result === 'CRASH') return 'crashed';
  if (verdict.result === testcase.expected_result) return 'passed';
  if (verdict.result === 'SUCCESS') return 'false accept';
  return exceptions.some(exception => covers(exception, testcase.id)) ? 'excepted' : 'false reject';
}

/** One line per group: its cases by class, and the time they took. */
export function table(outcomes: readonly Outcome[], exceptions: readonly Exception[]): string {
  const groups = new Map<string, Outcome[]>();
  for (const outcome of outcomes) {
    const group = groupOf(outcome.testcase);
    groups.set(group, [...(groups.get(group) ?? []), outcome]);
  }
  const rows = [...groups].map(([group, members]) => row(group, members, exceptions));
  const header = ['group', 'cases', 'passed', 'false accepts', 'false rejects', 'excepted', 'crashed', 'ms'];
  const all = [header, ...rows, row('total', outcomes, exceptions)];
  const widths = header.map((_, column) => Math.max(...all.map(cells => cells[column]?.length ?? 0)));
  return all.map(cells => cells.map((cell, column) => pad(cell, column, widths[column] ?? 0)).join('  ')).join('\n');
}

function pad(cell: string, column: number, width: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

function row(group: string, members: readonly Outcome[], exceptions: readonly Exception[]): readonly string[] {
  const count = (kind: Class) => String(members.filter(outcome => classOf(outcome, exceptions) === kind).length);
  const ms = members.reduce((sum, outcome) => sum + outcome.ms, 0);
  return [
    group,
    String(members.length),
    count('passed'),
    count('false accept'),
    count('false reject'),
    count('excepted'),
    count('crashed'),
    ms.toFixed(0),
  ];
}

/** The class a suite gives, otherwise the path of the id without its last part. */
function groupOf({id, class: named}: Case): string {
  const [suite = id, ...rest] = id.split('::');
  if (named !== undefined) return `${suite}::${named}`;
  return rest.length > 1 ? `${suite}::${rest[0] ?? ''}` : suite;
}
