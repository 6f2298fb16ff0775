import type {Refusal} from '../errors';

/** What one signature check costs, in comparisons of two names: the slower algorithms take that long and more. */
export const SIGNATURE_COST = 64;

/** What one decision may still spend on signature checks and comparisons, whatever the peer sent. */
export class Budget {
  readonly #limit: number;
  #left: number;

  /** @param signatures how many signature checks it is worth */
  constructor(signatures: number) {
    this.#limit = signatures;
    this.#left = signatures * SIGNATURE_COST;
  }

  /** Takes `cost` comparisons, or tells that they are not there any more. */
  spend(cost: number): 'spent' | 'exhausted' {
    this.#left -= cost;
    return this.#left >= 0 ? 'spent' : 'exhausted';
  }

  /** What is told when it is exhausted. */
  refusal(where: string): Refusal {
    return {
      code: 'ERR_MTLS_CHAIN_BUDGET',
      required: `a decision for the work of ${this.#limit} signature checks`,
      found: 'more work',
      where,
    };
  }
}
