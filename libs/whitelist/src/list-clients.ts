import type { PublicKey } from '#crypto';
import { admit, type Entry } from './admit.js';
import { readAdmissionRecord } from './admission-record.js';
import { KeysDirectory } from './directory.js';

/**
 * What an engine that started now would admit; for commands that find none running. Changes nothing.
 *
 * @param recordPath the engine's record of first admissions.
 * @throws BanyanError `host` when the directory cannot be read.
 */
export async function listClients(
  directory: string,
  ownKeys: readonly PublicKey[],
  recordPath: string,
): Promise<{ readonly entries: readonly Entry[]; readonly warnings: readonly string[] }> {
  const [{ files, warnings }, { record }] = await Promise.all([
    new KeysDirectory(directory, ownKeys).read(),
    readAdmissionRecord(recordPath),
  ]);
  return { entries: admit(files, record).entries, warnings };
}
