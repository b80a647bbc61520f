import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BanyanError } from '#errors';
import { lockFile, type FileLock } from '#host';

const PATIENCE_MS = 10_000;

/**
 * Runs `work` as the only one that adds to the directory, in this process or any: what was checked still holds
 * when the file is written. Waits for its turn, since configuration management adds several clients at once.
 */
export async function withKeysLock<T>(directory: string, work: () => Promise<T>): Promise<T> {
  const lock = await turn(directory);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

async function turn(directory: string): Promise<FileLock> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await lockFile(join(directory, '.clients.lock'), directory);
    } catch (error) {
      const busy = error instanceof BanyanError && error.kind === 'conflict';
      if (!busy || performance.now() > deadline) throw error;
    }
    await delay(5 + Math.random() * 20);
  }
}
