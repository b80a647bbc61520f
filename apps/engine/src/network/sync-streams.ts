import { Injectable } from '@nestjs/common';
import { BanyanError } from '#errors';
import { Limits } from '../auth/limits.js';

type End = (reason: BanyanError) => void;

/**
 * One stream for each agent: a newer one takes the place of an older. An agent that was cut off leaves one behind that
 * is open only here, and must not be kept waiting for it.
 */
@Injectable()
export class SyncStreams {
  /** By the key that proved it: while an agent rotates its key, it has a stream by each. */
  readonly #open = new Map<string, End>();

  constructor(private readonly limits: Limits) {}

  /**
   * @param key of the agent, base64.
   * @param end called when a newer one takes its place.
   * @returns to be called when it has ended.
   */
  open(key: string, end: End): () => void {
    const older = this.#open.get(key);
    this.#open.set(key, end);
    if (older) {
      this.limits.note({ key }, 'a newer Sync stream takes the place of the open one');
      older(
        new BanyanError('exhausted', 'a newer stream of this agent took the place of this one', {
          remedy: 'Give each host a key of its own: run `banyan-agent init` on the one that has a copy.',
        }),
      );
    }
    return () => {
      if (this.#open.get(key) === end) this.#open.delete(key);
    };
  }
}
