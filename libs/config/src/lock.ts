import { dirname } from 'node:path';
import { lockFile, makeDirectory } from '#host';

/**
 * Runs `work` as the only one to change the config at `path`. The lock is `<path>.lock`; one left by a
 * process that is gone is taken over.
 *
 * @throws BanyanError `conflict` at once when another process holds it; `host` when the directory cannot be
 *   written.
 */
export async function withConfigLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  await makeDirectory(dirname(path), 0o700);
  const lock = await lockFile(`${path}.lock`, path);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}
