import { readFile, rm } from 'node:fs/promises';
import { PrivateKey } from '#crypto';
import { writeFileAtomic } from '#host';

/** What `init` does with the key pair. */
export type KeyChange = 'created' | 'rotated' | 'kept';

/**
 * Puts a new private key into the file that `wg_private_key_file` names, with the old one kept beside it
 * (`.previous`, 0600), and takes it back when what has to follow fails: a key file and a config that do not
 * belong together would stop the component.
 */
export async function withKeyFile<T>(path: string, key: PrivateKey, follow: () => Promise<T>): Promise<T> {
  const before = await readFile(path, 'utf8').catch(() => undefined);
  if (before !== undefined) await writeFileAtomic(`${path}.previous`, before, 0o600);
  await writeFileAtomic(path, `${key.reveal()}\n`, 0o600);
  try {
    return await follow();
  } catch (error) {
    if (before === undefined) await rm(path, { force: true });
    else await writeFileAtomic(path, before, 0o600);
    throw error;
  }
}
