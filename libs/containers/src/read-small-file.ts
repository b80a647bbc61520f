import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { codeOf } from '#errors';
import { fileError } from '#host';

/**
 * A file that others write. Never waits, as reading a FIFO would.
 *
 * @param largest bytes.
 * @returns undefined for what is gone, is no plain file, or is larger.
 * @throws BanyanError `host` when it cannot be read.
 */
export async function readSmallFile(path: string, largest: number): Promise<string | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const status = await file.stat();
      return status.isFile() && status.size <= largest ? await file.readFile('utf8') : undefined;
    } finally {
      await file.close();
    }
  } catch (error) {
    // ENXIO: a socket.
    if (['ENOENT', 'ENXIO', 'ELOOP'].includes(codeOf(error) ?? '')) return undefined;
    throw fileError('read', path, error);
  }
}
