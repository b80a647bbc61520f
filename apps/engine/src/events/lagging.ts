/** How long an agent may take to become a network before operators are told, milliseconds. */
export const LAGGING_MS = 10_000;

/** An agent that is online, and what its host has become. */
export interface Applied {
  readonly id: string;
  readonly name: string;
  readonly revision: number;
}

interface Behind {
  /** What it was to become when it was first seen not to have. */
  readonly revision: number;
  readonly since: number;
  isTold: boolean;
}

/**
 * Finds agents that do not become what is published. An agent that follows many changes is always a little behind; one
 * that lags has not become the network that there was ten seconds ago.
 */
export class Lagging {
  readonly #behind = new Map<string, Behind>();

  /** @param newest revision; @param now milliseconds, of a steady clock. @returns of whom there is news. */
  look(agents: readonly Applied[], newest: number, now: number): { lagging: Applied[]; caughtUp: Applied[] } {
    const news = { lagging: [] as Applied[], caughtUp: [] as Applied[] };
    const here = new Set(agents.map(({ id }) => id));
    for (const id of this.#behind.keys()) if (!here.has(id)) this.#behind.delete(id);
    for (const agent of agents) {
      let behind = this.#behind.get(agent.id);
      if (behind && agent.revision >= behind.revision) {
        this.#behind.delete(agent.id);
        if (behind.isTold) news.caughtUp.push(agent);
        behind = undefined;
      }
      if (!behind && agent.revision < newest)
        this.#behind.set(agent.id, { revision: newest, since: now, isTold: false });
      else if (behind && !behind.isTold && now - behind.since >= LAGGING_MS) {
        behind.isTold = true;
        news.lagging.push(agent);
      }
    }
    return news;
  }
}
