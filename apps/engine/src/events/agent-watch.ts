import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Subscription } from 'rxjs';
import { log } from '#log';
import { NetworkService } from '../network/network.service.js';
import { AgentRegistry } from '../registry/agent-registry.js';
import { Lagging, LAGGING_MS } from './lagging.js';
import { LinkCountChanges } from './link-count-changes.js';

/** How often agents are looked at, milliseconds. */
const LOOK_MS = 2_000;
/** Agents see a host that is gone within seconds of each other, by their own clocks. */
const MERGE_MS = 5_000;

/** Says what becomes of agents that nobody says by himself: that they lag, and what their links do. */
@Injectable()
export class AgentWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #lagging = new Lagging();
  readonly #links = new LinkCountChanges();
  #counted: Subscription | undefined;
  #looking: NodeJS.Timeout | undefined;
  #merging: NodeJS.Timeout | undefined;

  constructor(
    private readonly registry: AgentRegistry,
    private readonly network: NetworkService,
  ) {}

  onApplicationBootstrap(): void {
    this.#looking = setInterval(() => this.#look(), LOOK_MS).unref();
    this.#counted = this.network.linksCounted.subscribe(({ name, before, now }) => {
      this.#links.counted(name, before, now);
      if (!this.#links.isEmpty) this.#merging ??= setTimeout(() => this.#sayLinks(), MERGE_MS).unref();
    });
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.#looking);
    this.#counted?.unsubscribe();
    clearTimeout(this.#merging);
    this.#sayLinks();
  }

  #sayLinks(): void {
    this.#merging = undefined;
    for (const { event, name, sentence } of this.#links.take()) log.say(event, sentence, { name });
  }

  #look(): void {
    const { reached, feed } = this.network;
    const agents = Array.from(this.registry.agents())
      .filter(({ id, publicKey }) => reached.has(id) && feed.has(publicKey.text))
      .map(({ id, name }) => ({ id, name, revision: this.network.reportOf(id).appliedRevision }));
    const { lagging, caughtUp } = this.#lagging.look(agents, feed.revision, performance.now());
    for (const { id, name } of lagging) {
      const { refused, held } = this.network.reportOf(id);
      const why = held ? 'it holds the network of another store' : refused;
      log.say(
        'agent.lagging',
        `has not become the network of ${LAGGING_MS / 1_000} s ago${why === '' ? '' : `: ${why}`}`,
        { name },
      );
    }
    for (const { name } of caughtUp) log.say('agent.caught_up', 'has become the newest network', { name });
  }
}
