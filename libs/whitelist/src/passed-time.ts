import type { Moment } from './clock.js';
import { DAY_MS } from './expiry-date.js';

const HOUR_MS = 3_600_000;
/** How far a clock may be from the time that must have passed. */
export const SLACK_MS = HOUR_MS;
/** After a boot, a host may have been off for as long as this. */
export const MOST_OFF_MS = 366 * DAY_MS;
/** For so long after a boot a clock may still be set forward: a host without a battery asks for the time then. */
export const SETTLING_MS = 15 * 60_000;
/** What a clock says that was never seen before: not before this was written, nor a century of nonsense later. */
const EARLIEST_MS = Date.UTC(2026, 0, 1);
const LATEST_MS = Date.UTC(2100, 0, 1);

/**
 * Which moments have passed for certain. Only what has passed makes a key expire, so a clock that is wrong can at
 * worst delay an expiry; and what has passed stays passed, so setting a clock back revives no key.
 *
 * A clock is believed by a *mark*: a moment that was believed, kept over restarts. See docs/design.md, "Roles".
 * Pure: no clock, no file.
 */
export class PassedTime {
  #mark: Moment | undefined;
  #passedMs: number;
  #doubt: string | undefined;

  /** @param mark of an earlier run. */
  constructor(mark?: Moment) {
    this.#mark = mark;
    this.#passedMs = mark?.timeMs ?? 0;
  }

  /** The latest moment that has passed for certain, milliseconds since the epoch; never less than before. */
  get passedMs(): number {
    return this.#passedMs;
  }

  /** Why the clock was not believed when it was last looked at, as the end of a sentence about it. */
  get doubt(): string | undefined {
    return this.#doubt;
  }

  /** To be kept for the next run. Another object only once an hour or a day begins. */
  get mark(): Moment | undefined {
    return this.#mark;
  }

  look(now: Moment): void {
    this.#doubt = doubtOf(now, this.#mark);
    if (this.#doubt !== undefined) return;
    this.#passedMs = Math.max(this.#passedMs, now.timeMs);
    if (isDue(now, this.#passedMs, this.#mark)) this.#mark = { ...now, timeMs: this.#passedMs };
  }
}

function doubtOf(now: Moment, mark: Moment | undefined): string | undefined {
  if (mark === undefined) {
    if (now.timeMs < EARLIEST_MS) return 'says a year in which this software was not written';
    return now.timeMs < LATEST_MS ? undefined : 'says a year of another century';
  }
  const earliest = earliestNow(now, mark);
  if (now.timeMs < earliest - SLACK_MS) return 'is more than an hour behind what it showed before';
  if (sameBoot(now, mark) && now.uptimeMs >= SETTLING_MS) {
    return now.timeMs <= earliest + SLACK_MS ? undefined : 'is more than an hour ahead of the time since';
  }
  return now.timeMs <= earliest + MOST_OFF_MS
    ? undefined
    : 'is more than a year ahead of what it showed last';
}

/** The mark, and the time that has passed since by the clock that nobody can set. After a boot, at least that of the boot. */
function earliestNow(now: Moment, mark: Moment): number {
  return mark.timeMs + (sameBoot(now, mark) ? now.uptimeMs - mark.uptimeMs : now.uptimeMs);
}

function sameBoot(now: Moment, mark: Moment): boolean {
  return now.bootId === mark.bootId && now.uptimeMs >= mark.uptimeMs;
}

/**
 * Seldom, and not at every look: the hour of slack counts from the mark, so a clock that is led astray slowly gains an
 * hour with each. At the beginning of a day keys expire, and that must be known after a crash.
 */
function isDue(now: Moment, passedMs: number, mark: Moment | undefined): boolean {
  if (mark === undefined || !sameBoot(now, mark)) return true;
  const isLater = now.uptimeMs - mark.uptimeMs >= HOUR_MS;
  const isNextDay = Math.floor(passedMs / DAY_MS) > Math.floor(mark.timeMs / DAY_MS);
  const wasSet = now.timeMs > earliestNow(now, mark) + SLACK_MS;
  return isLater || isNextDay || wasSet;
}
