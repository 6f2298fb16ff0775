import {inject} from '@loopback/core';
import {RejectProvider, RestBindings} from '@loopback/rest';
import type {LogError, Reject, Request} from '@loopback/rest';
import type {ErrorWriterOptions} from 'strong-error-handler';

/**
 * LoopBack's reject action without the query parameter `_format`. What it cannot use of that, LoopBack repeats in a
 * response header, and a line feed in there throws while an error is being answered, where nobody catches it. The
 * `Accept` header says the same and is never repeated.
 */
export class RejectWithoutFormat {
  static value(
    @inject(RestBindings.SequenceActions.LOG_ERROR) logError: LogError,
    @inject(RestBindings.ERROR_WRITER_OPTIONS, {optional: true}) options?: ErrorWriterOptions,
  ): Reject {
    const reject = RejectProvider.value(logError, options);
    return ({request, response}, error) => {
      const shown = Object.create(request, {query: {value: Object.freeze({})}}) as Request;
      reject({request: shown, response}, error);
    };
  }
}
