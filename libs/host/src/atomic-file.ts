import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { BanyanError, codeOf, messageOf } from '#errors';

const CAUSES: Record<string, [why: string, remedy: string]> = {
  ENOSPC: ['the disk is full', 'Free some space and try again.'],
  EDQUOT: ['the disk quota is used up', 'Free some space and try again.'],
  EROFS: ['the file system is read-only', 'Mount it read-write, or use another path.'],
  EACCES: ['permission denied', 'Run this as root, or use a path of your own.'],
  EPERM: ['permission denied', 'Run this as root, or use a path of your own.'],
  ENOENT: ['its directory does not exist', 'Create the directory first.'],
  EISDIR: ['a directory of that name is there', 'Use another path.'],
  ENOTDIR: ['a part of the path is not a directory', 'Use another path.'],
};

/**
 * Replaces a file so that a reader, a crash or a full disk sees the old text or the new one, never a part:
 * written beside it, synced, renamed, directory synced. What was there stays when anything fails.
 *
 * @param mode permission bits of the file, set before its content is written.
 * @param model a file whose owner and group it gets, as far as this process may give a file away: what belongs to a
 *   user stays theirs when root changes it. May be missing.
 * @throws BanyanError `host` that names the file and the cause.
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  mode = 0o600,
  model?: string,
): Promise<void> {
  const directory = dirname(path);
  const temporary = join(directory, `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      const owner = model === undefined ? undefined : await stat(model).catch(() => undefined);
      if (owner) await file.chown(owner.uid, owner.gid).catch(() => undefined);
      await file.chmod(mode);
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncDirectory(directory);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw fileError('write', path, error);
  }
}

/** Makes a directory, with parents, and gives it these permission bits if it is new. */
export async function makeDirectory(path: string, mode = 0o700): Promise<void> {
  try {
    const made = await mkdir(path, { recursive: true, mode });
    if (made !== undefined) await chmod(path, mode);
  } catch (error) {
    throw fileError('create', path, error);
  }
}

/** A file-system failure as a sentence with a remedy. */
export function fileError(verb: string, path: string, error: unknown): BanyanError {
  const [why, remedy] = CAUSES[codeOf(error) ?? ''] ?? [messageOf(error), undefined];
  return new BanyanError(
    'host',
    `cannot ${verb} ${path}: ${why}`,
    remedy ? { remedy, cause: error } : { cause: error },
  );
}

/** What was made, renamed or removed in it is so for good. @throws system errors. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
