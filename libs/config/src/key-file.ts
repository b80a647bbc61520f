import { PrivateKey } from '#crypto';
import { BanyanError } from '#errors';
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
