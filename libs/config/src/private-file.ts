import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { BanyanError, codeOf } from '#errors';
import { fileError } from '#host';

/** More than any config, far less than memory. */
const MAX_BYTES = 1024 * 1024;

export interface PrivateFile {
  readonly text: string;
  /** Permission bits as they were found. */
  readonly mode: number;
}

/**
 * Reads a file that may hold a private key. Mode and content are of the same open file, so that it cannot
 * be exchanged between the look and the reading.
 *
 * @param tighten takes the permissions of everybody else away from a file they can read or change.
 * @returns undefined when there is no such file.
 * @throws BanyanError `host` when it cannot be read, `invalid` when it is not a plain file of sensible size.
 */
export async function readPrivateFile(path: string, tighten: boolean): Promise<PrivateFile | undefined> {
  const file = await openFile(path);
  if (file === undefined) return undefined;
  try {
    const stat = await file.stat();
    if (!stat.isFile())
      throw new BanyanError('invalid', `${path} is not a plain file`, { remedy: 'Use another path.' });
    if (stat.size > MAX_BYTES) {
      throw new BanyanError('invalid', `${path} is ${stat.size} bytes long, which no file of this kind is`, {
        remedy: 'Check the path.',
      });
    }
    if (tighten && isExposed(stat.mode)) await file.chmod(0o600).catch(() => undefined);
    return { text: await file.readFile('utf8'), mode: stat.mode & 0o777 };
  } catch (error) {
    throw error instanceof BanyanError ? error : fileError('read', path, error);
  } finally {
    await file.close();
  }
}

/** Everybody may read or change it, or its group may change it. Reading by a group can be meant. */
export function isExposed(mode: number): boolean {
  return (mode & 0o027) !== 0;
}

async function openFile(path: string): Promise<FileHandle | undefined> {
  try {
    // Non-blocking: a FIFO would otherwise wait for somebody to write.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw fileError('read', path, error);
  }
}
