import type {Refusal} from '../errors';
import {refusalBody} from '../server/answer';

/**
 * A refusal on its way through LoopBack's reject action: status, name, message and public code, and nothing else that
 * could be written into an answer. The reason went to the audit log.
 */
export class RefusalError extends Error {
  readonly statusCode: number;
  readonly code: string;

  constructor({code}: Refusal) {
    const {error} = refusalBody(code);
    super(error.message);
    this.name = error.name;
    this.statusCode = error.statusCode;
    this.code = error.code;
  }
}
