import { join } from 'node:path';
import { lockFile } from '#host';

const PATIENCE_MS = 10_000;

/**
 * Runs `work` as the only one that adds to the directory, in this process or any: what was checked still holds
 * when the file is written. Waits for its turn, since configuration management adds several clients at once.
 */
export async function withKeysLock<T>(directory: string, work: () => Promise<T>): Promise<T> {
  const lock = await lockFile(join(directory, '.clients.lock'), directory, PATIENCE_MS);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}
