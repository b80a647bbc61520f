import { createHash } from 'node:crypto';
import { BanyanError } from '#errors';
import { checkTransaction } from '../store/transaction.js';

/*
 * A backup: what the engine's store held at one moment, as one JSON file that people can read. This folder is how
 * it is written, read, and put back. Not here: the whitelist and `banyan.yaml`, which are files of the operator's
 * and in no store, and the store's own file format.
 */

/** What is about engines at work and not about the network; it would be wrong at any other moment. */
export const OF_THE_MOMENT = 'engine/';

export interface Backup {
  /** When, as ISO 8601. */
  readonly madeAt: string;
  /** Version of Banyan. */
  readonly madeBy: string;
  readonly storeBackend: string;
  /** Sorted by key; without revisions, which mean nothing in another store. */
  readonly entries: readonly { readonly key: string; readonly value: string }[];
}

const FORMAT = 'banyan-backup';
const VERSION = 1;

export function encodeBackup(backup: Backup): string {
  const file = {
    format: FORMAT,
    version: VERSION,
    made_at: backup.madeAt,
    made_by: backup.madeBy,
    store_backend: backup.storeBackend,
    sha256: checksum(backup),
    entries: backup.entries.map(({ key, value }) => ({ key, value })),
  };
  return JSON.stringify(file, null, 2) + '\n';
}

/** @param path for messages. @throws BanyanError `invalid` for anything {@link encodeBackup} did not write. */
export function decodeBackup(text: string, path: string): Backup {
  const file = parse(text, path);
  if (file['format'] !== FORMAT) throw foreign(path);
  if (file['version'] !== VERSION) {
    throw new BanyanError(
      'invalid',
      `${path} is a backup of another format than this Banyan knows, ${VERSION}`,
      {
        remedy: 'Restore it with the version of Banyan that wrote it, or a later one.',
      },
    );
  }
  const { made_at: madeAt, made_by: madeBy, store_backend: storeBackend, sha256, entries } = file;
  if (!isText(madeAt) || !isText(madeBy) || !isText(storeBackend) || !areEntries(entries))
    throw damaged(path);
  const backup = { madeAt, madeBy, storeBackend, entries };
  if (sha256 !== checksum(backup) || !areStorable(backup)) throw damaged(path);
  return backup;
}

/** Whether a file, by its beginning, is one that {@link encodeBackup} wrote. */
export function looksLikeBackup(beginning: string): boolean {
  return new RegExp(`^\\s*\\{\\s*"format":\\s*"${FORMAT}"`).test(beginning);
}

function parse(text: string, path: string): Record<string, unknown> {
  try {
    const file: unknown = JSON.parse(text);
    if (typeof file === 'object' && file !== null) return file as Record<string, unknown>;
  } catch {
    // Without its cause, which repeats what it read.
    throw looksLikeBackup(text) ? damaged(path) : foreign(path);
  }
  throw foreign(path);
}

/** Of all that is meant, however it is laid out. */
function checksum({ madeAt, madeBy, storeBackend, entries }: Backup): string {
  const content = [VERSION, madeAt, madeBy, storeBackend, entries.map(({ key, value }) => [key, value])];
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function areEntries(value: unknown): value is Backup['entries'] {
  return (
    Array.isArray(value) &&
    value.every(
      (entry: unknown) =>
        typeof entry === 'object' &&
        entry !== null &&
        'key' in entry &&
        'value' in entry &&
        isText(entry.key) &&
        isText(entry.value),
    )
  );
}

/** Whether a store takes every entry, and none is of the moment. */
function areStorable({ entries }: Backup): boolean {
  const keys = new Set(entries.map(({ key }) => key));
  if (keys.size !== entries.length || [...keys].some((key) => key.startsWith(OF_THE_MOMENT))) return false;
  try {
    for (const { key, value } of entries) checkTransaction([], [{ kind: 'put', key, value }]);
    return true;
  } catch {
    return false;
  }
}

function foreign(path: string): BanyanError {
  return new BanyanError('invalid', `${path} is no backup of Banyan`, {
    remedy: 'Name a file that `banyan-engine backup` has written.',
  });
}

function damaged(path: string): BanyanError {
  return new BanyanError('invalid', `the backup ${path} is damaged: it was cut off or changed`, {
    remedy: 'Use another backup; nothing was restored.',
  });
}
