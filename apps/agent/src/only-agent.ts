import { join } from 'node:path';
import { BanyanError } from '#errors';
import { lockFile, makeDirectory, type FileLock } from '#host';

/**
 * Two agents on one host would take `banyan-wg` from each other for ever.
 * Makes the run directory, which is not there before the first start after a boot.
 *
 * @throws BanyanError `conflict` while another one runs with this run directory.
 */
export async function onlyAgent(runDir: string): Promise<FileLock> {
  await makeDirectory(runDir, 0o755);
  const path = join(runDir, 'agent.lock');
  try {
    return await lockFile(path, 'the agent of this host');
  } catch (error) {
    if (!(error instanceof BanyanError) || error.kind !== 'conflict') throw error;
    throw new BanyanError('conflict', `another agent is running on this host and holds ${path}`, {
      remedy: 'See `banyan-agent status`; stop that one first, as with `systemctl stop banyan-agent`.',
      cause: error,
    });
  }
}
