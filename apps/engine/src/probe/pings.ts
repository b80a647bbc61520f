import { Injectable } from '@nestjs/common';
import { filter, firstValueFrom, map, merge, timer } from 'rxjs';
import type { Link } from '#protocol';
import { NetworkService } from '../network/network.service.js';

/** How long an agent has to answer, milliseconds; one that measures a link waits a second for the other host. */
export const PING_WAIT_MS = 3_000;

const IDS = 2 ** 32;

/** An agent's answer. */
export interface Answer {
  /** Of the question and the answer, milliseconds; with what it took to measure. */
  readonly tookMs: number;
  /** What was measured. */
  readonly link: Link | undefined;
}

/** Asks an agent for a sign of life by its stream: a round trip that is made now, through all that an agent is. */
@Injectable()
export class Pings {
  #id = 0;

  constructor(private readonly network: NetworkService) {}

  /**
   * @param publicKey of the peer the link to which is to be measured; empty: none.
   * @returns undefined when there is no answer in time.
   */
  async ping(agentId: string, publicKey = ''): Promise<Answer | undefined> {
    this.#id = (this.#id + 1) % IDS;
    const id = this.#id;
    const asked = performance.now();
    if (!this.network.tell(agentId, { message: { $case: 'ping', value: { id, publicKey } } }))
      return undefined;
    const answer = this.network.pongs.pipe(
      filter(({ agentId: by, pong }) => by === agentId && pong.id === id),
      map(({ pong }): Answer => ({ tookMs: performance.now() - asked, link: pong.link })),
    );
    return firstValueFrom(merge(answer, timer(PING_WAIT_MS).pipe(map(() => undefined))));
  }
}
