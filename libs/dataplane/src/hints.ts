/** Milliseconds in which hints are gathered into one. */
const GATHERED = 200;
/** Milliseconds between one call and the next, the shortest and the longest. */
const GAP = { shortest: 1_000, longest: 8_000 };

/**
 * Gathers hints into calls. What is done upon a call gives hints of its own, and may be undone by somebody at once:
 * so the calls of a series come ever more seldom, and a quiet while ends the series.
 */
export class Hints {
  #timer: NodeJS.Timeout | undefined;
  #lastCall = -Infinity;
  #gap = GAP.shortest;
  #closed = false;

  constructor(private readonly onHint: () => void) {}

  give(): void {
    if (this.#timer || this.#closed) return;
    const now = performance.now();
    if (now - this.#lastCall > 2 * this.#gap) this.#gap = GAP.shortest;
    const wait = Math.max(GATHERED, this.#lastCall + this.#gap - now);
    this.#timer = setTimeout(() => this.#call(), wait).unref();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #call(): void {
    this.#timer = undefined;
    const now = performance.now();
    this.#gap = Math.min(GAP.longest, 2 * this.#gap);
    this.#lastCall = now;
    this.onHint();
  }
}
