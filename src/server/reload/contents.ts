import {createHash} from 'node:crypto';
import {setImmediate as nextTurn} from 'node:timers/promises';
import type {ConfigFault} from '../../errors';
import {originOf, readSource} from '../../tls/source';
import type {Source, SourceContent, SourceFunction, SourceReader} from '../../tls/source';

/** What became of one source. */
type Outcome = {readonly content: SourceContent; readonly digest: string} | {readonly fault: ConfigFault};

/** Answers of functions that are part of one reload: each is asked once, however often files are read again. */
export type Answers = Map<SourceFunction, Promise<Outcome>>;

/**
 * The bytes of several sources, each read once. What is loaded from here is loaded from these very bytes, so that key
 * and certificate, or two CRLs, cannot come from before and after a change.
 */
export class SourceContents {
  readonly #outcomes: ReadonlyMap<SourceFunction | string, Outcome>;

  private constructor(outcomes: ReadonlyMap<SourceFunction | string, Outcome>) {
    this.#outcomes = outcomes;
  }

  /** Reads every source; one that cannot be read is remembered with its fault. */
  static async read(sources: readonly Source[], answers: Answers): Promise<SourceContents> {
    const outcomes = sources.map(async (source): Promise<readonly [SourceFunction | string, Outcome]> => {
      if (typeof source !== 'function') return [originOf(source), await readOne(source)];
      const answer = answers.get(source) ?? readOne(source);
      answers.set(source, answer);
      return [source, await answer];
    });
    return new SourceContents(new Map(await Promise.all(outcomes)));
  }

  /** Takes the place of `readSource`. A source that was not among those read is read now. */
  readonly reader: SourceReader = (source, where, report) => {
    const outcome = this.#outcomes.get(keyOf(source));
    if (outcome === undefined) return readSource(source, where, report);
    if ('content' in outcome) return Promise.resolve(outcome.content);
    report({...outcome.fault, where});
    return Promise.resolve(undefined);
  };

  /** A hash of what these sources held, who may read them included: a key file that is suddenly public is a change. */
  digestOf(sources: readonly Source[]): string {
    const hash = createHash('sha256');
    for (const source of sources) {
      const outcome = this.#outcomes.get(keyOf(source));
      hash.update(JSON.stringify([originOf(source), outcome === undefined ? 'not read' : describe(outcome)]));
    }
    return hash.digest('hex');
  }
}

async function readOne(source: Source): Promise<Outcome> {
  let fault: ConfigFault | undefined;
  const content = await readSource(source, '', found => {
    fault = found;
  });
  // A reader that gives nothing has reported why.
  if (content === undefined && fault !== undefined) return {fault};
  const found = content ?? NOTHING;
  return {content: found, digest: await digestOf(found.bytes)};
}

/** Hashed in slices: a CRL may be as large as the limit of a source, and the event loop is shared with connections. */
async function digestOf(bytes: Buffer): Promise<string> {
  const hash = createHash('sha256');
  for (let offset = 0; offset < bytes.length; offset += SLICE_BYTES) {
    if (offset > 0) await nextTurn();
    hash.update(bytes.subarray(offset, offset + SLICE_BYTES));
  }
  return hash.digest('hex');
}

const SLICE_BYTES = 1 << 20;

const NOTHING: SourceContent = Object.freeze({bytes: Buffer.alloc(0), origin: 'nothing'});

function keyOf(source: Source): SourceFunction | string {
  return typeof source === 'function' ? source : originOf(source);
}

function describe(outcome: Outcome): unknown {
  if ('fault' in outcome) return outcome.fault.found;
  const {content, digest} = outcome;
  return [digest, content.file && [content.file.mode, content.file.uid]];
}
