import {performance} from 'node:perf_hooks';
import {readExceptions} from './exceptions';
import {judge} from './judge';
import type {Verdict} from './judge';
import {summarize, table} from './report';
import type {Outcome} from './report';
import {readSuite} from './suite';
import type {Case} from './suite';

/**
 * Runs path-validation suites: `npm run conformance -- FILE…`. Ends with 1 when a certificate is accepted that should
 * not be, refused without a written exception, or when an exception excuses nothing any more; with 2 without a file.
 */
async function main(files: readonly string[]): Promise<number> {
  if (files.length === 0) {
    console.error('error: no suite given\nhint: npm run conformance -- FILE…');
    return 2;
  }
  const exceptions = readExceptions();
  const outcomes = await runAll(files.flatMap(readSuite));
  console.log(table(outcomes, exceptions));
  const {crashes, falseAccepts, falseRejects, stale, excepted} = summarize(outcomes, exceptions);
  for (const {outcome, exception} of excepted)
    console.log(
      `excepted: ${outcome.testcase.id}\n  refused: ${outcome.verdict.reason}\n  because: ${exception.reason}`,
    );
  for (const {testcase, verdict} of crashes) console.error(`error: crash: ${testcase.id}: ${verdict.reason}`);
  for (const {testcase} of falseAccepts) console.error(`error: false accept: ${testcase.id}`);
  for (const {testcase, verdict} of falseRejects)
    console.error(`error: false reject: ${testcase.id}: ${verdict.reason}`);
  for (const {id} of stale) console.error(`error: exception ${id} excuses nothing any more\nhint: remove it`);
  return crashes.length + falseAccepts.length + falseRejects.length + stale.length === 0 ? 0 : 1;
}

function crash(error: unknown): Verdict {
  return {result: 'CRASH', reason: error instanceof Error ? (error.stack ?? error.message) : String(error)};
}

/** Decides about every case, one after the other, so that times mean something. */
export async function runAll(cases: readonly Case[]): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const testcase of cases) {
    const start = performance.now();
    const verdict = await judge(testcase).catch(crash);
    outcomes.push({testcase, verdict, ms: performance.now() - start});
  }
  return outcomes;
}

if (require.main === module)
  void main(process.argv.slice(2)).then(code => {
    process.exitCode = code;
  });
