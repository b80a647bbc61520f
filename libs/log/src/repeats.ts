import { kindOf } from './catalogue.js';
import type { Said } from './said.js';

/** Within it, what is the same is written once and counted. */
const WINDOW_MS = 60_000;
/** Different ones that are remembered. One more is written, and the one that is remembered longest is not any more. */
const REMEMBERED = 1_024;
/** Different ones of an event that anybody can cause: whoever has many addresses gets no more lines than this in a window. */
const OF_ANYBODY = 256;
/** Different ones of an event about one name: whoever is known and says ever other words of himself gets no more lines. */
const OF_ONE = 16;

interface Remembered {
  /** At the time of `since`. */
  readonly first: Said;
  /** On the caller's clock. */
  readonly since: number;
  /** How often it came again, since then. */
  more: number;
  /** It stands for many that are different, each of which is to have its chance again in a minute. */
  readonly isMany?: true;
}

/**
 * Counts warnings and errors that repeat, instead of repeating them: the same event about the same name in the same
 * words is written once in a minute, and then how often it came again. Memory is bounded, but for one count of each
 * event about each name; nothing is dropped without a count. Pure but for what it remembers; all times are of one
 * steady clock, in milliseconds.
 */
export class Repeats {
  /** In the order of their windows. */
  readonly #remembered = new Map<string, Remembered>();

  /** @returns what is to be written now: nothing, this, or a count and this. */
  pass(said: Said, now: number): Said[] {
    const { level, isState, isAnybodys, ends } = kindOf(said.event);
    if (ends !== undefined) return [...this.#end(ends, said.name, now), said];
    if (isState || level === 'debug' || level === 'info') return [said];
    const id = `${said.event}\n${said.name}\n${said.message}`;
    const due = this.due(now);
    if (this.#count(id)) return due;
    // Apart from each other: a client that is known is one of few, and not to be silenced by strangers.
    const most = said.name !== '' ? OF_ONE : isAnybodys ? OF_ANYBODY : Infinity;
    if (this.#isCrowded(said, most, now)) return due;
    const evicted = this.#makeRoom(now);
    this.#remembered.set(id, { first: said, since: now, more: 0 });
    return [...due, ...evicted, said];
  }

  /** When there is something to be written next, on the clock of `pass`; undefined: nothing waits. */
  get next(): number | undefined {
    const [oldest] = this.#remembered.values();
    return oldest && oldest.since + WINDOW_MS;
  }

  /** The counts whose time has come. What went on within its minute is counted for another. */
  due(now: number): Said[] {
    const counts: Said[] = [];
    for (const [id, one] of this.#remembered) {
      if (now - one.since < WINDOW_MS) break;
      this.#remembered.delete(id);
      if (one.more === 0) continue;
      const count = countOf(one, now);
      counts.push(count);
      if (!one.isMany)
        this.#remembered.set(id, { first: { ...one.first, timeMs: count.timeMs }, since: now, more: 0 });
    }
    return counts;
  }

  /** All counts, for the end. */
  flush(now: number): Said[] {
    const counts = [...this.#remembered.values()]
      .filter(({ more }) => more > 0)
      .map((one) => countOf(one, now));
    this.#remembered.clear();
    return counts;
  }

  /** A trouble is over: its counts. */
  #end(event: string, name: string, now: number): Said[] {
    const over = [...this.#remembered].filter(
      ([, { first }]) => first.event === event && first.name === name,
    );
    for (const [id] of over) this.#remembered.delete(id);
    return over.filter(([, { more }]) => more > 0).map(([, one]) => countOf(one, now));
  }

  #count(id: string): boolean {
    const known = this.#remembered.get(id);
    if (known) known.more += 1;
    return known !== undefined;
  }

  /** Counts it with the others, if there are as many already as may be told. */
  #isCrowded(said: Said, most: number, now: number): boolean {
    const { event, name } = said;
    const others = `${event}\n${name}`;
    if (this.#count(others)) return true;
    if (most === Infinity) return false;
    let many = 0;
    for (const { first } of this.#remembered.values())
      if (first.event === event && first.name === name) many += 1;
    if (many < most) return false;
    const first = { ...said, message: 'others, which are not told one by one', details: {} };
    this.#remembered.set(others, { first, since: now, more: 1, isMany: true });
    return true;
  }

  #makeRoom(now: number): Said[] {
    if (this.#remembered.size < REMEMBERED) return [];
    for (const [id, oldest] of this.#remembered) {
      this.#remembered.delete(id);
      return oldest.more === 0 ? [] : [countOf(oldest, now)];
    }
    return [];
  }
}

function countOf({ first, since, more }: Remembered, now: number): Said {
  const seconds = Math.max(1, Math.round((now - since) / 1_000));
  const times = more === 1 ? 'once more' : `${more} more times`;
  return {
    ...first,
    timeMs: first.timeMs + Math.round(now - since),
    message: `${times} in ${seconds} s: ${first.message}`,
    details: { ...first.details, repeated: more },
  };
}
