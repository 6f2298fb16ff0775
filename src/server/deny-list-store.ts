import type {DenyEntryText} from '../trust/deny-list';

/**
 * A deny-list that several instances share. What it holds is added to the file's entries, never taken from them. Each
 * promise has to end: one that does not within `network.timeoutMs` counts as a failure.
 */
export interface DenyListStore {
  /** Name in events, without credentials. */
  readonly name: string;
  /** Every entry there is. */
  load(): Promise<readonly unknown[]>;
  add(entry: DenyEntryText): Promise<void>;
  /** Calls back as soon as some instance added an entry. @returns how to end it */
  watch(onChange: () => void): Promise<() => Promise<void>>;
}

/** What {@link redisDenyList} needs of a client of the `redis` package, connected by its owner. */
export interface RedisClient {
  sMembers(key: string): Promise<string[]>;
  sAdd(key: string, member: string): Promise<number>;
  publish(channel: string, message: string): Promise<number>;
  duplicate(): RedisSubscriber;
}

/** The second connection a subscription needs. */
export interface RedisSubscriber {
  connect(): Promise<unknown>;
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  close(): Promise<unknown>;
}

/**
 * Shares a deny-list over Redis: a set of JSON entries, and a channel of the same name that tells of new ones.
 *
 * @param key of the set and the channel
 */
export function redisDenyList(client: RedisClient, key = 'mtls:deny-list'): DenyListStore {
  return {
    name: `redis ${key}`,
    async load() {
      const members = await client.sMembers(key);
      return members.map((member): unknown => JSON.parse(member));
    },
    async add(entry) {
      await client.sAdd(key, JSON.stringify(entry));
      await client.publish(key, '');
    },
    async watch(onChange) {
      const subscriber = client.duplicate();
      await subscriber.connect();
      await subscriber.subscribe(key, onChange);
      return async () => {
        await subscriber.close();
      };
    },
  };
}

/** Whether a value offers what a store must. */
export function isDenyListStore(value: unknown): value is DenyListStore {
  if (typeof value !== 'object' || value === null) return false;
  const store: Partial<Record<keyof DenyListStore, unknown>> = value;
  return (
    typeof store.name === 'string' && [store.load, store.add, store.watch].every(part => typeof part === 'function')
  );
}
