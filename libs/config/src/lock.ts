import { dirname } from 'node:path';
import { lockFile, makeDirectory } from '#host';

/**
 * Runs `work` as the only one to change the config at `path`. The lock is `<path>.lock`; one left by a
 * process that is gone is taken over.
 *
 * @param patienceMs as for `lockFile`.
 * @throws BanyanError `conflict` when another process holds it; `host` when the directory cannot be written.
 */
export async function withConfigLock<T>(path: string, work: () => Promise<T>, patienceMs = 0): Promise<T> {
  await makeDirectory(dirname(path), 0o700);
  const lock = await lockFile(`${path}.lock`, path, patienceMs);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}
