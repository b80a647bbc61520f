export interface Rate {
  readonly perSecond: number;
  /** How many may come at once after a pause. */
  readonly burst: number;
}

/** So many a second, and some at once. Pure: time is told, in milliseconds of a clock that is never set back. */
export class TokenBucket {
  #tokens: number;
  #at = -Infinity;

  constructor(private readonly rate: Rate) {
    this.#tokens = rate.burst;
  }

  /** @returns whether there was one. */
  take(now: number): boolean {
    if (now > this.#at) {
      const gained = this.#at === -Infinity ? 0 : ((now - this.#at) / 1_000) * this.rate.perSecond;
      this.#tokens = Math.min(this.rate.burst, this.#tokens + gained);
      this.#at = now;
    }
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** What was taken turned out not to count. */
  giveBack(): void {
    this.#tokens = Math.min(this.rate.burst, this.#tokens + 1);
  }
}

/** Who is remembered; whoever more addresses than these has is bounded by what they share. */
const REMEMBERED = 4_096;

/**
 * A bucket for each source, and one for all of them. Memory is bounded: the source that was away longest is
 * forgotten, and starts anew with a full bucket; the shared one is what bounds those who have many.
 */
export class SharedBuckets {
  readonly #own = new Map<string, TokenBucket>();
  readonly #all: TokenBucket;

  constructor(
    private readonly each: Rate,
    all: Rate,
    private readonly remembered = REMEMBERED,
  ) {
    this.#all = new TokenBucket(all);
  }

  get size(): number {
    return this.#own.size;
  }

  take(source: string, now: number): boolean {
    const own = this.#own.get(source) ?? new TokenBucket(this.each);
    this.#own.delete(source);
    if (this.#own.size >= this.remembered) {
      const [longestAway] = this.#own.keys();
      this.#own.delete(longestAway!);
    }
    this.#own.set(source, own);
    if (!own.take(now)) return false;
    if (this.#all.take(now)) return true;
    own.giveBack();
    return false;
  }

  giveBack(source: string): void {
    this.#own.get(source)?.giveBack();
    this.#all.giveBack();
  }
}
