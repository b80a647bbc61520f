import { log, type EventName } from '#log';
import { DEFAULT_TERMS, sameTerms, termsText, type Client, type ClientFile, type Entry } from '#whitelist';
import type { WhitelistChange, WhitelistSnapshot } from './snapshot.js';
import { whyRevoked } from './why-revoked.js';

/** More lines than this about one reading are counted instead: ten thousand files can change at once. */
const MAX_LINES = 20;

/** What the whitelist says of itself: names and fingerprints, never what a file holds. */
export class Announcements {
  /** What was last said about a file that is not admitted, by its name. */
  #said = new Map<string, string>();
  #expiries: readonly string[] = [];
  #clock: string | undefined;

  change(change: WhitelistChange, snapshot: WhitelistSnapshot): void {
    const why = whyRevoked(snapshot);
    this.#lines('client.admitted', change.admitted, 'admitted', (client) => {
      const terms = sameTerms(client, DEFAULT_TERMS) ? '' : `: ${termsText(client)}`;
      return [client.name, `admitted ${described(client)}${terms}`];
    });
    this.#lines('client.renamed', change.renamed, 'renamed', ({ from, client }) => {
      return [client.name, `renamed from ${from}, ${described(client)}`];
    });
    this.#lines('key.rotated', change.rotated, 'rotated', ({ before, client }) => {
      return [client.name, `rotated ${before.publicKey.fingerprint} → ${client.publicKey.fingerprint}`];
    });
    this.#lines('client.changed', change.changed, 'changed', ({ client }) => {
      return [client.name, `changed ${described(client)}: ${termsText(client)}`];
    });
    this.#lines('client.revoked', change.revoked, 'revoked', (client) => {
      return [client.name, `revoked ${described(client)}: ${why(client.name)}`];
    });
  }

  /** Says what is new of who can write to the directory and should not. */
  doors(before: readonly string[], now: readonly string[]): void {
    for (const warning of now) if (!before.includes(warning)) log.say('security.weakened', warning);
    if (before.length > 0 && now.length === 0) {
      log.say('security.mended', 'nobody but root and the engine can write to the keys directory any more');
    }
  }

  /** Says what is new: each of them once a day, for their text is another then. */
  expiries(warnings: readonly string[]): void {
    const news = warnings.filter((warning) => !this.#expiries.includes(warning));
    this.#expiries = warnings;
    this.#lines('client.expires_soon', news, 'that expire soon', (warning) => ['', warning]);
  }

  clock(warning: string | undefined): void {
    if (warning === this.#clock) return;
    this.#clock = warning;
    if (warning === undefined) log.say('clock.believed', 'the clock of this host is believed again');
    else log.say('clock.doubted', warning);
  }

  /** Says once for each content of a file why it is not admitted. `files` is what `entries` was made from. */
  refusals(entries: readonly Entry[], files: readonly ClientFile[]): void {
    const saying = new Map<string, string>();
    const news: Entry[] = [];
    for (const [index, entry] of entries.entries()) {
      if (entry.state === 'admitted') continue;
      const file = files[index];
      const content = file?.kind === 'bad' ? file.content : (entry.publicKey?.text ?? '');
      const saidOf = `${entry.reason} ${content}`;
      saying.set(entry.name, saidOf);
      if (this.#said.get(entry.name) !== saidOf) news.push(entry);
    }
    this.#said = saying;
    this.#lines('client.not_admitted', news, 'not admitted', ({ name, state, reason }) => {
      return [name, `${name}.pub is not admitted (${state}): ${reason}`];
    });
  }

  #lines<T>(
    event: EventName,
    items: readonly T[],
    what: string,
    line: (item: T) => readonly [name: string, sentence: string],
  ): void {
    for (const item of items.slice(0, MAX_LINES)) {
      const [name, sentence] = line(item);
      log.say(event, sentence, { name });
    }
    const more = items.length - MAX_LINES;
    if (more > 0) log.say(event, `${more} more ${what}; \`banyan-engine list-clients\` shows all`);
  }
}

function described({ publicKey, tunnelAddress }: Client): string {
  return `(${publicKey.fingerprint}, ${tunnelAddress})`;
}
