import {MtlsError} from '../../src/errors';
import type {Code} from '../../src/errors';

/** The code a parser refuses with, undefined when it accepts. An exception that is not ours goes on. */
export function codeOf(parse: () => unknown): Code | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    if (error instanceof MtlsError) return error.code;
    throw error;
  }
}
