import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { BanyanError, messageOf } from '#errors';
import type { Log } from '#log';
import type { Store, Subscription } from '../store.js';
import { encodeTrace, LIVE_PREFIX, shownTrace } from './engine-trace.js';
import { callOffRestore } from './restoring.js';
import { Sightings } from './sightings.js';

export interface LiveTimes {
  readonly refreshMs: number;
  readonly deadAfterMs: number;
}

export const LIVE_TIMES: LiveTimes = { refreshMs: 10_000, deadAfterMs: 30_000 };
/** An etcd that is away must not hold up the end of the engine. */
const FAREWELL_MS = 1_000;
const ATTEMPTS = 5;

/**
 * The engines that use this store: ours leaves a trace in it, refreshes it, and looks for those of others. Two on
 * one store do no harm to each other's leases, but an agent of one is offline for the other: so there is a
 * warning and no refusal, which after a crash would only be in the way.
 */
export class LiveEngines {
  readonly #sightings: Sightings;
  readonly #value: string;
  /** Keys of those that the log has named. */
  readonly #warned = new Set<string>();
  #lost = false;
  #closed = false;
  #looking: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #watch: Subscription | undefined;

  private constructor(
    private readonly store: Store,
    private readonly key: string,
    private readonly log: Log,
    private readonly times: LiveTimes,
  ) {
    this.#sightings = new Sightings(times.deadAfterMs, 2 * times.refreshMs);
    this.#value = encodeTrace({ host: hostname(), pid: process.pid, startedAtMs: Date.now() });
  }

  /**
   * To be waited for before anything else of the store is used.
   *
   * @param shared whether another engine could open the store at all; else there is nothing to leave or look for.
   * @throws BanyanError `conflict` when the store is half restored; of the store.
   */
  static async join(store: Store, shared: boolean, log: Log, times = LIVE_TIMES): Promise<LiveEngines> {
    const engines = new LiveEngines(store, LIVE_PREFIX + randomUUID(), log, times);
    await engines.#join(shared);
    return engines;
  }

  /** Sentences for `banyan-engine status`. */
  get warnings(): readonly string[] {
    const others = [...this.#sightings.alive(performance.now()).values()].map(warningOf);
    return this.#lost ? [...others, LOST] : others;
  }

  /** Takes our trace away. Never throws. */
  async leave(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#watch?.close();
    if (this.#watch === undefined) return;
    const farewell = this.#looking
      .then(() => this.store.transact([], [{ kind: 'delete', key: this.key }]))
      .catch(() => undefined);
    await Promise.race([farewell, new Promise((resolve) => setTimeout(resolve, FAREWELL_MS).unref())]);
  }

  async #join(shared: boolean): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      // Before our own is there: whoever answers it changes what was seen now.
      await this.#look();
      const { compare, operations } = await callOffRestore(this.store);
      const put = { kind: 'put', key: this.key, value: this.#value } as const;
      if (!(await this.store.transact([compare], [...operations, ...(shared ? [put] : [])]))) continue;
      if (shared) this.#watchOthers();
      return;
    }
    throw new BanyanError('conflict', 'restores of the store keep beginning', {
      remedy: 'Stop them, or wait for them to end.',
    });
  }

  #watchOthers(): void {
    this.#watch = this.store.watch(LIVE_PREFIX, () => this.#soon(() => this.#look()));
    this.#timer = setInterval(() => this.#soon(() => this.#refresh()), this.times.refreshMs).unref();
  }

  /** One after the other: an answer that comes late must not pass for a later state. */
  #soon(step: () => Promise<void>): void {
    this.#looking = this.#looking
      .then(() => (this.#closed ? undefined : step()))
      .catch((error: unknown) => {
        // Whoever needs the store says that it is away; nothing is known of others meanwhile.
        if (!(error instanceof BanyanError))
          this.log.say('service.failed', `looking for other engines: ${messageOf(error)}`);
      });
  }

  async #refresh(): Promise<void> {
    // Nobody but an engine that took us for dead, or a restore, takes it away.
    const found = await this.store.get(this.key);
    if (!found && !this.#lost) {
      this.#lost = true;
      this.log.say('store.lost', LOST);
    }
    // Not over what became of it since: that shows at the next look.
    const unchanged = { key: this.key, revision: found?.revision ?? 0 };
    await this.store.transact([unchanged], [{ kind: 'put', key: this.key, value: this.#value }]);
    await this.#look();
  }

  async #look(): Promise<void> {
    const entries = (await this.store.list(LIVE_PREFIX)).filter(({ key }) => key !== this.key);
    const now = performance.now();
    this.#sightings.look(entries, now);
    const alive = this.#sightings.alive(now);
    for (const key of [...this.#warned].filter((key) => !alive.has(key))) {
      this.#warned.delete(key);
      this.log.say('store.unshared', 'another engine that used the same store is gone');
    }
    const news = [...alive].filter(([key]) => !this.#warned.has(key));
    for (const [key, value] of news) {
      this.#warned.add(key);
      this.log.say('store.shared', warningOf(value));
    }
    // The other may have been here first, or not: it sees that we are alive when our entry changes, or comes.
    if (news.length > 0 && this.#watch) this.#soon(() => this.#refresh());
    for (const [key, revision] of this.#sightings.dead(now)) {
      await this.store.transact([{ key, revision }], [{ kind: 'delete', key }]);
    }
  }
}

const LOST =
  'the store was restored, or this engine was taken for dead, while it did not reach the store: restart it';

function warningOf(value: string): string {
  return `another engine uses the same store: ${shownTrace(value)}. One network has one engine: stop one of the two`;
}
