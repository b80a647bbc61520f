import { shownDuration } from './duration.js';
import { table } from './table.js';

/** One entry of the whitelist, in JSON. */
export interface ListedClient {
  readonly name: string;
  readonly public_key: string | null;
  readonly tunnel_address: string | null;
  readonly state: string;
  /** Null when its file is invalid. */
  readonly role: string | null;
  /** Its last day, UTC. */
  readonly expires: string | null;
  readonly note: string | null;
  /** Why it is not admitted; null when it is. */
  readonly reason: string | null;
  /** ISO 8601, UTC; null when the engine does not remember that its key ever was. */
  readonly last_seen: string | null;
}

/** The wire has empty strings where JSON has null. */
export function listedClient(client: {
  readonly name: string;
  readonly publicKey?: string | undefined;
  readonly tunnelAddress?: string | undefined;
  readonly state: string;
  readonly role?: string | undefined;
  readonly expires?: string | undefined;
  readonly note?: string | undefined;
  readonly reason?: string | undefined;
  readonly lastSeenMs?: number | undefined;
}): ListedClient {
  return {
    name: client.name,
    public_key: client.publicKey || null,
    tunnel_address: client.tunnelAddress || null,
    state: client.state,
    role: client.role || null,
    expires: client.expires || null,
    note: client.note || null,
    reason: client.reason || null,
    last_seen: client.lastSeenMs ? new Date(client.lastSeenMs).toISOString() : null,
  };
}

/**
 * The whitelist for people; the columns are the fields of the JSON.
 *
 * @param nobody said of a list without anybody. @param now milliseconds since the epoch.
 */
export function clientTable(
  clients: readonly ListedClient[],
  nobody = 'No client is on the whitelist yet.',
  now = Date.now(),
): string {
  if (clients.length === 0) return nobody;
  return table(
    ['NAME', 'STATE', 'ROLE', 'SEEN', 'EXPIRES', 'TUNNEL ADDRESS', 'PUBLIC KEY', 'NOTE', 'REASON'],
    clients.map((client) => [
      client.name,
      client.state,
      client.role ?? '-',
      client.last_seen === null ? 'never' : `${shownDuration(now - Date.parse(client.last_seen))} ago`,
      client.expires ?? '-',
      client.tunnel_address ?? '-',
      client.public_key ?? '-',
      client.note ?? '',
      client.reason ?? '',
    ]),
  );
}
