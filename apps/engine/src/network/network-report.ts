import type { Link, LinkCount, LinkReport, SyncAck } from '#protocol';

/** Of a text that an agent sends and people read. */
const MAX_TEXT = 512;

/** What an agent says of the network on its host. It is the agent's word, shown as such, and decides nothing. */
export class NetworkReport {
  #ack: SyncAck | undefined;
  #count: LinkCount = { up: 0, wanted: 0 };
  #links: readonly Link[] = [];
  #linksAtMs = 0;
  #wantsLinks = false;
  readonly #waiting = new Set<() => void>();

  /** @param storeId of this engine: revisions of another store are none of ours. */
  constructor(private readonly storeId: string) {}

  /** The newest revision that it has applied; 0: none of this store. */
  get appliedRevision(): number {
    return this.#ack?.storeId === this.storeId ? this.#ack.revision : 0;
  }

  /** Why it did not apply a newer one; empty when it did. */
  get refused(): string {
    return this.#ack?.refused ?? '';
  }

  /** It keeps the network of another store until an operator confirms this one. */
  get held(): boolean {
    return this.#ack?.held ?? false;
  }

  get count(): LinkCount {
    return this.#count;
  }

  get links(): readonly Link[] {
    return this.#links;
  }

  /** When the links were reported, by our clock; 0: never. */
  get linksAtMs(): number {
    return this.#linksAtMs;
  }

  /**
   * One that holds may well know a later revision: this store went back in time. It then has none of ours.
   *
   * @param sent the newest revision this agent was sent.
   * @returns false for one from the future that was applied, which is not believed.
   */
  acknowledged(ack: SyncAck, sent: number): boolean {
    const isLater = ack.storeId === this.storeId && ack.revision > sent;
    if (isLater && !ack.held) return false;
    this.#ack = { ...ack, revision: isLater ? 0 : ack.revision, refused: asciiText(ack.refused) };
    return true;
  }

  counted({ up, wanted }: LinkCount): void {
    this.#count = { up: Math.min(up, wanted), wanted };
  }

  /**
   * One that nobody wanted of this agent alone was asked for by somebody who watches them all, and is not kept; nor is
   * one that leaves links out.
   *
   * @param isPeer whether there is a peer of this key: links to nobody do not count.
   * @returns what is left of it.
   */
  reported({ links, leftOut }: LinkReport, isPeer: (publicKey: string) => boolean): LinkReport {
    const byKey = new Map(
      links.filter(({ publicKey }) => isPeer(publicKey)).map((link) => [link.publicKey, link]),
    );
    const ofPeers = Array.from(byKey.values(), (link) => ({ ...link, endpoint: asciiText(link.endpoint) }));
    if (leftOut === 0 && this.#wantsLinks) {
      this.#wantsLinks = false;
      this.#links = ofPeers;
      this.#linksAtMs = Date.now();
      for (const settle of this.#waiting) settle();
    }
    return { links: ofPeers, leftOut };
  }

  /** Keeps the next report, however late, and settles with it, or after `limitMs` without one. */
  nextLinks(limitMs: number): Promise<void> {
    this.#wantsLinks = true;
    return new Promise((resolve) => {
      const settle = (): void => {
        clearTimeout(limit);
        this.#waiting.delete(settle);
        resolve();
      };
      const limit = setTimeout(settle, limitMs);
      this.#waiting.add(settle);
    });
  }
}

/** What may reach a terminal or a log line: ASCII, cut short, with `?` for the rest. */
export function asciiText(text: string): string {
  return text.slice(0, MAX_TEXT).replace(/[^\x20-\x7e]/g, '?');
}
