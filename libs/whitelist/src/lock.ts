import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { withConfigLock } from '#config';
import { BanyanError } from '#errors';

const PATIENCE_MS = 10_000;

/**
 * Runs `work` as the only one that adds to the directory, in this process or any: what was checked still holds
 * when the file is written. Waits for its turn, since configuration management adds several clients at once.
 */
export async function withKeysLock<T>(directory: string, work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    let mine = false;
    try {
      return await withConfigLock(join(directory, '.clients'), () => {
        mine = true;
        return work();
      });
    } catch (error) {
      const busy = !mine && error instanceof BanyanError && error.kind === 'conflict';
      if (!busy || performance.now() > deadline) throw error;
    }
    await delay(5 + Math.random() * 20);
  }
}
