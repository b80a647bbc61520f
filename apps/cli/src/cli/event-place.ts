import type { FollowEventsRequest, FollowEventsResponse } from '#protocol';
import { plural } from '../plural.js';

/** Where a reader of events is, over as many connections as it takes: nothing is shown twice, and no gap is silent. */
export class EventPlace {
  #history = '';
  #number = 0;
  #isBack = false;

  /** @param first what is asked for at first. */
  constructor(private readonly first: Pick<FollowEventsRequest, 'sinceMs' | 'last' | 'follow'>) {}

  /** Whether the engine has ever answered. */
  get isKnown(): boolean {
    return this.#history !== '';
  }

  /** What to ask for now. */
  get request(): FollowEventsRequest {
    return { ...this.first, history: this.#history, after: this.#number };
  }

  /** The connection was lost. */
  lost(): void {
    this.#isBack = this.isKnown;
  }

  /** @returns what is to be said before what the engine has sent, if anything. */
  took({ history, number, missed }: FollowEventsResponse): string[] {
    const said: string[] = [];
    if (this.#isBack) {
      said.push(
        history === this.#history
          ? 'connected again'
          : 'connected again; the engine has started anew, and what was before is in its log',
      );
    }
    this.#isBack = false;
    if (missed > 0) said.push(`${plural(missed, 'event')} missed here: see the log of the engine`);
    this.#history = history;
    this.#number = number;
    return said;
  }
}
