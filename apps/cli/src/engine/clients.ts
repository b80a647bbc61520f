import { join } from 'node:path';
import type { EngineSettings } from '#config';
import { tunnelAddress, PublicKey } from '#crypto';
import { BanyanError } from '#errors';
import { receiptText } from '../../../engine/src/network/receipt.js';
import {
  addClientFile,
  askedTerms,
  DEFAULT_TERMS,
  listClients,
  parseClientName,
  readAdmissionRecord,
  removeClientFile,
  seenTimePath,
  systemClock,
  type AskedTerms,
} from '#whitelist';
import { lastSeenPath, readLastSeen } from '../../../engine/src/seen/last-seen-file.js';
import { listedClient } from '../client-table.js';
import { shownDuration } from '../duration.js';
import type { SeenClients } from '../unseen.js';
import { UsageError } from '../usage-error.js';
import type { RunningEngine } from './admin-socket.js';

/** The whitelist as commands change it: through the engine when it runs, else in its files. */

export interface AddRequest extends AskedTerms {
  readonly name: string;
  readonly pubkey: string;
  readonly replace: boolean;
  /** Fingerprint of the engine that the client was told of. */
  readonly engine?: string | undefined;
  readonly waits: boolean;
}

export interface Added {
  readonly name: string;
  readonly public_key: string;
  readonly fingerprint: string;
  readonly tunnel_address: string;
  readonly path: string;
}

/** @throws UsageError for a name, key, fingerprint or terms that are none; BanyanError `conflict` with reason and remedy. */
export async function addClient(
  settings: EngineSettings,
  engine: RunningEngine | undefined,
  { name, pubkey, replace, engine: fingerprint, waits, role, expires, note }: AddRequest,
): Promise<Added> {
  const own = settings.privateKey.publicKey;
  if (fingerprint !== undefined && fingerprint !== own.fingerprint) {
    throw new BanyanError(
      'conflict',
      `${fingerprint} is not the key of this engine, which is ${own.fingerprint}`,
      {
        remedy: `Find out which engine the client was told of; for this one it needs \`init --keep --engine-wg-public-key '${own.text}'\`.`,
      },
    );
  }
  // Before anything is written: with half of the request done, trying again would be a conflict.
  if (waits && engine === undefined) {
    throw new BanyanError('unavailable', 'nobody can connect: no engine is running here', {
      remedy: 'sudo systemctl start banyan-engine, or leave out --wait.',
    });
  }
  const key = asUsage(() => PublicKey.parse(pubkey, '--pubkey'));
  asUsage(() => parseClientName(name));
  asUsage(() => askedTerms({ role, expires, note }, DEFAULT_TERMS, Date.now()));
  const request = { name, publicKey: key.text, replace, role, expires, note };
  const { path } =
    engine === undefined
      ? await addClientFile(settings.whitelistedKeysDir, ownKeys(settings), request, Date.now())
      : await engine.call('addClient', request);
  return {
    name,
    public_key: key.text,
    fingerprint: key.fingerprint,
    tunnel_address: tunnelAddress(key),
    path,
  };
}

/** @throws BanyanError `unavailable` when the client has not connected in time; it stays on the whitelist. */
export async function awaitClient(
  engine: RunningEngine,
  name: string,
  timeoutMs: number,
): Promise<{ channel: string; afterMs: number; phrase: string }> {
  // The engine answers at its own deadline; the call's is later.
  const answer = await engine.call('awaitClient', { name, timeoutMs }, timeoutMs + 5_000);
  if (!answer.connected) {
    throw new BanyanError(
      'unavailable',
      `${name} is on the whitelist but has not connected within ${shownDuration(timeoutMs)}`,
      {
        remedy: `On ${name}: \`banyan-agent status\` says why.`,
      },
    );
  }
  const { channel, elapsedMs: afterMs } = answer;
  const by = channel === 'direct' ? 'directly' : `by ${channel}`;
  return { channel, afterMs, phrase: `${by} after ${shownDuration(afterMs)}` };
}

export interface Removed {
  readonly name: string;
  /** Null when the file held no usable key. */
  readonly public_key: string | null;
  readonly fingerprint: string | null;
  /** Its last day, when the key had expired already. */
  readonly expired: string | null;
  /** Who has the key still, when the file was only a copy. */
  readonly copy_of: string | null;
  /** Null without a running engine. */
  readonly connections_closed: number | null;
  /** Agents that have taken the key out of their network. */
  readonly applied: readonly string[];
  /** Agents that have not yet; those of them that are offline do so on their return. */
  readonly pending: readonly string[];
  readonly offline: readonly string[];
  /** Why, by name, of those of the pending that have answered. */
  readonly refused: Readonly<Record<string, string>>;
  /** The network has the key still, and nobody can have taken it out. */
  readonly published: boolean;
  /** Until all online agents had, or the end of the wait. */
  readonly milliseconds: number;
}

/**
 * @param waitMs for agents that have the key in their network.
 * @throws BanyanError `not-found` when there is no such client.
 */
export async function removeClient(
  settings: EngineSettings,
  engine: RunningEngine | undefined,
  name: string,
  waitMs: number,
): Promise<Removed> {
  asUsage(() => parseClientName(name));
  if (engine === undefined) {
    const listed = (await clients(settings, engine)).clients.find((client) => client.name === name);
    const { record } = await readAdmissionRecord(admissionsPath(settings));
    const { file, copyOf } = await removeClientFile(
      settings.whitelistedKeysDir,
      ownKeys(settings),
      name,
      record,
    );
    return {
      name,
      public_key: file?.publicKey.text ?? null,
      fingerprint: file?.publicKey.fingerprint ?? null,
      expired: listed?.state === 'expired' ? listed.expires : null,
      copy_of: copyOf ?? null,
      connections_closed: null,
      ...{ applied: [], pending: [], offline: [], refused: {}, published: false, milliseconds: 0 },
    };
  }
  // The engine answers at its own deadline; the call's is later.
  const answer = await engine.call('removeClient', { name, waitMs }, waitMs + 10_000);
  const key = PublicKey.tryParse(answer.publicKey);
  return {
    name,
    public_key: key?.text ?? null,
    fingerprint: key?.fingerprint ?? null,
    expired: answer.expired || null,
    copy_of: answer.copyOf || null,
    connections_closed: answer.connectionsClosed,
    applied: answer.applied,
    pending: [...answer.pending, ...answer.offline].sort(),
    offline: answer.offline,
    refused: Object.fromEntries(answer.refused.map(({ name: one, why }) => [one, why])),
    published: answer.published,
    milliseconds: answer.elapsedMs,
  };
}

/** What became of the key, for people. */
export function removalOf({ name, fingerprint, expired, copy_of: copyOf }: Removed): string {
  if (copyOf !== null)
    return `${name} is removed, which was a copy: ${fingerprint} is not revoked and stays the key of ${copyOf}`;
  if (expired !== null)
    return `${name} is removed: ${fingerprint}, which had expired at the end of ${expired} (UTC)`;
  return `${name} is revoked: ${fingerprint ?? 'its file held no usable key'}`;
}

/** Online agents that have not acknowledged. */
export function unanswered({ pending, offline }: Removed): string[] {
  return pending.filter((name) => !offline.includes(name));
}

/** The answer of the network, for people. */
export function receiptOf(removed: Removed): string {
  const { name, applied, offline, published, milliseconds } = removed;
  const refused = Object.entries(removed.refused).map(([one, why]) => ({ name: one, why }));
  const pending = unanswered(removed);
  if (!published && applied.length + pending.length + offline.length === 0)
    return `revoked ${name}: it was in no agent's network`;
  return `revoked ${name}: ${receiptText({ applied, pending, offline, refused, published, milliseconds })}`;
}

/** Every `.pub` file of the directory, admitted or not; and what is wrong with the directory itself. */
export async function clients(
  settings: EngineSettings,
  engine: RunningEngine | undefined,
): Promise<SeenClients & { directoryError: string; warnings: readonly string[] }> {
  if (engine !== undefined) {
    const { clients, ...rest } = await engine.call('listClients', {});
    return { clients: clients.map(listedClient), ...rest };
  }
  // What an engine wrote when it stopped; one that is damaged is for the engine to tell of.
  const known = await readLastSeen(lastSeenPath(settings.stateDir)).catch(() => undefined);
  const { entries, warnings } = await listClients(
    settings.whitelistedKeysDir,
    ownKeys(settings),
    {
      admissions: admissionsPath(settings),
      seenTime: seenTimePath(settings.stateDir),
    },
    systemClock,
  );
  return {
    clients: entries.map((entry) => {
      const publicKey = entry.publicKey?.text;
      return listedClient({ ...entry, publicKey, lastSeenMs: known?.seen.get(publicKey ?? '') });
    }),
    remembersSinceMs: Math.min(known?.sinceMs ?? Infinity, Date.now()),
    directoryError: '',
    warnings,
  };
}

function admissionsPath(settings: EngineSettings): string {
  return join(settings.stateDir, 'first-admissions.json');
}

function ownKeys(settings: EngineSettings): readonly PublicKey[] {
  return [settings.privateKey.publicKey, ...settings.formerPublicKeys];
}

function asUsage<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof BanyanError)) throw error;
    throw new UsageError(error.message, error.remedy ?? 'banyan-engine --help');
  }
}
