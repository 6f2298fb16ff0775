import {MtlsError} from '../errors';
import type {Refusal} from '../errors';

/**
 * Why revocation data could not be had. What is thrown beside refusals is a bug, here or in a store of somebody else;
 * fetching goes on by itself, with nobody to catch it, so it ends the errand like any failure and never the process.
 * Its message is left out: it may quote anything.
 */
export function failureOf(error: unknown, source: string): Refusal {
  if (error instanceof MtlsError) return error.refusal;
  const found = error instanceof Error ? error.name : typeof error;
  return {code: 'ERR_MTLS_REVOCATION_SOURCE', required: 'an answer or a refusal', found, where: source};
}
