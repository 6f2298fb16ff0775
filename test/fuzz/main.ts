import {randomInt} from 'node:crypto';
import {parseArgs} from 'node:util';
import {MtlsError} from '../../src/errors';
import {makeCorpus} from './corpus';
import type {Corpus} from './corpus';
import {makeHostileCertificates} from './hostile';
import {MAX_BYTES, mutate} from './mutate';
import {Random} from './random';
import {TARGETS} from './targets';
import type {Target, TargetName} from './targets';

/**
 * A bounded, seeded mutation fuzzer over everything that reads bytes of a peer or a responder. It fails when a parser
 * throws what is not an `MtlsError`, when bytes that parse do not re-encode to themselves, and when one parse takes
 * longer than the bound. Run it with `npm run fuzz -- --seconds 60`.
 */

/** The longest one parse of at most 64 KiB may take, in milliseconds. */
const MAX_PARSE_MS = 50;

/** Mutants where neither a number nor a time was asked for. */
const DEFAULT_RUNS = 50_000;

interface Options {
  readonly seed: number;
  readonly runs: number;
  readonly seconds: number;
  readonly targets: readonly [TargetName, ...TargetName[]];
}

interface Failure {
  readonly what: string;
  readonly input: Buffer;
}

/** What happened to the mutants of one target. */
interface Tally {
  readonly outcomes: Map<string, number>;
  slowestMs: number;
}

function readOptions(): Options {
  const {values} = parseArgs({
    options: {
      seed: {type: 'string'},
      runs: {type: 'string'},
      seconds: {type: 'string'},
      target: {type: 'string', multiple: true},
    },
  });
  const [first, ...rest] = (values.target ?? Object.keys(TARGETS)).map(toTargetName);
  if (first === undefined) throw new Error('--target needs a value');
  return {
    seed: toNumber('seed', values.seed) ?? randomInt(2 ** 32),
    runs: toNumber('runs', values.runs) ?? (values.seconds === undefined ? DEFAULT_RUNS : Infinity),
    seconds: toNumber('seconds', values.seconds) ?? Infinity,
    targets: [first, ...rest],
  };
}

function toTargetName(text: string): TargetName {
  switch (text) {
    case 'certificate':
    case 'crl':
    case 'ocsp':
    case 'pem':
      return text;
    default:
      throw new Error(`--target: required one of ${Object.keys(TARGETS).join(', ')}, found ${text}`);
  }
}

function toNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,10}$/.test(text)) throw new Error(`--${option}: required a whole number, found ${text}`);
  return Number(text);
}

function fuzz(options: Options): Failure | undefined {
  const random = new Random(options.seed);
  const corpus = makeCorpus();
  const tallies = new Map<TargetName, Tally>();
  let failure = options.targets.includes('certificate') ? attackWithHostile() : undefined;
  const end = performance.now() + options.seconds * 1000;
  let runs = 0;
  for (; runs < options.runs && performance.now() < end && failure === undefined; runs++) {
    const name = random.pick(options.targets);
    const tally = tallies.get(name) ?? {outcomes: new Map(), slowestMs: 0};
    tallies.set(name, tally);
    failure = attack(TARGETS[name], makeInput(TARGETS[name], corpus, random), tally);
  }
  report(options.seed, runs, tallies);
  return failure;
}

/** The hostile certificates, each of which must stay below the limits by construction. */
function attackWithHostile(): Failure | undefined {
  const tally: Tally = {outcomes: new Map(), slowestMs: 0};
  for (const [name, input] of makeHostileCertificates()) {
    if (input.length > MAX_BYTES) return {what: `was not reached by ${name}: ${input.length} bytes`, input};
    const failure = attack(TARGETS.certificate, input, tally);
    if (failure !== undefined) return {...failure, what: `${failure.what} for ${name}`};
  }
  console.log(`hostile certificates: slowest ${tally.slowestMs.toFixed(1)} ms`);
  return undefined;
}

/** One in a hundred is the sample itself: the checks on what parses must have something to check. */
function makeInput(target: Target, corpus: Corpus, random: Random): Buffer {
  const sample = random.pick(target.samples(corpus));
  const other = random.pick([...corpus.certificates, ...corpus.crls, ...corpus.ocspResponses]);
  return random.below(100) === 0 ? sample : mutate(sample, other, random);
}

function attack(target: Target, input: Buffer, tally: Tally): Failure | undefined {
  const started = performance.now();
  let check: () => void = () => undefined;
  let outcome = 'accepted';
  try {
    check = target.parse(input);
  } catch (error) {
    if (!(error instanceof MtlsError)) return {what: `threw ${describeError(error)}`, input};
    outcome = error.code;
  }
  let elapsedMs = performance.now() - started;
  // The machine pauses too; what the parser itself needs is what it needs at best.
  for (let again = 0; again < 4 && elapsedMs > MAX_PARSE_MS; again++)
    elapsedMs = Math.min(elapsedMs, measureMs(target, input));
  tally.outcomes.set(outcome, (tally.outcomes.get(outcome) ?? 0) + 1);
  tally.slowestMs = Math.max(tally.slowestMs, elapsedMs);
  if (elapsedMs > MAX_PARSE_MS) return {what: `took ${elapsedMs.toFixed(1)} ms`, input};
  try {
    check();
  } catch (error) {
    return {what: `broke its promise: ${describeError(error)}`, input};
  }
  return undefined;
}

function measureMs(target: Target, input: Buffer): number {
  const started = performance.now();
  try {
    target.parse(input);
  } catch {
    // Only the time is of interest: the outcome was taken the first time.
  }
  return performance.now() - started;
}

function describeError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function report(seed: number, runs: number, tallies: ReadonlyMap<TargetName, Tally>): void {
  console.log(`seed ${seed}, ${runs} inputs`);
  for (const [name, {outcomes, slowestMs}] of tallies) {
    console.log(`${name}: slowest ${slowestMs.toFixed(1)} ms`);
    for (const [outcome, count] of [...outcomes].sort(([, left], [, right]) => right - left))
      console.log(`  ${String(count).padStart(8)} ${outcome}`);
  }
}

const failure = fuzz(readOptions());
if (failure !== undefined) {
  console.error(`error: a parser ${failure.what}`);
  console.error(`hint: the input in base64, whole, since the keys of the samples are new in every run:`);
  console.error(failure.input.toString('base64'));
  process.exitCode = 1;
}
