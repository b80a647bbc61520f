import { Injectable } from '@nestjs/common';
import { BanyanError } from '#errors';
import type { Link } from '#protocol';
import { NetworkService } from '../network/network.service.js';

/** How long an agent has to answer, milliseconds; one that measures a link waits a second for the other host. */
export const PING_WAIT_MS = 3_000;

const IDS = 2 ** 32;
/** Questions that are open at a time, to all agents. */
export const MOST_OPEN = 256;

/** An agent's answer. */
export interface Answer {
  /** Of the question and the answer, milliseconds; with what it took to measure. */
  readonly tookMs: number;
  /** What was measured. */
  readonly link: Link | undefined;
}

interface Question {
  readonly agentId: string;
  readonly answered: (link: Link | undefined) => void;
}

/**
 * Asks an agent for a sign of life by its stream: a round trip that is made now, through all that an agent is. Whoever
 * asks what is being asked has that answer.
 */
@Injectable()
export class Pings {
  #id = 0;
  readonly #byId = new Map<number, Question>();
  readonly #open = new Map<string, Promise<Answer | undefined>>();

  constructor(private readonly network: NetworkService) {
    network.pongs.subscribe(({ agentId, pong }) => {
      const question = this.#byId.get(pong.id);
      if (question?.agentId === agentId) question.answered(pong.link);
    });
  }

  /**
   * @param publicKey of the peer the link to which is to be measured; empty: none.
   * @returns undefined when there is no answer in time.
   * @throws BanyanError `exhausted` when too many are asked at a time.
   */
  async ping(agentId: string, publicKey = ''): Promise<Answer | undefined> {
    const key = `${agentId} ${publicKey}`;
    const open = this.#open.get(key);
    if (open) return open;
    if (this.#open.size >= MOST_OPEN) {
      throw new BanyanError('exhausted', 'too many agents are being asked', {
        remedy: 'Try again in a moment.',
      });
    }
    const answer = this.#ask(agentId, publicKey).finally(() => this.#open.delete(key));
    this.#open.set(key, answer);
    return answer;
  }

  async #ask(agentId: string, publicKey: string): Promise<Answer | undefined> {
    this.#id = (this.#id + 1) % IDS;
    const id = this.#id;
    const askedMs = performance.now();
    if (!this.network.tell(agentId, { message: { $case: 'ping', value: { id, publicKey } } }))
      return undefined;
    try {
      return await new Promise((resolve) => {
        const limit = setTimeout(() => resolve(undefined), PING_WAIT_MS);
        const answered = (link: Link | undefined): void => {
          clearTimeout(limit);
          resolve({ tookMs: performance.now() - askedMs, link });
        };
        this.#byId.set(id, { agentId, answered });
      });
    } finally {
      this.#byId.delete(id);
    }
  }
}
