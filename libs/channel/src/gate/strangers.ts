export interface StrangerBounds {
  /** Of all strangers together. */
  readonly total: number;
  /** Of one source. */
  readonly perSource: number;
  /** Bytes one may send before it is somebody. */
  readonly bytes: number;
  /** How long one may be a stranger, milliseconds. */
  readonly lifeMs: number;
}

/** Why a connection is to be closed. `time` is not a limit of ours but of patience, and not worth a line. */
export type Reason = 'total' | 'source' | 'key' | 'bytes' | 'time';

export interface Eviction<T> {
  readonly visitor: T;
  readonly source: string;
  readonly reason: Reason;
}

/** Connections that name or prove the same key before they are somebody's. */
const PER_KEY = 4;
/**
 * An engine that has just started accepts hundreds of connections of one address before it reads a byte of any:
 * an address has this long to show that they are more than silence, milliseconds.
 */
const GRACE_MS = 1_000;

/**
 * How many one look closes: those that came together would else go together and come back together, and whoever is
 * answered between waits for all of them. With a look every 20 ms it is as many a second as a full house has whose
 * time is over; what comes faster makes room for itself.
 */
const AT_ONCE = 8;
/** How many go because their source has too many, also where as many others go as may. */
const OF_SOURCES = 2;

interface Stranger {
  readonly source: string;
  readonly since: number;
  deadline: number;
  /** Names an admitted key, and has still to prove it. */
  named: boolean;
  group: string | undefined;
}

/**
 * The connections of whom nobody knows yet who they are: silent ones, handshakes, plain ones that no call was
 * admitted on, proven keys that are not on the whitelist. Pure: neither sockets nor clock.
 *
 * Nobody is turned away at the door, for whoever comes may be admitted once it has proven its key. Where there are
 * too many, the oldest of the source that has the most goes. A connection that has named an admitted key no longer
 * counts against its source, and goes only when there are no others: neighbours behind the same address cannot
 * crowd it out. Whoever names one falsely fails at once, for the proof comes with the name.
 */
export class Strangers<T> {
  /** In the order of arrival. */
  readonly #all = new Map<T, Stranger>();
  readonly #bySource = new Map<string, Set<T>>();
  /** Sources by how many they have. */
  readonly #levels: Set<string>[] = [new Set()];
  readonly #groups = new Map<string, Set<T>>();
  /** Those who have sent their beginning, and may go on. The others have no more than that. */
  readonly #speaking = new Set<T>();
  #most = 0;

  constructor(private readonly bounds: StrangerBounds) {}

  get size(): number {
    return this.#all.size;
  }

  has(visitor: T): boolean {
    return this.#all.has(visitor);
  }

  /** How many a source has that count against it. */
  of(source: string): number {
    return this.#bySource.get(source)?.size ?? 0;
  }

  /** @returns who has to make room. */
  enter(visitor: T, source: string, now: number): Eviction<T> | undefined {
    const deadline = now + this.bounds.lifeMs;
    this.#all.set(visitor, { source, since: now, deadline, named: false, group: undefined });
    this.#count(visitor, source);
    if (this.#all.size <= this.bounds.total) return undefined;
    return this.#evict(this.#whoMakesRoomFor(visitor), 'total');
  }

  /** It has sent its whole beginning: from now on what it sends is counted. */
  spoke(visitor: T): void {
    if (this.#all.has(visitor)) this.#speaking.add(visitor);
  }

  /** It names an admitted key, or has proven one that is not admitted. @returns an older one that goes for it. */
  ties(visitor: T, key: string, admitted: boolean): Eviction<T> | undefined {
    const stranger = this.#all.get(visitor);
    if (!stranger || stranger.group !== undefined) return undefined;
    // From elsewhere nobody crowds out the handshakes of an admitted key.
    stranger.group = admitted ? `${stranger.source} ${key}` : key;
    if (admitted) {
      stranger.named = true;
      this.#uncount(visitor, stranger.source);
    }
    const group = this.#groups.get(stranger.group) ?? new Set();
    this.#groups.set(stranger.group, group.add(visitor));
    if (group.size <= PER_KEY) return undefined;
    const [oldest] = group;
    return this.#evict(oldest!, 'key');
  }

  /** One that has spoken goes at this time at the latest. */
  until(visitor: T, deadline: number): void {
    const stranger = this.#all.get(visitor);
    if (stranger) stranger.deadline = Math.min(stranger.deadline, deadline);
  }

  /** It is somebody now, or gone. @returns its source, if it was here. */
  leave(visitor: T): string | undefined {
    const stranger = this.#all.get(visitor);
    if (!stranger) return undefined;
    this.#all.delete(visitor);
    this.#speaking.delete(visitor);
    if (!stranger.named) this.#uncount(visitor, stranger.source);
    const group = stranger.group === undefined ? undefined : this.#groups.get(stranger.group);
    group?.delete(visitor);
    if (group?.size === 0) this.#groups.delete(stranger.group!);
    return stranger.source;
  }

  /** Some of those whose time is over, who sent too much, or whose source has too many; they are gone from here. */
  overdue(now: number, bytesOf: (visitor: T) => number): Eviction<T>[] {
    const gone: Eviction<T>[] = [];
    for (const visitor of this.#speaking) {
      if (gone.length >= AT_ONCE) break;
      if (now >= this.#all.get(visitor)!.deadline) gone.push(this.#evict(visitor, 'time'));
      else if (bytesOf(visitor) > this.bounds.bytes) gone.push(this.#evict(visitor, 'bytes'));
    }
    // Thousands are silent, and all live equally long: nobody is looked at who came after one that may stay.
    for (const [visitor, { since }] of this.#all) {
      if (gone.length >= AT_ONCE || now - since < this.bounds.lifeMs) break;
      gone.push(this.#evict(visitor, 'time'));
    }
    const most = Math.max(AT_ONCE, gone.length + OF_SOURCES);
    for (const source of this.#levels.slice(this.bounds.perSource + 1).flatMap((level) => [...level])) {
      for (const visitor of this.#bySource.get(source)!) {
        if (gone.length >= most) return gone;
        if (this.of(source) <= this.bounds.perSource) break;
        if (now - this.#all.get(visitor)!.since >= GRACE_MS) gone.push(this.#evict(visitor, 'source'));
      }
    }
    return gone;
  }

  #whoMakesRoomFor(newest: T): T {
    const [heaviest] = this.#levels[this.#most]!;
    const [oldest] = this.#bySource.get(heaviest ?? '') ?? [];
    if (oldest !== undefined && oldest !== newest) return oldest;
    // All others have named an admitted key: the oldest has had the most time to prove it.
    const [first] = this.#all.keys();
    return first!;
  }

  #evict(visitor: T, reason: Reason): Eviction<T> {
    return { visitor, source: this.leave(visitor)!, reason };
  }

  #count(visitor: T, source: string): void {
    const own = this.#bySource.get(source) ?? new Set();
    this.#bySource.set(source, own);
    this.#levels[own.size]!.delete(source);
    own.add(visitor);
    (this.#levels[own.size] ??= new Set()).add(source);
    this.#most = Math.max(this.#most, own.size);
  }

  #uncount(visitor: T, source: string): void {
    const own = this.#bySource.get(source)!;
    this.#levels[own.size]!.delete(source);
    own.delete(visitor);
    if (own.size === 0) this.#bySource.delete(source);
    else this.#levels[own.size]!.add(source);
    while (this.#most > 0 && this.#levels[this.#most]!.size === 0) this.#most -= 1;
  }
}
