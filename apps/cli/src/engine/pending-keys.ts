import type { PendingKey } from '#protocol';
import { shownDuration } from '../duration.js';
import { facts } from '../table.js';

/** A key that waits to be let in, in JSON. */
export interface ListedKey {
  readonly fingerprint: string;
  readonly public_key: string;
  /** ISO 8601, UTC. */
  readonly first_seen: string;
  readonly last_seen: string;
  /** Calls that were refused. */
  readonly times: number;
  /** Where it called from last. */
  readonly address: string;
  readonly channel: string;
  /** What it called for; null when that does not tell. */
  readonly role: string | null;
  /** The name it had until it was revoked. */
  readonly former_name: string | null;
  /** The command that admits it, with NAME to fill in. */
  readonly add_client: string;
}

export function pendingKey(key: PendingKey): ListedKey {
  const asRole = key.role === '' ? '' : ` --role ${key.role}`;
  return {
    fingerprint: key.fingerprint,
    public_key: key.publicKey,
    first_seen: new Date(key.firstSeenMs).toISOString(),
    last_seen: new Date(key.lastSeenMs).toISOString(),
    times: key.times,
    address: key.address,
    channel: key.channel,
    role: key.role || null,
    former_name: key.formerName || null,
    add_client: `sudo banyan-engine add-client --name NAME --pubkey '${key.publicKey}'${asRole}`,
  };
}

/** A block for each key: the command in it is there to be copied. @param now milliseconds since the epoch. */
export function pendingText(keys: readonly ListedKey[], now = Date.now()): string {
  if (keys.length === 0) return 'No key that is not on the whitelist has called since the engine started.';
  const ago = (time: string): string => `${shownDuration(now - Date.parse(time))} ago`;
  const blocks = keys.map((key) =>
    facts([
      ['key', key.fingerprint],
      ...(key.former_name === null ? [] : [['beware', `was ${key.former_name}, revoked`] as const]),
      ['seen', `${ago(key.last_seen)}, first ${ago(key.first_seen)}, ${times(key.times)}`],
      ['from', `${key.address} (${key.channel})`],
      ['to admit', key.add_client],
    ]),
  );
  return blocks.join('\n\n');
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
