import { kindOf, type EventName } from './catalogue.js';
import { reaches, type Level } from './level.js';
import { lineOf, type Format } from './line.js';
import { Repeats } from './repeats.js';
import { said, type About, type Log, type Said } from './said.js';

export interface LogTarget {
  /** Whether lines go to the journal, which stamps time and level itself. */
  readonly journal: boolean;
  write(line: string): void;
}

export interface LogSettings {
  /** Events below it are not written. */
  readonly level: Level;
  readonly format: Format;
}

type Listener = (notable: Said) => void;

/**
 * The log of a service: one event a line, repeated trouble counted. Who wants to know of notable events is told in the
 * same words, whatever the level.
 */
export class EventLog implements Log {
  level: Level = 'info';
  format: Format = 'text';
  readonly #repeats = new Repeats();
  readonly #listeners = new Set<Listener>();
  #timer: NodeJS.Timeout | undefined;

  constructor(public target: LogTarget) {}

  say(event: EventName, message: string, about: About = {}): void {
    const { level, isNotable } = kindOf(event);
    if (!reaches(level, this.level) && !isNotable) return;
    this.#write(this.#repeats.pass(said(event, message, about, Date.now()), performance.now()));
  }

  /** Whether it is worth finding out what would be said at this level. */
  says(level: Level): boolean {
    return reaches(level, this.level);
  }

  /** Tells of every notable event from now on. @returns to be called for no more. */
  follow(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Writes how often things were repeated that wait for their minute to end: at a stop, so that nothing is lost. */
  flush(): void {
    this.#write(this.#repeats.flush(performance.now()));
  }

  #write(lines: readonly Said[]): void {
    for (const one of lines) {
      const { level, isNotable } = kindOf(one.event);
      if (reaches(level, this.level)) this.target.write(lineOf(one, this.format, this.target.journal));
      if (isNotable) for (const listener of this.#listeners) listener(one);
    }
    this.#wait();
  }

  #wait(): void {
    const { next } = this.#repeats;
    if (next === undefined || this.#timer) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#write(this.#repeats.due(performance.now()));
      },
      Math.max(0, next - performance.now()),
    ).unref();
  }
}

export function standardError(): LogTarget {
  return {
    journal: process.env.JOURNAL_STREAM !== undefined,
    write: (line) => process.stderr.write(`${line}\n`),
  };
}

/** Nobody reads it. */
export const NOWHERE: LogTarget = { journal: false, write: () => undefined };
