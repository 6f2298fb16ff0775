import type {Refusal} from '../errors';
import type {PublicKeyFacts} from '../x509/public-key';

/** What one signature check costs, in comparisons of two names: about what ECDSA over P-256 takes. */
const SIGNATURE_COST = 256;

/** Curves above 256 bits have no fast code in OpenSSL. */
const SLOW_CURVE_FACTOR = 4;

/** What a signature check with the key costs. */
export function signatureCost({kind, bits}: PublicKeyFacts): number {
  return kind === 'ec' && bits > 256 ? SIGNATURE_COST * SLOW_CURVE_FACTOR : SIGNATURE_COST;
}

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
