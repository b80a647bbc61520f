import type { Entry } from '#whitelist';
import type { WhitelistSnapshot } from './snapshot.js';

/** Why somebody is admitted no more, by the name of the file; looked up only when it is asked. */
export function whyRevoked(snapshot: WhitelistSnapshot): (name: string) => string {
  let entries: ReadonlyMap<string, Entry> | undefined;
  return (name) => {
    entries ??= new Map(snapshot.entries().map((entry) => [entry.name, entry]));
    const entry = entries.get(name);
    if (entry === undefined) return 'its file is gone';
    if (entry.state === 'expired') return 'it has expired';
    return entry.state === 'admitted' ? 'its file holds another key now' : `its file is ${entry.state}`;
  };
}
