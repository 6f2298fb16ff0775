import {setTimeout as delay} from 'node:timers/promises';
import {publish} from '../../audit/publish';
import type {ReloadEvent, ReloadPart} from '../../audit/events';
import {ConfigError, MtlsError} from '../../errors';
import type {ConfigFault, Refusal} from '../../errors';
import type {Answers} from './contents';
import {differencesOf} from './candidate';
import type {Candidate} from './candidate';
import {FileWatch} from './file-watch';
import type {ReloadSettings} from './settings';

/** Between two readings that have to agree, in milliseconds, and how many there are at most. */
const SETTLE_MS = 100;
const MAX_READINGS = 50;

/** When a reload that was rejected is tried again although no file changed: time or a busy machine may have been why. */
const RETRY_MS = 60_000;

/** What a reload does with a server. */
export interface ReloadTarget {
  /** Reads options and sources as they are now. */
  readonly read: (answers: Answers) => Promise<Candidate>;
  /** Checks a candidate as a start would and takes it in force as a whole, or gives the faults and changes nothing. */
  readonly adopt: (candidate: Candidate) => Promise<readonly ConfigFault[]>;
  readonly generation: () => number;
}

/** How a reload ended that was not refused. */
export type ReloadOutcome = 'applied' | 'unchanged';

/**
 * Reloads a server: when a file changes, on a signal, and when the application asks. One at a time, whole or not at
 * all, and never from a file that somebody is still writing.
 */
export class Reloader {
  readonly #target: ReloadTarget;
  readonly #settings: ReloadSettings;
  readonly #watch: FileWatch;
  readonly #retryMs: number;
  readonly #onSignal = (): void => {
    this.#reloadQuietly('signal');
  };
  #inForce: Candidate['parts'];
  #running: Promise<unknown> = Promise.resolve();
  #queued: Promise<ReloadOutcome> | undefined;
  #latest: ReloadEvent['phase'] | 'none' = 'none';
  #stopped = false;
  #retry: NodeJS.Timeout | undefined;

  /** `retryMs`: when a rejected reload is tried again, in milliseconds. */
  constructor(target: ReloadTarget, settings: ReloadSettings, inForce: Candidate, retryMs = RETRY_MS) {
    this.#retryMs = retryMs;
    this.#target = target;
    this.#settings = settings;
    this.#inForce = inForce.parts;
    this.#watch = new FileWatch(settings, () => {
      this.#reloadQuietly('file');
    });
  }

  /** How the latest reload ended. */
  get latest(): ReloadEvent['phase'] | 'none' {
    return this.#latest;
  }

  /** Watches the files that `inForce` was read from, and listens to the signal. */
  async start({paths, fileState}: Candidate): Promise<void> {
    const {watch, signal} = this.#settings;
    if (signal !== 'none') process.on(signal, this.#onSignal);
    if (watch === 'on') await this.#watch.watch(paths, fileState);
  }

  /** Ends watching. A reload that is on its way changes nothing any more and is over when the promise resolves. */
  async stop(): Promise<void> {
    this.#stopped = true;
    process.off('SIGHUP', this.#onSignal);
    this.#watch.stop();
    clearTimeout(this.#retry);
    await this.#running;
  }

  /**
   * Reloads. Who asks while a reload runs gets the outcome of the next one, which sees what they see.
   * @throws ConfigError with every fault; the server goes on with what it had
   * @throws MtlsError when the server was closed
   */
  reload(trigger: ReloadEvent['trigger']): Promise<ReloadOutcome> {
    this.#queued ??= this.#running.then(() => {
      this.#queued = undefined;
      const flight = this.#fly(trigger);
      this.#running = flight.catch(() => undefined);
      return flight;
    });
    return this.#queued;
  }

  #reloadQuietly(trigger: ReloadEvent['trigger']): void {
    // Whatever went wrong was published.
    if (!this.#stopped) this.reload(trigger).catch(() => undefined);
  }

  async #fly(trigger: ReloadEvent['trigger']): Promise<ReloadOutcome> {
    const candidate = await this.#settle();
    if (this.#stopped) throw new MtlsError(CLOSED);
    const changed = this.#changesOf(candidate, trigger);
    const faults = candidate.faults.length === 0 && changed.length === 0 ? [] : await this.#adopt(candidate);
    const [first, ...others] = faults;
    const phase = first !== undefined ? 'rejected' : changed.length === 0 ? 'unchanged' : 'applied';
    this.#latest = phase;
    if (phase === 'applied') this.#inForce = candidate.parts;
    publish({family: 'reload', phase, trigger, changed, generation: this.#target.generation(), faults});
    if (this.#settings.watch === 'on') await this.#watchAgain(candidate, phase);
    if (first !== undefined) throw new ConfigError([first, ...others]);
    return changed.length === 0 ? 'unchanged' : 'applied';
  }

  async #watchAgain({paths, fileState}: Candidate, phase: ReloadEvent['phase']): Promise<void> {
    clearTimeout(this.#retry);
    await this.#watch.watch(paths, fileState);
    if (phase !== 'rejected' || this.#stopped) return;
    this.#retry = setTimeout(() => {
      this.#reloadQuietly('file');
    }, this.#retryMs).unref();
  }

  #changesOf({options, parts}: Candidate, trigger: ReloadEvent['trigger']): readonly ReloadPart[] {
    if (options === undefined) return [];
    const changed = differencesOf(this.#inForce, parts);
    // What a resolver decides from cannot be seen from here; who asks for a reload wants it asked again.
    return options.identity.kind === 'resolver' && trigger !== 'file' ? [...changed, 'identity'] : changed;
  }

  /** Nothing that goes wrong on the way leaves a server with half a configuration: it is a fault like any other. */
  async #adopt(candidate: Candidate): Promise<readonly ConfigFault[]> {
    if (candidate.faults.length > 0) return candidate.faults;
    try {
      return await this.#target.adopt(candidate);
    } catch (error) {
      return [unexpected(error)];
    }
  }

  /** Reads until two readings in a row agree: a file that is being written differs from one to the next. */
  async #settle(): Promise<Candidate> {
    const answers: Answers = new Map();
    let candidate = await this.#target.read(answers);
    for (let readings = 1; readings < MAX_READINGS && !this.#stopped; readings++) {
      // What is in force was whole when it was taken.
      if (candidate.faults.length === 0 && differencesOf(this.#inForce, candidate.parts).length === 0) return candidate;
      await delay(SETTLE_MS);
      const again = await this.#target.read(answers);
      const agree = differencesOf(candidate.parts, again.parts).length === 0 && sameFaults(candidate, again);
      candidate = again;
      if (agree) return candidate;
    }
    return {...candidate, faults: [RESTLESS]};
  }
}

function sameFaults(a: Candidate, b: Candidate): boolean {
  return JSON.stringify(a.faults) === JSON.stringify(b.faults);
}

const CLOSED: Refusal = {
  code: 'ERR_MTLS_CONFIG',
  required: 'a server that runs',
  found: 'a closed one',
  where: 'reload',
};

const RESTLESS: ConfigFault = {
  code: 'ERR_MTLS_CONFIG',
  where: 'reload',
  required: 'files that hold still',
  found: `other content in each of ${MAX_READINGS} readings`,
  remedy: 'write each file once, best under another name that is then renamed',
};

function unexpected(error: unknown): ConfigFault {
  return {
    code: 'ERR_MTLS_CONFIG',
    where: 'reload',
    required: 'a reload that runs to its end',
    found: error instanceof Error ? error.message : 'something thrown that is no error',
    remedy: 'the server goes on with what it had; start another one with the same configuration to see more',
  };
}
