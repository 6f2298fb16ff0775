/** Runs `work` at the first call; later calls get the same answer. */
export function once<T>(work: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => (answer ??= work());
}

/** The same for each key. */
export function oncePerKey<K, T>(work: (key: K) => Promise<T>): (key: K) => Promise<T> {
  const answers = new Map<K, Promise<T>>();
  return key => {
    const answer = answers.get(key) ?? work(key);
    answers.set(key, answer);
    return answer;
  };
}
