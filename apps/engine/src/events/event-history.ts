import { randomUUID } from 'node:crypto';
import { kindOf, type Said } from '#log';
import type { Event } from '#protocol';

/** Events that are kept at most, and bytes: a failure may have a long story to tell. */
export const KEPT = { events: 1_000, bytes: 512 * 1024 } as const;

/** One event, and its place: each has the number after the one before. */
export interface Numbered {
  readonly number: number;
  readonly event: Event;
}

/** The notable events of this start of the engine, the last of them. In memory only: the log is what lasts. */
export class EventHistory {
  /** No other start has it: what a reader has seen means nothing to another history. */
  readonly id = randomUUID();
  #kept: Numbered[] = [];
  #bytes = 0;
  #last = 0;

  constructor(private readonly most: { readonly events: number; readonly bytes: number } = KEPT) {}

  /** Number of the newest event; 0 before the first. */
  get last(): number {
    return this.#last;
  }

  add(said: Said): void {
    const { event, timeMs, name, message } = said;
    this.#last += 1;
    const shown: Event = { timeMs, level: kindOf(event).level, event, name, message };
    this.#kept.push({ number: this.#last, event: shown });
    this.#bytes += sizeOf(shown);
    while (this.#kept.length > this.most.events || this.#bytes > this.most.bytes)
      this.#bytes -= sizeOf(this.#kept.shift()!.event);
  }

  /** The first that is kept after this number; undefined: there is none, or none yet. */
  after(number: number): Numbered | undefined {
    const [oldest] = this.#kept;
    return oldest && this.#kept[Math.max(0, number + 1 - oldest.number)];
  }

  /**
   * Where to begin: after the event of this number.
   *
   * @param sinceMs only what happened since then; @param last the newest so many of these, 0: all.
   */
  begin(sinceMs: number, last: number): number {
    const first = this.#kept.find(({ event }) => event.timeMs >= sinceMs)?.number ?? this.#last + 1;
    return Math.max(first - 1, last === 0 ? 0 : this.#last - last);
  }
}

/** About what it takes of memory: two bytes a character, and the object. */
function sizeOf({ event, name, message }: Event): number {
  return 2 * (event.length + name.length + message.length) + 200;
}
