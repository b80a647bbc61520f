import { pause, type Follow, type Following } from '#host';
import type { Log } from '#log';
import { Hints } from './hints.js';

/** Each says something whenever something changes of what the data plane cares for. */
const MONITORS: readonly (readonly [program: string, ...args: string[]])[] = [
  ['ip', 'monitor', 'link', 'address', 'route', 'rule'],
  ['nft', 'monitor'],
];
/** Milliseconds from the end of a monitor to its next start, the first and the longest. */
const RESTART = { first: 1_000, longest: 30_000 };
/** Milliseconds that a monitor has run when its end is news. */
const STABLE = 60_000;

/** Keeps the monitors running, and turns what they say into hints. */
export class DriftWatch {
  readonly #hints: Hints;
  readonly #closing = new AbortController();
  readonly #running = new Set<Following>();
  readonly #loops: Promise<unknown>;

  constructor(
    private readonly follow: Follow,
    onDrift: () => void,
    private readonly log: Log,
  ) {
    this.#hints = new Hints(onDrift);
    this.#loops = Promise.all(MONITORS.map((command) => this.#keep(command)));
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#hints.close();
    await Promise.all([...this.#running].map((monitor) => monitor.stop()));
    await this.#loops;
  }

  async #keep([program, ...args]: (typeof MONITORS)[number]): Promise<void> {
    const { signal } = this.#closing;
    let wait = RESTART.first;
    while (!signal.aborted) {
      const started = performance.now();
      const monitor = this.follow(program, args, () => this.#hints.give());
      this.#running.add(monitor);
      const end = await monitor.ended;
      this.#running.delete(monitor);
      if (signal.aborted) return;
      if (performance.now() - started > STABLE) wait = RESTART.first;
      const command = [program, ...args].join(' ');
      this.log.say(
        'drift.unwatched',
        `\`${command}\` ended and is started again, changes are noticed later: ${end}`,
      );
      await pause(wait, signal);
      wait = Math.min(RESTART.longest, 2 * wait);
      // What changed in the meantime nobody has said.
      this.#hints.give();
    }
  }
}
