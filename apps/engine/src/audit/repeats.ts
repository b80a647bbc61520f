const WINDOW_MS = 3_600_000;
/** Distinct texts within a window; more are held back unseen. */
const REMEMBERED = 64;

/** Lets each text pass once an hour, and few texts, so that nobody fills a log of bounded size with what they may do at will. */
export class Repeats {
  readonly #seen = new Map<string, { since: number; heldBack: number }>();

  /** @param now milliseconds. @returns how many of it were held back before this one; undefined to hold this one back. */
  pass(text: string, now: number): number | undefined {
    const seen = this.#seen.get(text);
    if (seen && now - seen.since < WINDOW_MS) {
      seen.heldBack += 1;
      return undefined;
    }
    for (const [other, { since }] of this.#seen) if (now - since >= WINDOW_MS) this.#seen.delete(other);
    if (this.#seen.size >= REMEMBERED) return undefined;
    this.#seen.set(text, { since: now, heldBack: 0 });
    return seen?.heldBack ?? 0;
  }
}
