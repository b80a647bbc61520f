import type { Entry } from '../store.js';

interface Sighting {
  readonly value: string;
  readonly revision: number;
  /** When it was seen to change, or first. */
  readonly atMs: number;
  /** It changed, or came, while we looked: somebody writes it. */
  readonly moved: boolean;
}

/**
 * Which entries somebody refreshes, told from one look to the next. Only revisions and our own steady clock
 * count: no other host's time does.
 */
export class Sightings {
  #seen: ReadonlyMap<string, Sighting> | undefined;
  #lookedAtMs = -Infinity;

  /**
   * @param deadAfterMs without a change.
   * @param longestGapMs between two looks: after a longer one (the store was away, the host was asleep) waiting
   *   begins anew, since nobody could have been seen.
   */
  constructor(
    private readonly deadAfterMs: number,
    private readonly longestGapMs: number,
  ) {}

  /** @param nowMs of a clock that only goes forward. */
  look(entries: readonly Entry[], nowMs: number): void {
    const before = this.#seen;
    const isGap = nowMs - this.#lookedAtMs > this.longestGapMs;
    const sightings = entries.map(({ key, value, revision }): [string, Sighting] => {
      const known = before?.get(key);
      if (known?.revision !== revision) {
        return [key, { value, revision, atMs: nowMs, moved: before !== undefined }];
      }
      return [key, isGap ? { ...known, atMs: nowMs } : known];
    });
    this.#seen = new Map(sightings);
    this.#lookedAtMs = nowMs;
  }

  /** Values, by key, of those that are refreshed. */
  alive(nowMs: number): ReadonlyMap<string, string> {
    return this.#those(({ moved, atMs }) => moved && nowMs - atMs <= this.deadAfterMs);
  }

  /** Those of which it is not known yet. */
  uncertain(nowMs: number): ReadonlyMap<string, string> {
    return this.#those(({ moved, atMs }) => !moved && nowMs - atMs <= this.deadAfterMs);
  }

  /** Revisions, by key, of those that nobody has refreshed for long. */
  dead(nowMs: number): ReadonlyMap<string, number> {
    const dead = [...(this.#seen ?? [])].filter(([, { atMs }]) => nowMs - atMs > this.deadAfterMs);
    return new Map(dead.map(([key, { revision }]) => [key, revision]));
  }

  #those(are: (sighting: Sighting) => boolean): ReadonlyMap<string, string> {
    const those = [...(this.#seen ?? [])].filter(([, sighting]) => are(sighting));
    return new Map(those.map(([key, { value }]) => [key, value]));
  }
}
