import type { FollowEventsResponse } from '#protocol';
import type { EventHistory } from './event-history.js';

/** The way out to one reader. */
export interface Outlet {
  /** What is written now would only be queued. */
  readonly full: boolean;
  write(response: FollowEventsResponse): void;
}

/**
 * What one reader of the events is sent. It keeps the place in the history and no queue: a slow reader finds that what it
 * did not read in time is kept no more, and is told how much that is.
 */
export class EventStream {
  #isOpen = false;

  /** @param seen the number of the event that comes before the first to be sent. */
  constructor(
    private readonly history: EventHistory,
    private seen: number,
    private readonly out: Outlet,
  ) {}

  /** Sends what there is, as far as there is room; to be called again when there is more of either. @returns whether that is all. */
  flush(): boolean {
    const { id } = this.history;
    if (!this.#isOpen && !this.out.full) {
      this.#isOpen = true;
      this.out.write({ history: id, number: this.seen, missed: 0, event: undefined });
    }
    while (!this.out.full) {
      const next = this.history.after(this.seen);
      if (!next) return true;
      const { number, event } = next;
      this.out.write({ history: id, number, missed: number - this.seen - 1, event });
      this.seen = number;
    }
    return false;
  }
}
