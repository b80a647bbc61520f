import type { ListedClient } from './client-table.js';
import { parseSince } from './since.js';

/** A whitelist, and since when it is known who was seen. */
export interface SeenClients {
  readonly clients: readonly ListedClient[];
  /** Milliseconds since the epoch. */
  readonly remembersSinceMs: number;
}

export interface Unseen {
  readonly clients: readonly ListedClient[];
  /** What is said when there is none; undefined for a whitelist. */
  readonly nobody?: string;
  /** What whoever clears out the whitelist by this must know. */
  readonly warning?: string;
}

/**
 * Clients that were not seen since then, or never.
 *
 * @param since as `--unseen` has it; undefined: all clients. @param now milliseconds since the epoch.
 * @throws UsageError
 */
export function unseen(
  { clients, remembersSinceMs }: SeenClients,
  since: string | undefined,
  now = Date.now(),
): Unseen {
  if (since === undefined) return { clients };
  const from = parseSince(since, now, 'unseen');
  const left = clients.filter(({ last_seen: seen }) => seen === null || seen < from);
  const nobody = 'Every client was seen since then.';
  if (remembersSinceMs <= Date.parse(from) || left.every(({ last_seen: seen }) => seen !== null))
    return { clients: left, nobody };
  const beginning = new Date(remembersSinceMs).toISOString().slice(0, 16).replace('T', ' ');
  return {
    clients: left,
    nobody,
    warning: `the engine remembers who was seen since ${beginning} (UTC) only: "never" means since then`,
  };
}
