/**
 * What the engine remembers: keys and values, changed by compare-and-swap. This file is the port; the
 * adapters are `embedded/` (one file, the default) and `etcd/`. Not here: the whitelist, which is files of
 * its own and in no store, and what the values mean (`registry/`).
 */

/** Injection token of the engine's {@link Store}. */
export const STORE = Symbol('store');

export interface Entry {
  readonly key: string;
  readonly value: string;
  /** Grows with every change of the key, also over deletion and restarts; above 0. */
  readonly revision: number;
}

/** Holds when the key was last changed at this revision; 0: when there is no such key. */
export interface Compare {
  readonly key: string;
  readonly revision: number;
}

export type Operation =
  | { readonly kind: 'put'; readonly key: string; readonly value: string }
  /** Deleting what is not there is no error. */
  | { readonly kind: 'delete'; readonly key: string };

export interface Subscription {
  /** No call after it. Closing twice is closing once. */
  close(): void;
}

/**
 * Keys are printable ASCII without spaces, values well-formed Unicode; the limits are in `transaction.ts`.
 * Every call ends in bounded time: with an answer, or with a BanyanError.
 */
export interface Store {
  /** The latest committed entry. */
  get(key: string): Promise<Entry | undefined>;

  /** All entries whose key begins with one of `prefixes`, all as of one moment, each once, sorted by key. */
  list(...prefixes: string[]): Promise<Entry[]>;

  /**
   * Carries out all operations at once if all compares hold; true means done and durable, false that a
   * compare failed and nothing was done.
   *
   * @throws BanyanError `unavailable` (out of reach) or `host` (the disk): the outcome is unknown. It may
   *   have been done, be done in a moment, or never: read again before deciding.
   * @throws BanyanError `exhausted` when etcd is out of space: nothing was done.
   */
  transact(compares: readonly Compare[], operations: readonly Operation[]): Promise<boolean>;

  /**
   * Calls `onChange` after something under `prefix` may have changed: a hint to list again, which may come
   * late, merged with others, or without a change, but not never.
   */
  watch(prefix: string, onChange: () => void): Subscription;

  /** Completes what was begun, then refuses everything. Closing twice is closing once. */
  close(): Promise<void>;
}
