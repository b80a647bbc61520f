import type { Logger } from '@nestjs/common';
import type { Client, ClientFile, Entry } from '#whitelist';
import type { WhitelistChange, WhitelistSnapshot } from './snapshot.js';

/** More lines than this about one reading are counted instead: ten thousand files can change at once. */
const MAX_LINES = 20;

/** The whitelist's log lines: names and fingerprints, never what a file holds. */
export class Announcements {
  /** What was last said about a file that is not admitted, by its name. */
  #said = new Map<string, string>();

  constructor(private readonly log: Logger) {}

  change(change: WhitelistChange, snapshot: WhitelistSnapshot): void {
    const states = new Map(
      change.revoked.length > 0 ? snapshot.entries().map((entry) => [entry.name, entry]) : [],
    );
    this.#lines('log', change.admitted, 'admitted', (client) => `admitted ${described(client)}`);
    this.#lines(
      'log',
      change.renamed,
      'renamed',
      ({ from, client }) => `renamed ${from} to ${described(client)}`,
    );
    this.#lines('log', change.rotated, 'rotated', ({ before, client }) => {
      return `rotated ${client.name}: ${before.publicKey.fingerprint} → ${client.publicKey.fingerprint}`;
    });
    this.#lines('warn', change.revoked, 'revoked', (client) => {
      return `revoked ${described(client)}: ${whyRevoked(states.get(client.name))}`;
    });
  }

  /** Says what is new of who can write to the directory and should not. */
  doors(before: readonly string[], now: readonly string[]): void {
    for (const warning of now) if (!before.includes(warning)) this.log.warn(warning);
    if (before.length > 0 && now.length === 0) {
      this.log.log('nobody but root and the engine can write to the keys directory any more');
    }
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
    this.#lines('warn', news, 'not admitted', ({ name, state, reason }) => {
      return `${name}.pub is not admitted (${state}): ${reason}`;
    });
  }

  #lines<T>(level: 'log' | 'warn', items: readonly T[], what: string, line: (item: T) => string): void {
    for (const item of items.slice(0, MAX_LINES)) this.log[level](line(item));
    const more = items.length - MAX_LINES;
    if (more > 0) this.log[level](`${more} more ${what}; \`banyan-engine list-clients\` shows all`);
  }
}

function described({ name, publicKey, tunnelAddress }: Client): string {
  return `${name} (${publicKey.fingerprint}, ${tunnelAddress})`;
}

function whyRevoked(entry: Entry | undefined): string {
  if (entry === undefined) return 'its file is gone';
  return entry.state === 'admitted' ? 'its file holds another key now' : `its file is ${entry.state}`;
}
