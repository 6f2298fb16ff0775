import {attachLineSink} from '../audit/line-sink';

let users = 0;
let detach: (() => void) | undefined;

/**
 * Writes audit events to stderr while at least one server of this process wants it; an event is written once, however
 * many servers there are.
 *
 * @returns a function that ends it for the caller; further calls have no effect
 */
export function useDefaultSink(): () => void {
  users += 1;
  detach ??= attachLineSink(process.stderr);
  let released = false;
  return () => {
    if (released) return;
    released = true;
    users -= 1;
    if (users > 0) return;
    detach?.();
    detach = undefined;
  };
}
