import { readFile, rm } from 'node:fs/promises';
import { PrivateKey } from '#crypto';
import { BanyanError, codeOf } from '#errors';
import { fileError, writeFileAtomic } from '#host';
import { isExposed, readPrivateFile } from './private-file.js';

/**
 * The private key in the file that `wg_private_key_file` names: base64 on one line, as `wg genkey` prints it.
 *
 * @returns undefined when there is no such file.
 * @throws BanyanError `host` when others can read it: a config is tightened, but a key that was lying open
 *   in a file of the operator's own making is theirs to judge.
 */
export async function readKeyFile(path: string): Promise<PrivateKey | undefined> {
  const file = await readPrivateFile(path, false);
  if (file === undefined) return undefined;
  if (isExposed(file.mode)) {
    throw new BanyanError(
      'host',
      `the private key file ${path} is open to other users (mode ${file.mode.toString(8)})`,
      {
        remedy: `chmod 600 ${path}, and make a new key with \`init\` if anybody may have read it.`,
      },
    );
  }
  return PrivateKey.parse(file.text.trim(), `The content of ${path}`);
}

/**
 * Puts a new private key into the file that `wg_private_key_file` names, with the old one kept beside it
 * (`.previous`, 0600), and takes it back when what has to follow fails: a key file and a config that do not
 * belong together would stop the component.
 *
 * @throws BanyanError `host` when it is there and cannot be read, or cannot be written; it is as it was then.
 */
export async function withKeyFile<T>(path: string, key: PrivateKey, follow: () => Promise<T>): Promise<T> {
  const before = await readFile(path, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw fileError('read', path, error);
  });
  if (before !== undefined) await writeFileAtomic(`${path}.previous`, before, 0o600, path);
  await writeFileAtomic(path, `${key.reveal()}\n`, 0o600, path);
  try {
    return await follow();
  } catch (error) {
    if (before === undefined) await rm(path, { force: true });
    else await writeFileAtomic(path, before, 0o600, path);
    throw error;
  }
}
