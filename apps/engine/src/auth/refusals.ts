import { Injectable, Logger } from '@nestjs/common';

const WINDOW_MS = 60_000;
/** Distinct refusals remembered; an attacker with many addresses gets no more log lines than this a minute. */
const REMEMBERED = 256;

/** Logs a refusal once a minute for each caller and reason, and then how often it was repeated. */
@Injectable()
export class Refusals {
  readonly #log = new Logger('auth');
  /** What became of the caller. */
  protected readonly verb: string = 'refused';
  readonly #recent = new Map<string, { since: number; repeated: number }>();

  /** @param now milliseconds, by a clock that nobody sets; for tests. */
  note(caller: string, reason: string, now = performance.now()): void {
    const id = `${caller}|${reason}`;
    const recent = this.#recent.get(id);
    if (recent && now - recent.since < WINDOW_MS) {
      recent.repeated += 1;
      return;
    }
    if (!recent && this.#recent.size >= REMEMBERED && !this.#dropOld(now)) return;
    const repeated = recent?.repeated ? ` (and ${recent.repeated} times since the last such line)` : '';
    this.#log.warn(`${this.verb} ${caller}: ${reason}${repeated}`);
    this.#recent.set(id, { since: now, repeated: 0 });
  }

  #dropOld(now: number): boolean {
    for (const [id, { since }] of this.#recent) if (now - since >= WINDOW_MS) this.#recent.delete(id);
    return this.#recent.size < REMEMBERED;
  }
}
