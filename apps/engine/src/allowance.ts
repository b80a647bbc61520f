/** Counts what each caller had done lately. Holds admitted callers only, and those for the window. */
export class Allowance {
  readonly #taken = new Map<string, number[]>();

  /** @param times that each caller may have it done within the window. */
  constructor(
    private readonly times: number,
    private readonly windowMs: number,
  ) {}

  /** Takes one, if there is one left. @param now milliseconds, of a clock that only goes forward. */
  take(caller: string, now: number): boolean {
    for (const [key, times] of this.#taken) if (now - times.at(-1)! >= this.windowMs) this.#taken.delete(key);
    const recent = (this.#taken.get(caller) ?? []).filter((time) => now - time < this.windowMs);
    if (recent.length >= this.times) return false;
    this.#taken.set(caller, [...recent, now]);
    return true;
  }
}
