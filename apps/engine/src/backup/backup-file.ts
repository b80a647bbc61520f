import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { BanyanError, codeOf } from '#errors';
import { fileError, writeFileAtomic } from '#host';
import { decodeBackup, encodeBackup, looksLikeBackup, type Backup } from './backup.js';

/** Ten thousand agents make some ten megabytes. */
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * Writes a backup, whole or not at all, for its owner alone. One that is there is replaced, another file is not.
 *
 * @throws BanyanError `conflict` when something else is there; `host` when it cannot be written.
 */
export async function writeBackup(path: string, backup: Backup): Promise<void> {
  const there = await read(path, 200);
  if (there !== undefined && there !== '' && !looksLikeBackup(there)) {
    throw new BanyanError('conflict', `${path} exists and is no backup`, { remedy: 'Use another name.' });
  }
  await writeFileAtomic(path, encodeBackup(backup));
}

/** @throws BanyanError `not-found`; `invalid` for what is no whole backup; `host` when it cannot be read. */
export async function readBackup(path: string): Promise<Backup> {
  const text = await read(path, MAX_BYTES);
  if (text !== undefined) return decodeBackup(text, path);
  throw new BanyanError('not-found', `${path} does not exist`, { remedy: 'Check the path.' });
}

/** @returns at most so many bytes; undefined when there is no such file. */
async function read(path: string, limit: number): Promise<string | undefined> {
  try {
    // Non-blocking: a FIFO would otherwise wait for somebody to write.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = await file.stat();
      if (!stat.isFile() || stat.size > MAX_BYTES) {
        throw new BanyanError('invalid', `${path} is not a plain file of sensible size`, {
          remedy: 'Use another path.',
        });
      }
      const size = Math.min(stat.size, limit);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size), 0, size, 0);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error instanceof BanyanError ? error : fileError('read', path, error);
  }
}
