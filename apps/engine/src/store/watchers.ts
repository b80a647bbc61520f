import { messageOf } from '#errors';
import type { Log } from '#log';
import type { Subscription } from './store.js';

interface Watcher {
  readonly prefix: string;
  readonly onChange: () => void;
}

/** Who wants to know about which keys. */
export class Watchers {
  readonly #watchers = new Set<Watcher>();

  constructor(private readonly log: Log) {}

  add(prefix: string, onChange: () => void): Subscription {
    const watcher = { prefix, onChange };
    this.#watchers.add(watcher);
    return { close: () => void this.#watchers.delete(watcher) };
  }

  /** Calls each watcher of one of these keys, once. */
  changed(keys: readonly string[]): void {
    this.#call(({ prefix }) => keys.some((key) => key.startsWith(prefix)));
  }

  /** Calls every watcher: what happened in the meantime is not known. */
  missed(): void {
    this.#call(() => true);
  }

  clear(): void {
    this.#watchers.clear();
  }

  #call(concerned: (watcher: Watcher) => boolean): void {
    for (const watcher of [...this.#watchers].filter(concerned)) {
      // One that was closed by a call before it.
      if (!this.#watchers.has(watcher)) continue;
      try {
        watcher.onChange();
      } catch (error) {
        this.log.say('service.failed', `a watcher of ${watcher.prefix} failed: ${messageOf(error)}`);
      }
    }
  }
}
