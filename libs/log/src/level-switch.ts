import { BanyanError } from '#errors';
import type { EventLog } from './event-log.js';
import { LEVELS, parseLevel, type Level } from './level.js';

/** What a log's level is. */
export interface LevelReport {
  readonly level: Level;
  /** The one of the settings. */
  readonly configured: Level;
  /** Milliseconds until the configured one is back by itself; 0: it is not, or is in force. */
  readonly backInMs: number;
}

/** A week: timers count no further than 24 days. */
const LONGEST_MS = 604_800_000;

/** To the configured level. */
interface Return {
  readonly timer: NodeJS.Timeout;
  /** On the steady clock. */
  readonly at: number;
}

/** Changes the level of a log while it runs, for a while or until the next start. */
export class LevelSwitch {
  #configured: Level = 'info';
  #back: Return | undefined;

  constructor(private readonly log: EventLog) {}

  /** The level of the settings, which is in force from now on. */
  configure(level: Level): void {
    this.#call(undefined);
    this.#configured = this.log.level = level;
  }

  get report(): LevelReport {
    const backInMs = this.#back ? Math.max(1, Math.round(this.#back.at - performance.now())) : 0;
    return { level: this.log.level, configured: this.#configured, backInMs };
  }

  /**
   * As {@link set}, as it is asked for over a socket.
   *
   * @param text a level; empty: stays as it is.
   * @throws BanyanError `invalid` for what is no level.
   */
  ask(text: string, forMs: number): LevelReport {
    if (text === '') return this.report;
    const level = parseLevel(text);
    if (level) return this.set(level, Math.min(forMs, LONGEST_MS));
    throw new BanyanError('invalid', 'there is no such level of the log', {
      remedy: `Choose one of ${LEVELS.join(', ')}.`,
    });
  }

  /** @param forMs after which the configured level is back; 0: it is not, before the next start. */
  set(level: Level, forMs: number): LevelReport {
    this.#call(undefined);
    this.#enter(level, forMs > 0 ? `, for ${Math.round(forMs / 1_000)} s` : '');
    if (forMs > 0 && level !== this.#configured) {
      const timer = setTimeout(() => {
        this.#back = undefined;
        this.#enter(this.#configured, ' again');
      }, forMs).unref();
      this.#call({ timer, at: performance.now() + forMs });
    }
    return this.report;
  }

  #call(back: Return | undefined): void {
    clearTimeout(this.#back?.timer);
    this.#back = back;
  }

  /** Said by the more talkative of the two levels. */
  #enter(level: Level, how: string): void {
    const before = this.log.level;
    const sentence = `the level of this log is ${level}${how}; it was ${before}`;
    if (this.log.says('info')) this.log.say('log.level_changed', sentence);
    this.log.level = level;
    if (before !== 'info' && before !== 'debug') this.log.say('log.level_changed', sentence);
  }
}
