import type { WhitelistTiming } from './options.js';

/** When to read: at intervals, soon after hints, and when asked; never two readings at once. */
export class Rescans {
  #running: Promise<void> | undefined;
  #following: Promise<void> | undefined;
  #interval: NodeJS.Timeout | undefined;
  #hinted: NodeJS.Timeout | undefined;
  #firstHint: number | undefined;
  #stopped = false;

  constructor(
    /** Reads; says after how many ms at the latest to read again. Never rejects. */
    private readonly scan: () => Promise<number>,
    private readonly timing: Pick<WhitelistTiming, 'quiet' | 'patience'>,
  ) {}

  /** Something happened: reads once it is quiet, or when patience ends. */
  hint(): void {
    if (this.#stopped) return;
    const now = performance.now();
    this.#firstHint ??= now;
    const wait = Math.min(this.timing.quiet, this.#firstHint + this.timing.patience - now);
    clearTimeout(this.#hinted);
    this.#hinted = setTimeout(() => void this.now(), Math.max(0, wait)).unref();
  }

  /** A reading that begins after this call; resolves when it has taken effect. */
  now(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    if (this.#running === undefined) return this.#start();
    this.#following ??= this.#running.then(() => {
      this.#following = undefined;
      return this.now();
    });
    return this.#following;
  }

  /** Ends after the reading that is going on. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#hinted);
    clearTimeout(this.#interval);
    await this.#running;
  }

  #start(): Promise<void> {
    clearTimeout(this.#hinted);
    clearTimeout(this.#interval);
    this.#firstHint = undefined;
    this.#running = this.scan().then((nextMs) => {
      this.#running = undefined;
      if (!this.#stopped) this.#interval = setTimeout(() => void this.now(), nextMs).unref();
    });
    return this.#running;
  }
}
