import type { EventName } from '#log';
import type { LinkCount } from '#protocol';

/** More than a person reads. */
const NAMED = 5;

/** What is to be said of the links of one agent, or of several. */
export interface LinkNews {
  readonly event: Extract<EventName, 'link.down' | 'link.up'>;
  /** Of the only one. */
  readonly name?: string;
  readonly sentence: string;
}

interface Change {
  readonly before: LinkCount;
  now: LinkCount;
}

/**
 * Merges what agents say of their links: one host that is gone is a link less for every other. Only what became of a
 * link counts; a peer that is new, or is no peer any more, changes how many are wanted.
 */
export class LinkCountChanges {
  /** By the name of the agent. */
  readonly #changes = new Map<string, Change>();

  /** @param before what it said last in this session; undefined: this is the first. */
  counted(name: string, before: LinkCount | undefined, now: LinkCount): void {
    if (!before) return;
    const change = this.#changes.get(name);
    if (change) change.now = now;
    else this.#changes.set(name, { before, now });
  }

  get isEmpty(): boolean {
    return this.#changes.size === 0;
  }

  /** What there is to say of all since the last time. */
  take(): LinkNews[] {
    const changes = [...this.#changes];
    this.#changes.clear();
    const isLess = ([, { before, now }]: [string, Change]): boolean =>
      now.up < before.up && missing(now) > missing(before);
    const isMore = ([, { before, now }]: [string, Change]): boolean =>
      now.up > before.up && missing(now) < missing(before);
    return [...newsOf('link.down', changes.filter(isLess)), ...newsOf('link.up', changes.filter(isMore))];
  }
}

function newsOf(event: LinkNews['event'], changes: readonly [string, Change][]): LinkNews[] {
  const [first] = changes;
  if (!first) return [];
  const shown = ({ now }: Change): string => `${now.up} of ${now.wanted}`;
  if (changes.length === 1) return [{ event, name: first[0], sentence: `${shown(first[1])} links up` }];
  const named = changes.slice(0, NAMED).map(([name, change]) => `${name} (${shown(change)})`);
  const more = changes.length - named.length;
  const others = more > 0 ? `, and ${more} more` : '';
  const what = event === 'link.down' ? 'fewer' : 'more';
  return [
    { event, sentence: `${changes.length} agents have ${what} links up: ${named.join(', ')}${others}` },
  ];
}

function missing({ up, wanted }: LinkCount): number {
  return wanted - up;
}
