import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Subject } from 'rxjs';
import type { DataPlane, DesiredDataPlane, HostChange } from '#dataplane';
import { asBanyanError, complaint, type BanyanError } from '#errors';
import { awaiting } from '#host';
import { log } from '#log';
import { DATA_PLANE } from '../tokens.js';

/** How often the host is looked at without a hint, milliseconds: drift that nobody hints at heals soon after. */
const LOOK_MS = 7_000;
/** A first failure may have been a moment's; later ones wait for the next look. */
const RETRY_MS = 1_000;
/** More than a person reads. */
const CHANGES_SAID = 10;

/** What this host is to be. */
export type Goal = { readonly kind: 'build'; readonly desired: DesiredDataPlane } | { readonly kind: 'down' };

/** How the last attempt ended. */
export interface Outcome {
  readonly goal: Goal;
  /** Absent when the host is what it should be. */
  readonly error?: BanyanError;
}

/** One look at this host with all that was done about it. */
export interface Pass {
  readonly milliseconds: number;
  /** Changes that undid what somebody else had done. */
  readonly repairs: number;
  readonly failed: boolean;
}

/**
 * Keeps this host what it should be, one attempt at a time: a newer goal replaces one that has not been begun,
 * and what others change is changed back. Ends with the agent and leaves the host as it is.
 */
@Injectable()
export class Keeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly outcomes = new Subject<Outcome>();
  readonly passes = new Subject<Pass>();
  /** After every look at the host. */
  readonly looks = new Subject<void>();
  #goal: Goal | undefined;
  #reached: Goal | undefined;
  #lastError = '';
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;
  #quiet = false;
  #looking: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  #watch: { close(): Promise<void> } | undefined;

  constructor(@Inject(DATA_PLANE) private readonly plane: DataPlane) {}

  onApplicationBootstrap(): void {
    this.#looking = setInterval(() => this.#look(), LOOK_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#looking);
    clearTimeout(this.#retry);
    if (this.#watch) await awaiting('the watch over the container network', this.#watch.close());
    if (this.#running) await awaiting('the container network', this.#running);
  }

  /** From now on the host is to be this. */
  build(desired: DesiredDataPlane): void {
    this.#goal = { kind: 'build', desired };
    this.#watch ??= this.plane.watch(() => this.#look());
    this.#wake();
  }

  /** From now on there is to be no network on this host. Nothing to do when it was taken down already. */
  takeDown(): void {
    if (this.#goal?.kind === 'down') return;
    this.#goal = { kind: 'down' };
    this.#wake();
  }

  /**
   * From now on, or no more, the host is not looked at without a new goal. One that is set meanwhile is not kept
   * waiting; but a pass for the goal of before, begun late, would take back what is done apart from it.
   */
  set quiet(quiet: boolean) {
    this.#quiet = quiet;
  }

  /** The host may not be what it should. */
  look(): void {
    this.#look();
  }

  #look(): void {
    // What was taken down nobody brings up again.
    if (this.#goal && !this.#quiet && !(this.#goal.kind === 'down' && this.#reached === this.#goal))
      this.#wake();
    this.looks.next();
  }

  #wake(): void {
    if (this.#stopped) return;
    this.#again = true;
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    while (this.#again && this.#goal && !this.#stopped) {
      this.#again = false;
      await this.#attempt(this.#goal);
    }
    // Not when this has settled: who wakes us in between would wake nobody.
    this.#running = undefined;
  }

  async #attempt(goal: Goal): Promise<void> {
    const started = performance.now();
    let [changed, repairs] = [0, 0];
    try {
      const changes = goal.kind === 'build' ? await this.plane.apply(goal.desired) : await this.plane.down();
      changed = changes.length;
      if (this.#reached === goal) repairs = changes.length;
      this.#say(changes, this.#reached === goal);
      if (this.#lastError !== '')
        log.say('network.healthy', 'the network on this host is as it should be again');
      this.#lastError = '';
      this.#reached = goal;
      this.outcomes.next({ goal });
    } catch (thrown) {
      this.#failed(goal, thrown);
    }
    const milliseconds = performance.now() - started;
    const failed = this.#lastError !== '';
    if (log.says('debug')) {
      const outcome = failed ? 'failed' : `${changed} changes, ${repairs} of them repairs`;
      log.say('network.planned', `a look at this host took ${Math.round(milliseconds)} ms: ${outcome}`);
    }
    this.passes.next({ milliseconds, repairs, failed });
  }

  #failed(goal: Goal, thrown: unknown): void {
    const error = asBanyanError(thrown);
    log.say('network.failed', complaint(error));
    if (error.message !== this.#lastError) this.#retry = setTimeout(() => this.#look(), RETRY_MS);
    this.#lastError = error.message;
    this.#reached = undefined;
    this.outcomes.next({ goal, error });
  }

  #say(changes: readonly HostChange[], repaired: boolean): void {
    for (const { what, why } of changes.slice(0, CHANGES_SAID)) {
      if (repaired) log.say('drift.repaired', `repaired: ${what} (${why})`);
      else log.say('network.changed', `${what} (${why})`);
    }
    const more = changes.length - CHANGES_SAID;
    if (more > 0) log.say('network.changed', `and ${more} more changes`);
  }
}
