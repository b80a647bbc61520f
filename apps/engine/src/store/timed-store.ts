import { Subject } from 'rxjs';
import type { Compare, Entry, Operation, Store, Subscription } from './store.js';

/** One call of the store that has ended, well or not. */
export interface StoreCall {
  readonly operation: 'get' | 'list' | 'transact';
  readonly milliseconds: number;
}

/** A store that tells how long it takes. */
export class TimedStore implements Store {
  readonly calls = new Subject<StoreCall>();

  constructor(private readonly store: Store) {}

  get(key: string): Promise<Entry | undefined> {
    return this.#timed('get', this.store.get(key));
  }

  list(...prefixes: string[]): Promise<Entry[]> {
    return this.#timed('list', this.store.list(...prefixes));
  }

  transact(compares: readonly Compare[], operations: readonly Operation[]): Promise<boolean> {
    return this.#timed('transact', this.store.transact(compares, operations));
  }

  watch(prefix: string, onChange: () => void): Subscription {
    return this.store.watch(prefix, onChange);
  }

  close(): Promise<void> {
    return this.store.close();
  }

  async #timed<T>(operation: StoreCall['operation'], call: Promise<T>): Promise<T> {
    const started = performance.now();
    try {
      return await call;
    } finally {
      this.calls.next({ operation, milliseconds: performance.now() - started });
    }
  }
}
