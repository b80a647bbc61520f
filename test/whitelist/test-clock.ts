import type { Clock } from '#whitelist';

const DAY_MS = 86_400_000;

/** The clock of a host that has been up for a day: it goes, and can be set. */
export class TestClock {
  #timeMs: number;
  #uptimeMs = DAY_MS;
  readonly #since = performance.now();

  constructor(iso: string) {
    this.#timeMs = Date.parse(iso);
  }

  readonly now: Clock = () => {
    const elapsed = performance.now() - this.#since;
    return { timeMs: this.#timeMs + elapsed, uptimeMs: this.#uptimeMs + elapsed, bootId: 'test' };
  };

  /** Time goes by at once. */
  pass(ms: number): void {
    this.#timeMs += ms;
    this.#uptimeMs += ms;
  }

  /** Lets time go by until this moment. */
  passUntil(iso: string): void {
    this.pass(Date.parse(iso) - this.now().timeMs);
  }

  /** Somebody sets it. */
  set(iso: string): void {
    this.#timeMs += Date.parse(iso) - this.now().timeMs;
  }
}
