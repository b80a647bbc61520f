import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { PublicKey } from '#crypto';
import { BanyanError, codeOf } from '#errors';
import { fileError } from '#host';
import { CLIENT_FILE_SUFFIX, parseClientName, type ClientName } from './client-name.js';
import { KeysDirectory, type KeyFile } from './directory.js';
import { withKeysLock } from './lock.js';

/**
 * Removes `<name>.pub`, durably: a revocation must not come undone by a power cut, nor by who writes files at the
 * same time.
 *
 * @returns what was in it when it was removed, which a rotation may have put there just before; undefined when it
 *   held no key.
 * @throws BanyanError `invalid` for a name that is none, `not-found`, or `host`.
 */
export async function removeClientFile(
  directory: string,
  ownKeys: readonly PublicKey[],
  clientName: string,
): Promise<KeyFile | undefined> {
  const name = parseClientName(clientName);
  const keys = new KeysDirectory(directory, ownKeys);
  // Says that the directory is missing before a lock would create it.
  await keys.read();
  const removal = (): Promise<KeyFile | undefined> => remove(keys, name);
  return withKeysLock(directory, removal).catch((error: unknown) => {
    if (isFull(error)) return removal();
    throw error;
  });
}

async function remove(keys: KeysDirectory, name: ClientName): Promise<KeyFile | undefined> {
  const { files } = await keys.read();
  const path = join(keys.path, name + CLIENT_FILE_SUFFIX);
  try {
    await unlink(path);
    await syncDirectory(keys.path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw fileError('remove', path, error);
    throw new BanyanError('not-found', `there is no client ${name}`, {
      remedy: '`banyan-engine list-clients` shows the clients there are.',
    });
  }
  const file = files.find((candidate) => candidate.name === name);
  return file?.kind === 'key' ? file : undefined;
}

/** Where no lock can be written no file of a client can be, and a full disk must not keep anybody in. */
function isFull(error: unknown): boolean {
  const code = error instanceof BanyanError ? codeOf(error.cause) : undefined;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
