import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { PublicKey } from '#crypto';
import { BanyanError, codeOf } from '#errors';
import { fileError } from '#host';
import { CLIENT_FILE_SUFFIX, parseClientName } from './client-name.js';
import { KeysDirectory } from './directory.js';
import { withKeysLock } from './lock.js';

/**
 * Removes `<name>.pub`, durably: a revocation must not come undone by a power cut, nor by who writes files at the
 * same time.
 *
 * @returns the key that was in it; undefined when it held none.
 * @throws BanyanError `invalid` for a name that is none, `not-found`, or `host`.
 */
export async function removeClientFile(
  directory: string,
  ownKeys: readonly PublicKey[],
  clientName: string,
): Promise<PublicKey | undefined> {
  const name = parseClientName(clientName);
  const { files } = await new KeysDirectory(directory, ownKeys).read();
  const path = join(directory, name + CLIENT_FILE_SUFFIX);
  await withKeysLock(directory, async () => {
    try {
      await unlink(path);
      await syncDirectory(directory);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw fileError('remove', path, error);
      throw new BanyanError('not-found', `there is no client ${name}`, {
        remedy: '`banyan-engine list-clients` shows the clients there are.',
      });
    }
  });
  const file = files.find((candidate) => candidate.name === name);
  return file?.kind === 'key' ? file.publicKey : undefined;
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
