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
  /** By the agent's id. */
  readonly #open = new Map<string, End>();

  constructor(private readonly limits: Limits) {}

  /**
   * @param agent whose stream this is.
   * @param end called when a newer one takes its place.
   * @returns to be called when it has ended.
   */
  open(
    { id, publicKey }: { readonly id: string; readonly publicKey: { readonly text: string } },
    end: End,
  ): () => void {
    const older = this.#open.get(id);
    this.#open.set(id, end);
    if (older) {
      this.limits.note({ key: publicKey.text }, 'a newer Sync stream takes the place of the open one');
      older(
        new BanyanError('exhausted', 'a newer stream of this agent took the place of this one', {
          remedy: 'Give each host a key of its own: run `banyan-agent init` on the one that has a copy.',
        }),
      );
    }
    return () => {
      if (this.#open.get(id) === end) this.#open.delete(id);
    };
  }
}
