import type { EventName } from '#log';

/** More than a person reads: when this host is cut off, all of its links go down. */
const NAMED = 10;

interface Link {
  readonly name: string;
  readonly publicKey: string;
  readonly up: boolean;
}

/** What is to be said of a link, or of several. */
export interface LinkNews {
  readonly event: Extract<EventName, 'link.down' | 'link.up'>;
  readonly name?: string;
  readonly sentence: string;
}

const SENTENCES = {
  'link.up': 'the link is up',
  'link.down': 'the link is down: no handshake for three minutes',
} as const;

/** Tells which links have come up or gone down from one look to the next. */
export class LinkChanges {
  /** Whether the link was up, by public key. */
  #seen: ReadonlyMap<string, boolean> = new Map();

  /** A link that was never up is not down: it is still to come. */
  look(links: readonly Link[]): LinkNews[] {
    const before = this.#seen;
    this.#seen = new Map(links.map(({ publicKey, up }) => [publicKey, up]));
    return [
      ...newsOf(
        'link.down',
        links.filter(({ publicKey, up }) => !up && before.get(publicKey) === true),
      ),
      ...newsOf(
        'link.up',
        links.filter(({ publicKey, up }) => up && before.get(publicKey) !== true),
      ),
    ];
  }
}

function newsOf(event: LinkNews['event'], links: readonly Link[]): LinkNews[] {
  const news: LinkNews[] = links
    .slice(0, NAMED)
    .map(({ name }) => ({ event, name, sentence: SENTENCES[event] }));
  const more = links.length - news.length;
  if (more > 0) news.push({ event, sentence: `and ${more} more` });
  return news;
}
