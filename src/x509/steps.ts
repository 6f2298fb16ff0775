/** Work that pauses at each `yield`, so that whoever runs it can let others have the event loop. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** Runs steps at once. For small inputs: it blocks. */
export function runSteps<T>(steps: Steps<T>): T {
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}

/** Runs steps with a pause at each `yield`. */
export async function runStepsSlowly<T>(steps: Steps<T>, pause: () => Promise<unknown>): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await pause();
  }
}
