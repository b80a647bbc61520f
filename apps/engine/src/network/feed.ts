import type { NetworkPeer } from '#protocol';

/** What became another between two revisions. */
export interface Difference {
  /** New, or to be replaced as a whole. */
  readonly changed: readonly NetworkPeer[];
  /** Public keys of those that are no peers any more. */
  readonly removed: readonly string[];
}

interface Published {
  readonly peer: NetworkPeer;
  /** Of its last change. */
  readonly revision: number;
}

/** Removals remembered; a reader that is further behind is sent everything. */
const REMOVALS = 1_000;

/**
 * The network as it is published: peers by key, and what changed since any earlier revision. A reader keeps
 * one number, the revision it was told last; nothing is queued for it.
 */
export class NetworkFeed {
  #revision: number;
  #peers: readonly NetworkPeer[] = [];
  readonly #published = new Map<string, Published>();
  /** In the order of removal: revision of the removal by key. */
  readonly #removed = new Map<string, number>();
  /** Of the newest removal that is no longer remembered. */
  #forgotten: number;
  /** Differences to the newest revision, by base: readers are nearly all at the same one. */
  readonly #differences = new Map<number, Difference>();

  /** @param first revisions count on from here; above those of every earlier feed of the same store. */
  constructor(first: number) {
    this.#revision = first;
    this.#forgotten = first;
  }

  get revision(): number {
    return this.#revision;
  }

  /** The newest peers, by name. The array is replaced, never changed. */
  get peers(): readonly NetworkPeer[] {
    return this.#peers;
  }

  has(publicKey: string): boolean {
    return this.#published.has(publicKey);
  }

  /**
   * Makes these the peers. All that differs becomes one new revision.
   *
   * @param revoked public keys to be told as removed also when they were no peers: an agent that holds the network
   *   of another store may have them.
   * @returns whether anything differed.
   */
  publish(peers: readonly NetworkPeer[], revoked: Iterable<string> = []): boolean {
    const next = this.#revision + 1;
    const keys = new Set<string>();
    let differs = false;
    for (const peer of peers) {
      keys.add(peer.publicKey);
      if (isSame(this.#published.get(peer.publicKey)?.peer, peer)) continue;
      differs = true;
      this.#published.set(peer.publicKey, { peer, revision: next });
      this.#removed.delete(peer.publicKey);
    }
    for (const key of this.#published.keys()) {
      if (keys.has(key)) continue;
      differs = true;
      this.#published.delete(key);
      this.#removed.set(key, next);
    }
    for (const key of revoked) {
      if (keys.has(key) || this.#removed.get(key) === next) continue;
      differs = true;
      this.#removed.delete(key);
      this.#removed.set(key, next);
    }
    if (!differs) return false;
    this.#forget();
    this.#peers = [...peers].sort((a, b) => (a.name < b.name ? -1 : 1));
    this.touch();
    return true;
  }

  /** A new revision with the same peers: something about the network as such became another. */
  touch(): void {
    this.#revision += 1;
    this.#differences.clear();
  }

  /** What changed after `base`; undefined when too much was forgotten since, or there never was such a revision. */
  since(base: number): Difference | undefined {
    if (base < this.#forgotten || base > this.#revision) return undefined;
    const known = this.#differences.get(base);
    if (known) return known;
    const newer = ([, { revision }]: [string, { revision: number }]): boolean => revision > base;
    const difference = {
      changed: [...this.#published].filter(newer).map(([, { peer }]) => peer),
      removed: [...this.#removed].filter(([, revision]) => revision > base).map(([key]) => key),
    };
    this.#differences.set(base, difference);
    return difference;
  }

  #forget(): void {
    for (const [key, revision] of this.#removed) {
      if (this.#removed.size <= REMOVALS) return;
      this.#removed.delete(key);
      this.#forgotten = Math.max(this.#forgotten, revision);
    }
  }
}

function isSame(a: NetworkPeer | undefined, b: NetworkPeer): boolean {
  return (
    a !== undefined &&
    a.name === b.name &&
    a.subnet === b.subnet &&
    a.host === b.host &&
    a.atEngine === b.atEngine &&
    a.port === b.port &&
    a.endpointRevision === b.endpointRevision
  );
}
