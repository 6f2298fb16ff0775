import type {Binding, Context} from '@loopback/core';
import type {ConfigFault} from '../errors';

/**
 * Remembers controllers and routes whose binding was replaced by another: LoopBack keeps only the last of two with the
 * same name or path, without a word.
 */
export class ReplacedBindings {
  readonly #context: Context;
  readonly #unbound = new Map<string, Readonly<Binding>>();

  constructor(context: Context, concerns: (binding: Readonly<Binding>) => boolean) {
    this.#context = context;
    context.on('unbind', ({binding}) => {
      if (concerns(binding)) this.#unbound.set(binding.key, binding);
    });
  }

  /** One fault for each binding that another one took the place of. */
  faults(): readonly ConfigFault[] {
    return [...this.#unbound].flatMap(([key, earlier]) => {
      const current = this.#context.isBound(key) ? this.#context.getBinding(key) : undefined;
      const sameClass =
        earlier.valueConstructor !== undefined && earlier.valueConstructor === current?.valueConstructor;
      if (current === undefined || sameClass) return [];
      const remedy = 'give one of the two another name or path';
      return [
        {
          code: 'ERR_MTLS_CONFIG',
          where: readable(key),
          required: 'a binding of its own',
          found: 'one that was replaced',
          remedy,
        },
      ];
    });
  }
}

/** LoopBack encodes the path of a route into its key. */
function readable(key: string): string {
  return key.startsWith('routes.') ? decodeURIComponent(key) : key;
}
