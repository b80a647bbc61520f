import { BanyanError } from '#errors';
import { isExposed, readPrivateFile } from './private-file.js';

/**
 * The text of a file that a setting names.
 *
 * @param what it is, for messages: `the password file`.
 * @throws BanyanError `not-found`; `host` when it cannot be read; `invalid` when it is no plain file of
 *   sensible size. Never with a word of its content.
 */
export async function readGivenFile(path: string, what: string): Promise<string> {
  return (await read(path, what)).text;
}

/**
 * As {@link readGivenFile}, of a file with a secret of the operator's own making, which is theirs to judge when
 * it lay open: so it is refused then, not tightened.
 */
export async function readSecretFile(path: string, what: string): Promise<string> {
  const { text, mode } = await read(path, what);
  if (!isExposed(mode)) return text;
  throw new BanyanError('host', `${what} ${path} is open to other users (mode ${mode.toString(8)})`, {
    remedy: `chmod 600 ${path}, and replace the secret if anybody may have read it.`,
  });
}

async function read(path: string, what: string): Promise<{ text: string; mode: number }> {
  const file = await readPrivateFile(path, false);
  if (file !== undefined) return file;
  throw new BanyanError('not-found', `${what} ${path} does not exist`, {
    remedy: 'Put it there, or correct its path in banyan.yaml.',
  });
}
