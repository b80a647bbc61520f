import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Subject } from 'rxjs';
import type { ContainerNetworkChange, ContainerNetworks } from '#containers';
import { asBanyanError, complaint, type BanyanError } from '#errors';
import { awaiting } from '#host';
import { log } from '#log';
import { CONTAINERS } from '../tokens.js';
import { Keeper, type Goal, type Outcome } from './keeper.js';

/**
 * Keeps what container runtimes find on this host what it should be, whenever the host has become the network. Apart
 * from that, because a runtime that hangs is not to keep a revocation waiting.
 */
@Injectable()
export class ContainerKeeper implements BeforeApplicationShutdown {
  readonly changes = new Subject<void>();
  #goal: Goal | undefined;
  #last: Goal | undefined;
  #running: Promise<void> | undefined;
  #error: BanyanError | undefined;

  constructor(
    @Inject(CONTAINERS) private readonly containers: ContainerNetworks,
    keeper: Keeper,
  ) {
    keeper.outcomes.subscribe((outcome) => this.#after(outcome));
    // What was taken down gives no outcome any more, and a Docker network stays while containers are on it.
    keeper.looks.subscribe(() => {
      if (this.#error && this.#last) this.#after({ goal: this.#last });
    });
  }

  /** What keeps runtimes from finding the network. */
  get error(): BanyanError | undefined {
    return this.#error;
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (this.#running) await awaiting('the container runtimes', this.#running);
  }

  #after({ goal, error }: Outcome): void {
    if (error) return;
    this.#goal = this.#last = goal;
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    for (let goal = this.#goal; goal; goal = this.#goal) {
      this.#goal = undefined;
      await this.#attempt(goal).then(
        (changes) => this.#done(changes),
        (error: unknown) => this.#failed(error),
      );
    }
    // Not when this has settled: a goal that came in between would wait for the next.
    this.#running = undefined;
  }

  #attempt(goal: Goal): Promise<readonly ContainerNetworkChange[]> {
    if (goal.kind === 'down') return this.containers.down();
    const { network, mtu } = goal.desired;
    return this.containers.apply({ subnet: network.subnet, mtu });
  }

  #done(changes: readonly ContainerNetworkChange[]): void {
    for (const { what, why } of changes) log.say('containers.changed', `${what} (${why})`);
    this.#now(undefined);
  }

  #failed(thrown: unknown): void {
    const error = asBanyanError(thrown);
    log.say('containers.failed', complaint(error));
    this.#now(error);
  }

  #now(error: BanyanError | undefined): void {
    const isNews = error?.message !== this.#error?.message;
    this.#error = error;
    if (isNews) this.changes.next();
  }
}
