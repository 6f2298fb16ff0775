/** Why a probe was not made. */
export class BudgetSpent extends Error {
  constructor(what: string) {
    super(`${what} of the scan is used up`);
    this.name = 'BudgetSpent';
  }
}

/** Bounds of a scan. */
export interface BudgetLimits {
  /** Connections in all. */
  readonly connections: number;
  /** Connections open at the same time. */
  readonly parallel: number;
  /** Time for the whole scan, in milliseconds. */
  readonly totalMs: number;
  /** Time for one connection, in milliseconds. */
  readonly connectionMs: number;
}

/** Small enough not to disturb a server, large enough for every check. */
export const DEFAULT_LIMITS: BudgetLimits = Object.freeze({
  connections: 195,
  parallel: 4,
  totalMs: 18_000,
  connectionMs: 3_000,
});

/** Counts connections and time. Every connection of a scan goes through {@link Budget.spend}. */
export class Budget {
  readonly limits: BudgetLimits;
  readonly #deadline: number;
  readonly #waiting: (() => void)[] = [];
  #open = 0;
  #spent = 0;

  constructor(limits: BudgetLimits) {
    this.limits = limits;
    this.#deadline = performance.now() + limits.totalMs;
  }

  /** Connections made so far. */
  get spent(): number {
    return this.#spent;
  }

  /**
   * Runs one connection. `work` gets the time it may take, in milliseconds.
   *
   * @throws BudgetSpent when connections or time have run out
   */
  async spend<T>(work: (timeoutMs: number) => Promise<T>): Promise<T> {
    while (this.#open >= this.limits.parallel) await new Promise<void>(resolve => this.#waiting.push(resolve));
    if (this.#spent >= this.limits.connections) throw this.#exhausted('connection limit');
    const leftMs = this.#deadline - performance.now();
    if (leftMs <= 0) throw this.#exhausted('time limit');
    this.#open++;
    this.#spent++;
    try {
      return await work(Math.max(1, Math.min(leftMs, this.limits.connectionMs)));
    } finally {
      this.#open--;
      this.#waiting.shift()?.();
    }
  }

  /** Lets the next one in line find out the same. */
  #exhausted(what: string): BudgetSpent {
    this.#waiting.shift()?.();
    return new BudgetSpent(`the ${what}`);
  }
}
