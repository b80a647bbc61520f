/** How often each key may have datagrams sent. */
const TIMES = 6;
const WINDOW_MS = 60_000;

/** Counts what each caller had done lately. Holds admitted keys only, and those for a minute. */
export class Allowance {
  readonly #taken = new Map<string, number[]>();

  /** Takes one, if there is one left. @param now milliseconds, of a clock that only goes forward. */
  take(caller: string, now: number): boolean {
    for (const [key, times] of this.#taken) if (now - times.at(-1)! >= WINDOW_MS) this.#taken.delete(key);
    const recent = (this.#taken.get(caller) ?? []).filter((time) => now - time < WINDOW_MS);
    if (recent.length >= TIMES) return false;
    this.#taken.set(caller, [...recent, now]);
    return true;
  }
}
